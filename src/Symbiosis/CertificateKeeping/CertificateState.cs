using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.CertificateKeeping;

/// <summary>What is remembered of one name that could not be validated (TLS-50).</summary>
/// <param name="Failures">How often in a row.</param>
/// <param name="Next">When it may be tried again.</param>
/// <param name="Reason">Why it failed.</param>
internal sealed record NameState(int Failures, DateTimeOffset Next, string Reason);

/// <summary>What is remembered of renewal information (TLS-49).</summary>
/// <param name="Id">Renewal identifier of the certificate.</param>
/// <param name="At">The moment chosen in the window; null when the CA had nothing to say.</param>
/// <param name="AskAt">When to ask again.</param>
internal sealed record RenewalState(string Id, DateTimeOffset? At, DateTimeOffset AskAt);

/// <summary>What is remembered of one domain between runs. A domain of which nothing must be remembered has no file.</summary>
internal sealed record DomainState
{
    /// <summary>Names that failed.</summary>
    public Dictionary<string, NameState> Names { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Renewal information of the current certificate.</summary>
    public RenewalState? Renewal { get; init; }

    /// <summary>Orders that failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>No order before this moment.</summary>
    public DateTimeOffset? NextOrder { get; init; }

    /// <summary>Why there is not what there should be; null when all is well.</summary>
    public string? Problem { get; init; }

    /// <summary>The names asked for last because the current certificate lacks some, and when (TLS-25).</summary>
    public string? ExtendedFor { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? ExtendedAt { get; init; }

    /// <summary>The set that was current before (TLS-21).</summary>
    public string? PreviousSet { get; init; }

    /// <summary>Fingerprint of a self-signed certificate that root chose by <c>--select</c> (TLS-9).</summary>
    public string? Selected { get; init; }

    /// <summary>The delay after so many failures in a row: 1 h, 4 h, then a day (TLS-50).</summary>
    public static TimeSpan DelayAfter(int failures) => failures switch { <= 1 => TimeSpan.FromHours(1), 2 => TimeSpan.FromHours(4), _ => TimeSpan.FromHours(24) };
}

/// <summary>What is remembered of one CA, for all domains.</summary>
internal sealed record EndpointState
{
    /// <summary>Its directory.</summary>
    public string Url { get; init; } = "";

    /// <summary>Addresses of accounts by thumbprint of their key, so that nobody registers twice.</summary>
    public Dictionary<string, string> Accounts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>No request before this moment: the CA said so, or it could not be reached.</summary>
    public DateTimeOffset? BlockedUntil { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>How often in a row it could not be reached.</summary>
    public int Failures { get; init; }
}

/// <summary>The small files in <c>/var/lib/symbiosis/certificates</c>. They can be deleted: then everything is tried afresh.</summary>
internal sealed class StateFiles(HostRoot root)
{
    /// <summary>Where they are.</summary>
    public static HostPath Directory { get; } = HostPath.Parse("/var/lib/symbiosis/certificates");

    private string Base => root.PathOf(Directory);

    /// <summary>Reads what is known of a domain; an empty state when nothing is.</summary>
    public DomainState Read(DomainName domain) => Read($"{Base}/{domain}.json", StateJson.Default.DomainState) ?? new DomainState();

    /// <summary>Writes it, complete or not at all; removes the file of a domain of which nothing is known.</summary>
    public void Write(DomainName domain, DomainState state)
    {
        var path = $"{Base}/{domain}.json";
        if (IsEmpty(state))
            File.Delete(path);
        else
            Write(path, JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.DomainState));
    }

    /// <summary>Reads what is known of a CA.</summary>
    public EndpointState ReadEndpoint(Uri directory) => Read(PathOf(directory), StateJson.Default.EndpointState) ?? new EndpointState { Url = directory.ToString() };

    /// <summary>Writes what is known of a CA.</summary>
    public void WriteEndpoint(Uri directory, EndpointState state) => Write(PathOf(directory), JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.EndpointState));

    /// <summary>All CAs of which something is known.</summary>
    public IReadOnlyList<EndpointState> ReadEndpoints() =>
        System.IO.Directory.Exists($"{Base}/endpoints")
            ? System.IO.Directory.GetFiles($"{Base}/endpoints", "*.json").Order(StringComparer.Ordinal).Select(path => Read(path, StateJson.Default.EndpointState)).OfType<EndpointState>().ToList()
            : [];

    /// <summary>Keeps the service and a command from working on the same domain at once. Null when another process is at it.</summary>
    public IDisposable? TryLock(DomainName domain)
    {
        System.IO.Directory.CreateDirectory($"{Base}/locks", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            return new FileStream($"{Base}/locks/{domain}", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsEmpty(DomainState state) =>
        state.Names.Count == 0 && state is { Renewal: null, Failures: 0, NextOrder: null, Problem: null, ExtendedFor: null, PreviousSet: null, Selected: null };

    private string PathOf(Uri directory) => $"{Base}/endpoints/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(directory.ToString())))[..32]}.json";

    private static T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException)
        {
            return null; // nothing is known then
        }
    }

    private static void Write(string path, byte[] content)
    {
        var directory = Path.GetDirectoryName(path)!; // below our own directory
        System.IO.Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = $"{directory}/.{Guid.NewGuid():N}";
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            file.Write(content);
        File.Move(temporary, path, overwrite: true);
    }
}

/// <summary>JSON of the state.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DomainState))]
[JsonSerializable(typeof(EndpointState))]
internal sealed partial class StateJson : JsonSerializerContext;
