using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>Why <c>/srv</c> as a whole cannot be taken for the truth. Nothing may be changed then.</summary>
public enum ScanFault
{
    /// <summary>It can.</summary>
    None,

    /// <summary><c>/srv</c> does not exist or is no directory.</summary>
    Missing,

    /// <summary><c>/srv</c> cannot be listed, or the user database cannot be read.</summary>
    Unreadable,

    /// <summary>There are directories with domain names, and none may be a domain (CORE-5).</summary>
    NothingLeft,
}

/// <summary>A domain found in <c>/srv</c>, before its directory is read.</summary>
public sealed record DomainEntry
{
    /// <summary>The directory's name.</summary>
    public required DomainName Name { get; init; }

    /// <summary>The directory, such as <c>/srv/example.com</c>.</summary>
    public required HostPath Directory { get; init; }

    /// <summary>Who owns the directory.</summary>
    public required Owner Owner { get; init; }

    /// <summary>Symbolic links in <c>/srv</c> that lead here (CORE-7), sorted.</summary>
    public ValueList<DomainName> Aliases { get; init; }

    /// <summary>The alias list of CORE-9, sorted; without the domain's own name.</summary>
    public ValueList<DomainName> OtherNames { get; init; }

    /// <summary>The directory itself; a later read is of no use when another one has taken its place.</summary>
    internal DeviceInode Identity { get; init; }

    /// <summary>True when the entry in <c>/srv</c> is a link that leads out of it (CORE-8).</summary>
    internal bool IsLink { get; init; }

    /// <summary>The domain with what was read.</summary>
    public Domain With(DomainTree tree) => new() { Name = Name, Directory = Directory, Owner = Owner, Aliases = Aliases, OtherNames = OtherNames, Tree = tree };
}

/// <summary>What <c>/srv</c> holds: the domains, who they belong to and what they are called. A pure value, equal when all of that is.</summary>
public sealed class DomainScan
{
    // Not a frozen dictionary: making one of ten thousand names costs more than the rest of a scan.
    private readonly Dictionary<string, DomainEntry> _byName;
    private readonly DomainName _hostName;

    private DomainScan(ValueList<DomainEntry> domains, DomainName hostName, ValueList<Diagnostic> diagnostics, ScanFault fault)
    {
        Domains = domains;
        Diagnostics = diagnostics;
        Fault = fault;
        _hostName = hostName;
        _byName = new Dictionary<string, DomainEntry>(domains.Count, StringComparer.Ordinal);
        foreach (var domain in domains)
        {
            _byName[domain.Name.Value] = domain;
            foreach (var alias in domain.Aliases)
                _byName[alias.Value] = domain;
        }
    }

    /// <summary>The domains, sorted bytewise by name (CORE-6).</summary>
    public ValueList<DomainEntry> Domains { get; }

    /// <summary>Directories that are no domains, and why.</summary>
    public ValueList<Diagnostic> Diagnostics { get; }

    /// <summary>Why nothing of this may be used, or <see cref="ScanFault.None"/>.</summary>
    public ScanFault Fault { get; }

    /// <summary>The host's own name at the time of the scan.</summary>
    public DomainName HostName => _hostName;

    /// <summary>The domain of that name; an alias is not one.</summary>
    public DomainEntry? this[DomainName name] => _byName.TryGetValue(name.Value, out var entry) && entry.Name == name ? entry : null;

    /// <summary>
    /// Finds the domain for a name that came from outside: a login, a mail address, a TLS handshake (CORE-11). The name is folded to lower case; when it is neither a domain nor an
    /// alias, everything up to and including its last label <c>www</c> is taken off. Linear in the length of the name.
    /// </summary>
    public DomainEntry? Find(string asked) => DomainLookup.Find(asked, _hostName, name => _byName.GetValueOrDefault(name));

    /// <summary>A scan that failed.</summary>
    internal static DomainScan Failed(ScanFault fault, DomainName hostName, Diagnostic diagnostic) => new([], hostName, [diagnostic], fault);

    /// <summary>Sorts out what the entries of <c>/srv</c> are. Pure: order of the entries does not matter.</summary>
    internal static DomainScan Of(IReadOnlyList<SrvEntry> entries, HostPath srv, DomainName hostName, OwnerRule rule)
    {
        var diagnostics = new List<Diagnostic>();
        var presentNames = new HashSet<string>(entries.Count, StringComparer.Ordinal);
        var directories = new Dictionary<DeviceInode, DomainName>(entries.Count);
        var links = new List<(DomainName Name, SrvEntry Entry)>();
        var candidates = new List<(DomainName Name, SrvEntry Entry)>(entries.Count);
        foreach (var entry in entries)
        {
            presentNames.Add(entry.Name);
            if (entry.Target is not { } target || entry.Name.StartsWith('.'))
                continue;
            if (!IsDomainName(entry.Name, hostName, out var name))
            {
                if (FindNameFault(entry) is { } fault)
                    diagnostics.Add(TreeDiagnostics.BadDomainName.At($"{srv}/{entry.Name}", $"the name of this directory is not a domain name: {fault}", HintFor(entry.Name)));
                continue;
            }

            if (entry.IsLink)
            {
                links.Add((name, entry));
                continue;
            }

            // One directory mounted under two names is two domains; its links belong to the first by name.
            if (!directories.TryGetValue(target.Identity, out var other) || name.CompareTo(other) < 0)
                directories[target.Identity] = name;
            candidates.Add((name, entry));
        }

        var aliases = new Dictionary<DomainName, List<DomainName>>();
        foreach (var (name, entry) in links)
        {
            if (!directories.TryGetValue(entry.Target!.Value.Identity, out var original)) // links without a target were left out
            {
                candidates.Add((name, entry));
                continue;
            }

            if (!aliases.TryGetValue(original, out var list))
                aliases[original] = list = [];
            list.Add(name);
        }

        var domains = new List<DomainEntry>(candidates.Count);
        var owners = new Dictionary<(uint, uint), (Owner? Owner, string? Fault)>();
        foreach (var (name, entry) in candidates)
        {
            var target = entry.Target!.Value; // candidates have one
            if (!owners.TryGetValue((target.Uid, target.Gid), out var judged))
                owners[(target.Uid, target.Gid)] = judged = (rule.Judge(target.Uid, target.Gid, out var why), why);
            var fault = entry.Fault ?? judged.Fault;
            var owner = fault is null ? judged.Owner : null;
            if (owner is null)
            {
                diagnostics.Add(TreeDiagnostics.BadOwner.At($"{srv}/{name}", $"this is no domain: {fault}", entry.Fault is null ? "chown it to the customer or to admin" : null, domain: name));
                continue;
            }

            var itsLinks = aliases.TryGetValue(name, out var found) ? found.Order().ToValueList() : [];
            domains.Add(new DomainEntry
            {
                Name = name,
                Directory = srv.Join(name.Value),
                Owner = owner,
                Aliases = itsLinks,
                OtherNames = DomainLookup.OtherNames(name, itsLinks, presentNames),
                Identity = target.Identity,
                IsLink = entry.IsLink,
            });
        }

        domains.Sort((left, right) => left.Name.CompareTo(right.Name));
        if (domains.Count == 0 && candidates.Count > 0)
        {
            diagnostics.Add(TreeDiagnostics.NothingLeft.At(
                srv.Value, $"none of the {candidates.Count} directories with a domain name may be a domain, so nothing is changed", "a file system that is not mounted, or an account that is gone?"));
        }

        diagnostics.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        return new DomainScan(domains.ToValueList(), hostName, diagnostics.ToValueList(), domains.Count == 0 && candidates.Count > 0 ? ScanFault.NothingLeft : ScanFault.None);
    }

    private static bool IsDomainName(string text, DomainName hostName, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DomainName? name) =>
        DomainName.TryParse(text, out name) || (text == hostName.Value && DomainName.TryParseHostName(text, out name));

    // A directory without a dot in its name is nobody's domain and nobody's mistake: /srv/ftp, /srv/backup (CORE-T6).
    private static string? FindNameFault(SrvEntry entry)
    {
        if (entry.HasInvalidBytes)
            return "it is not UTF-8";
        return entry.Name.Contains('.', StringComparison.Ordinal) || entry.Name.Any(char.IsControl) ? DomainName.FindFault(entry.Name) : null;
    }

    private static string? HintFor(string name)
    {
        var better = name.ToLowerInvariant().TrimEnd('.');
        return better != name && DomainName.TryParse(better, out _) ? $"rename it to {better}" : null;
    }
}

/// <summary>One entry of <c>/srv</c> as found.</summary>
/// <param name="Name">Its name; bytes that are not UTF-8 stand as U+FFFD.</param>
/// <param name="IsLink">True for a symbolic link.</param>
/// <param name="Target">The directory it is or leads to; null for anything else.</param>
internal sealed record SrvEntry(string Name, bool IsLink, FileStatus? Target)
{
    /// <summary>True when the name was not UTF-8.</summary>
    public bool HasInvalidBytes { get; init; }

    /// <summary>Why a link that leads out of <c>/srv</c> is not followed; null when it is.</summary>
    public string? Fault { get; init; }
}

/// <summary>Names and what they lead to (CORE-9, CORE-11).</summary>
internal static class DomainLookup
{
    /// <summary>The lookup of CORE-11 over any set of names.</summary>
    public static T? Find<T>(string asked, DomainName hostName, Func<string, T?> find)
        where T : class
    {
        if (asked.Length > 255)
            return null;
        var folded = asked.ToLowerInvariant();
        if (!DomainName.TryParse(folded, out _) && folded != hostName.Value)
            return null;
        if (find(folded) is { } found)
            return found;
        return WithoutWww(folded) is { } shorter && (DomainName.TryParse(shorter, out _) || shorter == hostName.Value) ? find(shorter) : null;
    }

    /// <summary>The alias list of CORE-9.</summary>
    /// <param name="name">The domain.</param>
    /// <param name="aliases">Its aliases.</param>
    /// <param name="presentNames">Names of everything in <c>/srv</c>, whatever it is.</param>
    public static ValueList<DomainName> OtherNames(DomainName name, ValueList<DomainName> aliases, IReadOnlySet<string> presentNames)
    {
        var names = new List<DomainName>((aliases.Count * 2) + 1);
        AddWww(name);
        foreach (var alias in aliases)
        {
            names.Add(alias);
            AddWww(alias);
        }

        names.Sort();
        return names.ToValueList();

        // "www.X" of a name at the length limit is no name; such a site is reached without www.
        void AddWww(DomainName of)
        {
            if (!of.IsWww && !presentNames.Contains("www." + of) && DomainName.TryParse("www." + of, out var www))
                names.Add(www);
        }
    }

    // "foo.www.example.com" is looked up as "example.com".
    private static string? WithoutWww(string name)
    {
        var at = name.LastIndexOf(".www.", StringComparison.Ordinal);
        if (at >= 0)
            return name[(at + ".www.".Length)..];
        return name.StartsWith("www.", StringComparison.Ordinal) ? name["www.".Length..] : null;
    }
}
