using System.Text;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services.Tls;
using Symbiosis.Tree;

namespace Symbiosis.CertificateKeeping;

/// <summary>
/// Reads certificates out of the tree, with the same care as everything else below <c>/srv</c> (CORE-14, CORE-15): the contents of sets come from <see cref="TreeReader"/>, and the link
/// <c>current</c> is never followed by path, only read and compared with the sets that were read.
/// </summary>
internal sealed class CertificateTree(TreeReaderOptions options, TimeProvider clock)
{
    // A link to a link to a set is a way to name one; more is a mistake.
    private const int MaxLinks = 8;

    private static readonly ReadingPlan _plan = ReadingPlan.For(new TlsModule().DeepSettings);

    private readonly TreeReader _reader = new(_plan, options);
    private volatile LoadedTrust? _trust;

    private sealed record LoadedTrust(TrustStore Store, DateTime WrittenAt);

    private string TrustedPath => options.Root.PathOf(HostPath.Parse("/etc/ssl/certs/ca-certificates.crt"));

    /// <summary>Where the host's file system begins.</summary>
    public HostRoot Root => options.Root;

    /// <summary>Reads the host's own facts and the host-wide options.</summary>
    public Task<Host> ReadHostAsync(CancellationToken cancellationToken) => new HostReader(_plan, [], options, clock) { MakesSecret = false }.ReadAsync(cancellationToken);

    /// <summary>Finds the domains.</summary>
    public DomainScan Scan(DomainName hostName) => _reader.ScanDomains(hostName);

    /// <summary>The certificates everybody trusts. They are read once, and again when update-ca-certificates(8) has written them anew.</summary>
    public TrustStore Trust
    {
        get
        {
            var writtenAt = File.GetLastWriteTimeUtc(TrustedPath);
            if (_trust is { } known && known.WrittenAt == writtenAt)
                return known.Store;
            var store = TrustStore.Parse(ReadTrusted());
            _trust = new LoadedTrust(store, writtenAt);
            return store;
        }
    }

    /// <summary>With whose rights a domain is written. In a tree of a test that is whoever runs it: owners are only told there.</summary>
    public Owner WriterOf(DomainEntry entry) => options.View is null ? entry.Owner : entry.Owner with { Uid = Unistd.geteuid(), Gid = Unistd.getegid() };

    /// <summary>Opens the directory of a domain, or returns null when it is gone.</summary>
    public FileDescriptor? Open(DomainEntry entry) => _reader.OpenDirectory(entry);

    /// <summary>Reads one domain, or returns null when it is gone.</summary>
    public DomainSets? Read(DomainEntry entry, Host host) =>
        _reader.ReadDomain(entry) is { } domain ? Examine(domain, host, Trust, ReadLink(entry), clock.GetUtcNow()) : null;

    /// <summary>What a domain's files say. Pure.</summary>
    internal static DomainSets Examine(Domain domain, Host host, TrustStore trust, CurrentLink link, DateTimeOffset now)
    {
        var files = new SortedDictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        var faults = new Dictionary<string, string>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, node) in domain.Tree.Below(TlsModule.SetsPath))
        {
            var parts = path[(TlsModule.SetsPath.Length + 1)..].Split('/');
            taken.Add(parts[0]);
            if (!IsSetName(parts[0]))
                continue;
            if (node.Kind == NodeKind.Directory && parts.Length == 1)
                files[parts[0]] = new Dictionary<string, string>(StringComparer.Ordinal);
            else if (node.Kind == NodeKind.Unreadable)
                faults[parts[0]] = $"{parts[^1]} cannot be read: {node.Fault}";
        }

        foreach (var (path, node) in domain.Tree.Below(TlsModule.SetsPath))
        {
            if (path[(TlsModule.SetsPath.Length + 1)..].Split('/') is [var name, var file] && node.Kind == NodeKind.File && files.TryGetValue(name, out var set))
                set[file] = node.Text;
        }

        var sets = new List<CertificateSet>();
        foreach (var (name, contents) in files)
        {
            if (SetParser.Parse(name, contents, trust, now, out var reason) is { } set)
                sets.Add(set);
            else
                faults.TryAdd(name, reason ?? "it is empty");
        }

        var legacy = TlsModule.LegacyFiles.Where(file => domain.Tree["config/" + file].Kind == NodeKind.File).ToDictionary(file => file, file => domain.Tree["config/" + file].Text, StringComparer.Ordinal);
        return new DomainSets
        {
            Domain = domain,
            Options = new ProviderOptions(domain, host, Provider.Of(domain.Tree[Provider.SettingPath].Value)),
            Names = WantedNames.Of(domain.Name, domain.OtherNames, domain.Tree[WantedNames.ExtraNamesPath] is { Kind: NodeKind.File } extra ? extra.Text : null),
            Sets = sets,
            Faults = faults,
            Taken = taken,
            Legacy = legacy.Count == 0 ? null : SetParser.Parse(CertificateSet.Legacy, legacy, trust, now, out _),
            Link = link,
        };
    }

    private CurrentLink ReadLink(DomainEntry entry)
    {
        using var domain = _reader.OpenDirectory(entry);
        using var ssl = domain?.OpenBelow("config/ssl", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        return ssl is null ? new CurrentLink(CurrentKind.Absent) : ReadLink(ssl, $"{entry.Directory}/config/ssl/");
    }

    private static CurrentLink ReadLink(FileDescriptor ssl, string prefix)
    {
        var path = "current";
        for (var links = 0; links <= MaxLinks; links++)
        {
            using var place = OpenAt(ssl, path, out var error);
            if (place is null)
                return new CurrentLink(links == 0 && error == Errno.ENOENT ? CurrentKind.Absent : CurrentKind.Astray);
            if (place.ReadLink() is not { } text)
                return links == 0 ? new CurrentLink(CurrentKind.NotALink) : path.Split('/') is ["sets", var name] ? new CurrentLink(CurrentKind.Set, name) : new CurrentLink(CurrentKind.Astray);
            if (Resolve(path, Encoding.UTF8.GetString(text), prefix) is not { } next)
                return new CurrentLink(CurrentKind.Astray);
            path = next;
        }

        return new CurrentLink(CurrentKind.Astray);
    }

    // Names in config/ssl or in config/ssl/sets only; a link in the last place is opened itself.
    private static FileDescriptor? OpenAt(FileDescriptor ssl, string path, out Errno error)
    {
        if (path.Split('/') is not ["sets", var name])
            return ssl.OpenPlace(FileDescriptor.NulTerminated(path), out error);
        using var sets = ssl.OpenBelow("sets", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error);
        return sets?.OpenPlace(FileDescriptor.NulTerminated(name), out error);
    }

    /// <summary>Where a link leads, as a path below <c>config/ssl</c> of one or two names; null when it leads elsewhere (TLS-15).</summary>
    internal static string? Resolve(string link, string target, string prefix)
    {
        if (target.Contains('\0', StringComparison.Ordinal))
            return null;
        if (target.StartsWith('/'))
        {
            if (!target.StartsWith(prefix, StringComparison.Ordinal)) // links of before were absolute (TLS-26)
                return null;
            target = target[prefix.Length..];
            link = "";
        }

        var steps = link.Split('/').SkipLast(1).ToList();
        foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (step == ".")
                continue;
            if (step != "..")
                steps.Add(step);
            else if (steps.Count == 0)
                return null;
            else
                steps.RemoveAt(steps.Count - 1);
        }

        return steps is [var only] && IsSetName(only) || steps is ["sets", var set] && IsSetName(set) ? string.Join('/', steps) : null;
    }

    private static bool IsSetName(string name) => name.Length is > 0 and <= 255 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':' or '-');

    private string ReadTrusted()
    {
        try
        {
            return File.ReadAllText(TrustedPath);
        }
        catch (IOException)
        {
            return ""; // without the package ca-certificates nobody is trusted
        }
    }
}
