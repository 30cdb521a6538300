using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>Reads what a domain protects: <c>config/protected/NAME</c>, and <c>/stats/</c> by <c>config/stats</c> and <c>config/stats-allow</c>. Bad input never opens anything (NET-5).</summary>
internal sealed class ProtectedAreas(Domain domain, Host host, PlainPasswords passwords)
{
    private const string Directory = "config/protected";
    private const string Groups = "groups";
    private const string Stats = "config/stats";
    private const string StatsAllow = "config/stats-allow";

    // Holds a dot, so no area in config/protected has it, and sorts before "stats", which so has the last word.
    private const string StatsName = "stats.config";

    internal static readonly DiagnosticKind BadPath = new("WEB030", Severity.Error, "A protected area cannot be read and stays as it was, or the whole site is closed");

    internal static readonly DiagnosticKind BadUser = new("WEB031", Severity.Warning, "A line in a list of users cannot be used and is left out");

    internal static readonly DiagnosticKind BadAddress = new("WEB032", Severity.Warning, "A line in a list of addresses cannot be used and is left out");

    internal static readonly DiagnosticKind Closed = new("WEB033", Severity.Warning, "Nobody can see a protected area");

    internal static readonly DiagnosticKind BadValue = new("WEB034", Severity.Warning, "A value of a protected area cannot be used; the stricter default holds");

    private readonly List<RenderedFile> _files = [];
    private readonly List<HostPath> _held = [];
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly List<TreeChange> _changes = [];

    public static ValueList<Setting> Settings { get; } =
    [
        new(Directory, SettingForm.DirectoryOfTexts, "Protected parts of the site, a directory each, with users, allow, path, satisfy and realm") { Default = "everything is open" },
        new(Groups, SettingForm.DirectoryOfTexts, "Groups of mailboxes, a file each with one mailbox a line; @NAME means its members"),
        new(Stats, SettingForm.Text, "false: no statistics are made; private: those at /stats/ ask for the password of a mailbox") { Default = "made, and open", Example = "private" },
        new(StatsAllow, SettingForm.Text, "Addresses and networks that may see the statistics, one a line") { Default = "everybody", Example = "192.0.2.0/24" },
    ];

    public static ValueList<DiagnosticKind> Kinds { get; } = [BadPath, BadUser, BadAddress, Closed, BadValue];

    /// <summary>Makes the directory of the password files, before there is any: what hides it from the code of sites must find it there.</summary>
    public static RenderedFile Place { get; } = new()
    {
        Path = HostPath.Parse($"{WebPaths.Passwords}/README"),
        Content = "Who may see the protected areas of domains, a file for each area. Made from config/protected/NAME/users and the passwords of mailboxes.\n",
        Role = FileRole.Table,
        Because = "passwords of protected areas lie there (NET-24)",
    };

    /// <summary>What the domain asks for; the caller adds it to what else it renders.</summary>
    public DomainRendering Render()
    {
        if (!Node(Directory).Exists && !Node(Stats).Exists && !Node(StatsAllow).Exists)
            return DomainRendering.Empty;
        var areas = new List<(ProtectedArea Area, string Place)>();
        foreach (var name in NamesOfAreas())
        {
            if (Read(name) is { } area)
                areas.Add((area, $"{Directory}/{name}"));
        }

        if (ReadStats() is { } stats)
            areas.Add(stats);
        if (Node(Directory) is { Kind: NodeKind.Unreadable, Fault: var unreadable })
        {
            _diagnostics.Add(BadPath.At(domain.PathOf(Directory), $"cannot be read, so the whole site is closed: {unreadable}", "make it a directory of areas again, or remove it"));
            _files.AddRange(new ProtectedArea { Name = ".unreadable", Path = "", Realm = "" }.Render(domain));
        }

        foreach (var (area, place) in areas)
        {
            var twins = areas.Where(other => other.Area.Path == area.Path && other.Area.Name != area.Name && other.Place.StartsWith(Directory, StringComparison.Ordinal)).ToList();
            var final = area;
            if (twins.Count > 0 && place.StartsWith(Directory, StringComparison.Ordinal))
            {
                _diagnostics.Add(BadValue.At(domain.PathOf(place), $"'{twins[0].Area.Name}' has the same path; nobody is let in until it is said once", "remove one of them"));
                final = area with { AsksPassword = false, AsksAddress = false, EitherIsEnough = false };
            }
            else if (area.IsClosed)
            {
                _diagnostics.Add(Closed.At(domain.PathOf(place), $"nobody can see {area.Path}/", "write mailboxes into users, or addresses into allow"));
            }

            _files.AddRange(final.Render(domain));
        }

        return new DomainRendering { Files = _files.ToValueList(), Held = _held.ToValueList(), Diagnostics = _diagnostics.ToValueList(), TreeChanges = _changes.ToValueList() };
    }

    // Where config itself is not a directory, there is nothing in it.
    private TreeNode Node(string path) => domain.Tree.Nodes.TryGetValue(path, out var node) ? node : TreeNode.Absent;

    private IEnumerable<string> NamesOfAreas()
    {
        foreach (var name in domain.Tree.Below(Directory).Select(node => node.Key[(Directory.Length + 1)..].Split('/')[0]).Distinct(StringComparer.Ordinal))
        {
            if (name.StartsWith('.') || domain.Tree[$"{Directory}/{name}"].Kind == NodeKind.File)
                continue;
            if (UserLines.ObjectName().IsMatch(name))
                yield return name;
            else
                _diagnostics.Add(BadPath.At(domain.PathOf($"{Directory}/{name}"), "the name of an area has up to 32 lower-case letters, digits, dashes and underscores", "rename the directory; path says what it protects"));
        }
    }

    private ProtectedArea? Read(string name)
    {
        var place = $"{Directory}/{name}";
        var path = $"/{name}";
        if (domain.Tree[$"{place}/path"] is { Exists: true } node)
        {
            var fault = node.Fault ?? "it is a directory";
            if (node.Kind != NodeKind.File || ProtectedArea.ParsePath(node.Text, out fault) is not { } parsed)
            {
                _diagnostics.Add(BadPath.At(domain.PathOf($"{place}/path"), $"the path cannot be used: {fault}", "write a path such as /private"));
                _held.AddRange(Enumerable.Range(0, ProtectedArea.MaxDepth + 1).Select(depth => ProtectedArea.FileOf(domain.Name, depth, name)));
                _held.Add(ProtectedArea.PasswordsOf(domain.Name, name));
                return null;
            }

            path = parsed;
        }

        return new ProtectedArea
        {
            Name = name,
            Path = path,
            Realm = ReadRealm($"{place}/realm") ?? name,
            AsksPassword = domain.Tree[$"{place}/users"].Exists,
            AsksAddress = domain.Tree[$"{place}/allow"].Exists,
            EitherIsEnough = ReadSatisfy($"{place}/satisfy"),
            Logins = ReadUsers($"{place}/users"),
            Addresses = ReadAddresses($"{place}/allow"),
        };
    }

    // NET-32. Other words belong to whoever makes the statistics.
    private (ProtectedArea Area, string Place)? ReadStats()
    {
        var isPrivate = Node(Stats) is { Kind: NodeKind.Unreadable } || (domain.Tree[Stats].Value is SettingValue.Text(var word) && word.Trim().Equals("private", StringComparison.OrdinalIgnoreCase));
        var asksAddress = Node(StatsAllow).Exists;
        if (!isPrivate && !asksAddress)
            return null;
        return (
            new ProtectedArea
            {
                Name = StatsName,
                Path = "/stats",
                Realm = "stats",
                AsksPassword = isPrivate,
                AsksAddress = asksAddress,
                Logins = isPrivate ? Sorted(domain.Tree.MailboxNames.SelectMany(name => LocalPart.TryParse(name, out var mailbox) ? LoginsOf(mailbox) : [])) : [],
                Addresses = ReadAddresses(StatsAllow),
            },
            isPrivate ? Stats : StatsAllow);
    }

    private string? ReadRealm(string path)
    {
        if (!domain.Tree[path].Exists)
            return null;
        if (domain.Tree[path] is { Kind: NodeKind.File } node && node.Text.Trim() is var realm && ProtectedArea.IsRealm(realm))
            return realm;
        _diagnostics.Add(BadValue.At(domain.PathOf(path), "cannot be shown by a browser, so the name of the area is", "write up to 100 characters, without quotes, backslashes, braces, $ and %"));
        return null;
    }

    private bool ReadSatisfy(string path)
    {
        if (!domain.Tree[path].Exists)
            return false;
        var word = domain.Tree[path] is { Kind: NodeKind.File } node ? node.Text.Trim() : "";
        if (word is not ("any" or "all"))
            _diagnostics.Add(BadValue.At(domain.PathOf(path), "is neither all nor any, so all holds", "write any if password or address is enough"));
        return word == "any";
    }

    private ValueList<string> ReadAddresses(string path)
    {
        if (domain.Tree[path] is not { Kind: NodeKind.File } node || domain.Tree[path].Value is SettingValue.False)
            return [];
        var lines = AddressLines.Parse(node.Text);
        _diagnostics.AddRange(lines.Faults.Select(fault => BadAddress.At(domain.PathOf(path), fault.Message, "write one address or network a line, such as 192.0.2.0/24", fault.Line)));
        return lines.Networks;
    }

    private ValueList<string> ReadUsers(string path)
    {
        if (domain.Tree[path] is not { Kind: NodeKind.File } node || domain.Tree[path].Value is SettingValue.False)
            return [];
        var lines = UserLines.ParseUsers(node.Text, domain.Name);
        _diagnostics.AddRange(lines.Faults.Select(fault => BadUserAt(path, fault.Line, fault.Message)));
        var logins = new List<string>();
        foreach (var user in lines.Users)
        {
            logins.AddRange(user switch
            {
                UserLine.Mailbox mailbox => LoginsOf(mailbox.Name, path, mailbox.Line),
                UserLine.Everybody => Everybody(),
                UserLine.Group group => LoginsOf(group, path),
                _ => [],
            });
        }

        var taken = logins.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var better = new Dictionary<int, string>();
        foreach (var outsider in lines.Users.OfType<UserLine.Outsider>())
        {
            if (!taken.Add(outsider.Name))
            {
                _diagnostics.Add(BadUserAt(path, outsider.Line, $"'{outsider.Name}' is there already"));
                continue;
            }

            var hash = outsider.Hash ?? Hash($"{domain.PathOf(path)} {outsider.Name}", outsider.Plain!); // a line has one of the two
            logins.Add($"{outsider.Name}:{hash}");
            if (outsider.Plain is not null)
                better[outsider.Line] = $"{outsider.Name}:{hash}";
        }

        if (better.Count > 0)
            _changes.Add(new TreeChange.ReplaceSecret(domain.Name, path, node.Content, UserLines.Replace(node.Text, better), "passwords are stored as hashes (NET-24)"));
        return Sorted(logins);
    }

    private IEnumerable<string> Everybody() => domain.Tree.MailboxNames.SelectMany(name => LocalPart.TryParse(name, out var mailbox) ? LoginsOf(mailbox) : []);

    private List<string> LoginsOf(UserLine.Group group, string path)
    {
        var file = $"{Groups}/{group.Name}";
        if (domain.Tree[file] is not { Kind: NodeKind.File } node)
        {
            _diagnostics.Add(BadUserAt(path, group.Line, $"there is no group {file}"));
            return [];
        }

        var lines = UserLines.ParseGroup(node.Text, domain.Name);
        foreach (var fault in lines.Faults.Select(fault => BadUserAt(file, fault.Line, fault.Message)).Where(fault => !_diagnostics.Contains(fault)))
            _diagnostics.Add(fault);
        return lines.Users.SelectMany(user => user is UserLine.Mailbox mailbox ? LoginsOf(mailbox.Name, file, mailbox.Line) : Everybody()).ToList();
    }

    private IEnumerable<string> LoginsOf(LocalPart mailbox, string path, int line)
    {
        if (!domain.Tree.MailboxNames.Contains(mailbox.Value))
            _diagnostics.Add(BadUserAt(path, line, $"{domain.Name} has no mailbox {mailbox}"));
        return LoginsOf(mailbox);
    }

    // Both the name alone and the whole address, which mail programs ask for.
    private IEnumerable<string> LoginsOf(LocalPart mailbox)
    {
        if (domain.Tree[$"mailboxes/{mailbox}/password"] is not { Kind: NodeKind.File } node)
            return [];
        var address = $"{mailbox}@{domain.Name}";
        var hash = StoredPassword.Parse(node.Content.Span) switch
        {
            StoredPassword.Plain plain => Hash(address, plain),
            StoredPassword.Hash { IsCrypt: true } crypt => crypt.Value,
            _ => null,
        };
        return hash is null ? [] : [$"{mailbox}:{hash}", $"{address}:{hash}"];
    }

    private string Hash(string whose, StoredPassword.Plain password) => passwords.Hash(host.Secret, whose, password)["{CRYPT}".Length..];

    private Diagnostic BadUserAt(string path, int line, string message) =>
        BadUser.At(domain.PathOf(path), message, "a line is a mailbox of the domain, @group, *, or name:password", line);

    private static string NameOf(string login) => login[..login.IndexOf(':', StringComparison.Ordinal)];

    private static ValueList<string> Sorted(IEnumerable<string> logins) => logins.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueList();
}
