using System.Net;
using System.Net.Sockets;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>The host's own full name (CORE-61): the kernel's, completed by <c>/etc/hosts</c> and only then by the resolver when it has no dot.</summary>
internal static class HostNames
{
    // A resolver that does not answer must not hold up every run.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    /// <summary>Reads the name of this host.</summary>
    /// <param name="prefix">Directory that stands for <c>/</c>.</param>
    /// <param name="askResolver">Gives the canonical name of a name, or null; not called when <c>/etc/hosts</c> has it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<DomainName> ReadAsync(string prefix, Func<string, CancellationToken, Task<string?>> askResolver, CancellationToken cancellationToken)
    {
        var kernel = ReadOrEmpty(prefix.Length == 0 ? "/proc/sys/kernel/hostname" : prefix + "/etc/hostname").Trim();
        if (kernel.Contains('.', StringComparison.Ordinal))
            return Choose([kernel]);
        var canonical = FindInHosts(ReadOrEmpty(prefix + "/etc/hosts"), kernel);
        if (canonical is null && kernel.Length > 0)
            canonical = await askResolver(kernel, cancellationToken);
        return Choose([canonical, kernel]);
    }

    /// <summary>Asks the resolver of the system for the canonical name; null when it has none, or does not answer in time.</summary>
    public static async Task<string?> AskSystemAsync(string name, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(_patience);
        try
        {
            return (await Dns.GetHostEntryAsync(name, limited.Token).WaitAsync(limited.Token)).HostName;
        }
        catch (Exception exception) when (exception is SocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The canonical name, that is the first one, of the line of <c>/etc/hosts</c> that holds a name (hosts(5)); the first line that makes it longer wins. Null when there is none.</summary>
    public static string? FindInHosts(string hosts, string name)
    {
        if (name.Length == 0)
            return null;
        string? found = null;
        foreach (var line in hosts.Split('\n'))
        {
            var words = line.Split('#', 2)[0].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !words.AsSpan(1).Contains(name, StringComparer.OrdinalIgnoreCase))
                continue;
            if (words[1].Contains('.', StringComparison.Ordinal))
                return words[1];
            found ??= words[1];
        }

        return found;
    }

    private static DomainName Choose(IEnumerable<string?> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (candidate is not null && DomainName.TryParseHostName(candidate.TrimEnd('.').ToLowerInvariant(), out var name))
                return name;
        }

        return DomainName.TryParseHostName("localhost", out var fallback) ? fallback : throw new System.Diagnostics.UnreachableException();
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return ""; // as good as a host without that file
        }
    }
}
