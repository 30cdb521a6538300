using System.Diagnostics;
using System.Security.Cryptography;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Packaging;

/// <summary><c>packaging/build</c>, without a machine.</summary>
public sealed class BuildTests
{
    [Fact]
    public async Task The_same_sources_give_the_same_packages_wherever_they_lie()
    {
        var here = await BuiltPackages.FirstAsync();
        var elsewhere = Directory.CreateTempSubdirectory("symbiosis-elsewhere-");
        try
        {
            // The same commit, with what was not committed yet; other modes, as a checkout with another umask has them.
            await RunAsync("""
                git clone --quiet "$1" "$2"
                git -C "$1" ls-files -z --cached --others --exclude-standard | tar -C "$1" --null --files-from=- -c | (umask 077 && tar -C "$2" -x --no-same-permissions)
                """, RigScript.Checkout, elsewhere.FullName);
            var there = await BuiltPackages.BuildAsync("1.0", program: null, checkout: elsewhere.FullName);

            var digests = Digests(here);
            digests.Count.ShouldBe(6);
            Digests(there).ShouldBe(digests);
        }
        finally
        {
            elsewhere.Delete(recursive: true);
        }
    }

    private static SortedDictionary<string, string> Digests(string folder) =>
        new(Directory.GetFiles(folder, "*.deb").ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))), StringComparer.Ordinal);

    private static async Task RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script, "bash", .. arguments]) { UseShellExecute = false };
        // Whoever owns the checkout: safe.directory of git-config(1).
        (start.Environment["GIT_CONFIG_COUNT"], start.Environment["GIT_CONFIG_KEY_0"], start.Environment["GIT_CONFIG_VALUE_0"]) = ("1", "safe.directory", "*");
        using var process = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0);
    }
}
