using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Symbiosis.HostTests.Support;

/// <summary>The Debian releases that Symbiosis runs on, by number.</summary>
public enum Debian
{
    Bookworm = 12,
    Trixie = 13,
}

/// <summary>Runs a theory once for each Debian release under test: both, or those that SYMBIOSIS_DEBIAN names ("12", "12,13").</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReleasesAttribute : DataAttribute
{
    public static IReadOnlyList<Debian> UnderTest { get; } = Parse(Environment.GetEnvironmentVariable("SYMBIOSIS_DEBIAN"));

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. UnderTest.Select(release => new TheoryDataRow<Debian>(release))]);

    // Machines boot when a test runs, but the list of tests is fixed and cheap.
    public override bool SupportsDiscoveryEnumeration() => true;

    internal static IReadOnlyList<Debian> Parse(string? releases)
    {
        if (string.IsNullOrWhiteSpace(releases))
        {
            return Enum.GetValues<Debian>();
        }

        return [.. releases.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseOne).Distinct()];

        // A typing mistake must not become a run that tests nothing.
        static Debian ParseOne(string text) =>
            Enum.TryParse<Debian>(text, ignoreCase: true, out var release) && Enum.IsDefined(release)
                ? release
                : throw new InvalidOperationException($"SYMBIOSIS_DEBIAN: '{text}' is not one of {string.Join(", ", Enum.GetValues<Debian>().Select(known => (int)known))}.");
    }
}
