using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Mail;

/// <summary>What becomes of mail for an address.</summary>
internal enum RouteEnd
{
    /// <summary>Taken.</summary>
    Accepted,

    /// <summary>Refused for good (550).</summary>
    Refused,

    /// <summary>Refused for now (451), because something on the host is not as it should be.</summary>
    Deferred,

    /// <summary>Not ours: sent on for who may send through this host, refused for everybody else.</summary>
    Elsewhere,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="File">The file or directory that decided.</param>
/// <param name="Found">What was found there, and what it means.</param>
internal sealed record RouteStep(string File, string Found);

/// <summary>The way of mail for one address, before any is sent (MAIL-6).</summary>
internal sealed record MailRoute(string Address, RouteEnd End, string Verdict, ValueList<RouteStep> Steps);

/// <summary>
/// Finds the way of mail by the rules of MAIL-6, from the same tree that Exim looks at, and says at each step which file decided. Tests compare it with what Exim itself answers.
/// </summary>
/// <param name="host">The host, with its unix users.</param>
/// <param name="findDomain">Reads the domain of a name, also of an alias; null for one that is not hosted here.</param>
/// <param name="rewrites">What <c>/etc/exim4/rewrites</c> says: other names of whole domains.</param>
/// <param name="systemAliases">What <c>/etc/aliases</c> says.</param>
internal sealed class MailRouteFinder(Host host, Func<DomainName, Domain?> findDomain, IReadOnlyDictionary<string, string> rewrites, AliasFile systemAliases)
{
    // Domains that are rewritten to each other end where Exim ends: it takes no router twice for one address.
    private const int MaxRewrites = 10;

    private readonly List<RouteStep> _steps = [];

    /// <summary>Finds the way of an address as somebody wrote it.</summary>
    public MailRoute Find(string address)
    {
        _steps.Clear();
        var at = address.LastIndexOf('@');
        var localPart = (at < 0 ? address : address[..at]).ToLowerInvariant();
        var name = at < 0 ? "localhost" : address[(at + 1)..].ToLowerInvariant();
        var (end, verdict) = DomainName.TryParse(name == "localhost" ? host.Name.Value : name, out var domain) // MAIL-8
            ? FindDomain(localPart, domain)
            : (RouteEnd.Refused, "the part behind the @ is not a domain");
        return new MailRoute(address, end, verdict, _steps.ToValueList());
    }

    private (RouteEnd End, string Verdict) FindDomain(string localPart, DomainName domain)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (rewrites.TryGetValue(domain.Value, out var other) && DomainName.TryParse(other, out var next) && seen.Add(domain.Value) && seen.Count <= MaxRewrites)
        {
            Step(MailPaths.Rewrites.Value, $"{domain} is now called {next}");
            domain = next;
        }

        var found = findDomain(domain);
        if (found is null && domain != host.Name)
        {
            if (rewrites.ContainsKey(domain.Value))
                return (RouteEnd.Refused, "550 Unknown user");
            Step($"{MailPaths.Tree}/{domain}", "there is no such directory, or it belongs to a system account: the domain is not hosted here");
            return (RouteEnd.Elsewhere, "550 Relaying not permitted; for who logs in it is sent to the domain's mail server (MX)");
        }

        if (HasRestrictedCharacters(localPart))
            return (RouteEnd.Refused, "550 Restricted characters in address");
        if (found is not null)
        {
            if (found.Name != domain)
                Step($"{MailPaths.Tree}/{domain}", $"leads to {found.Directory}: the same name at {found.Name}");
            if (FindInDomain(localPart, found) is { } way)
                return way;
        }

        return domain == host.Name ? FindOnHost(localPart) : (RouteEnd.Refused, "550 Unknown user");
    }

    // MAIL-3
    private static bool HasRestrictedCharacters(string localPart) => localPart.StartsWith('.') || localPart.AsSpan().ContainsAny("@%!/|");

    private (RouteEnd End, string Verdict)? FindInDomain(string localPart, Domain domain)
    {
        var name = WithoutSuffix(localPart);
        if (Has(domain, MailSettings.Mailbox(name)) && domain.Tree.MailboxNames.Contains(name))
            return FindMailbox(name, domain);
        Step(domain.PathOf(MailSettings.Mailbox(name)), "there is no such mailbox");

        var aliases = domain.Tree[MailSettings.Aliases] is { Kind: NodeKind.File } list ? AliasFile.Parse(list.Text) : null;
        if (aliases?.Entries.FirstOrDefault(entry => entry.Name == name) is { } alias)
            return Follow(domain.PathOf(MailSettings.Aliases), alias);
        Step(domain.PathOf(MailSettings.Aliases), aliases is null ? "absent" : $"has no line for {name}");

        if (aliases?.Entries.FirstOrDefault(entry => entry.Name == "*") is { } forAll)
            return Follow(domain.PathOf(MailSettings.Aliases), forAll);
        if (Has(domain, MailSettings.DefaultForward))
        {
            Step(domain.PathOf(MailSettings.DefaultForward), "takes every address that nothing else takes");
            return (RouteEnd.Accepted, $"goes where {domain.PathOf(MailSettings.DefaultForward)} says");
        }

        Step(domain.PathOf(MailSettings.DefaultForward), "absent");
        if (localPart == "postmaster" && domain.Name != host.Name)
        {
            Step("postmaster", $"of every domain is postmaster@{host.Name}");
            return FindDomain("postmaster", host.Name) is (RouteEnd.Accepted, var where) ? (RouteEnd.Accepted, where) : (RouteEnd.Accepted, "kept for root");
        }

        if (!Has(domain, MailSettings.Mailboxes) && !Has(domain, MailSettings.Aliases) && domain.Name != host.Name)
            Step(domain.Directory.Value, "has no mailboxes/, config/aliases or config/default_forward: what this host and who logs in sends goes to the domain's mail server (MX)");
        return null;
    }

    private (RouteEnd End, string Verdict) FindMailbox(string name, Domain domain)
    {
        var directory = domain.PathOf(MailSettings.Mailbox(name));
        var node = domain.Tree[MailSettings.Mailbox(name)];
        if (node.IsLinked)
        {
            Step(directory, "is a link, which is no mailbox for Exim");
            return (RouteEnd.Refused, "550 Unknown user");
        }

        if (!Owner.IsPerson(node.Uid) || !Owner.IsPerson(node.Gid))
        {
            Step(directory, $"belongs to a system account (uid {node.Uid}, gid {node.Gid})");
            return (RouteEnd.Deferred, "451 This mailbox belongs to a system account.");
        }

        if (Has(domain, MailSettings.Forward(name)))
        {
            Step(domain.PathOf(MailSettings.Forward(name)), "its addresses get the mail instead; a filter that delivers nothing lets it go on");
            return (RouteEnd.Accepted, $"goes where {domain.PathOf(MailSettings.Forward(name))} says");
        }

        if (Has(domain, $"{directory[(domain.Directory.Value.Length + 1)..]}/vacation"))
            Step($"{directory}/vacation", "answers people, once a day each");
        if (Has(domain, $"{directory[(domain.Directory.Value.Length + 1)..]}/sieve"))
            Step($"{directory}/sieve", "the script sorts the mail");
        foreach (var (file, path) in new[] { (domain.Tree[MailSettings.Quota(name)], domain.PathOf(MailSettings.Quota(name))), (domain.Tree[MailSettings.DomainQuota], domain.PathOf(MailSettings.DomainQuota)), (host.Tree[MailSettings.HostQuota], MailSettings.HostQuota) })
        {
            if (file.Value is not SettingValue.Text(var quota))
                continue;
            Step(path, $"the mailbox may hold {quota.Trim()}");
            break;
        }

        Step(directory, "is the mailbox");
        return (RouteEnd.Accepted, $"stored in {directory}/Maildir");
    }

    private (RouteEnd End, string Verdict) FindOnHost(string localPart)
    {
        var name = WithoutSuffix(localPart);
        if (systemAliases.Entries.FirstOrDefault(entry => entry.Name == name) is { } alias)
            return Follow(MailPaths.SystemAliases.Value, alias);
        Step(MailPaths.SystemAliases.Value, $"has no line for {name}");
        if (name is not ("root" or "admin") && host.Users.FirstOrDefault(user => user.Name == name) is { } user)
        {
            if (user.Tree[".forward"].Exists)
            {
                Step($"{user.Home}/.forward", "its addresses get the mail instead; a filter that delivers nothing lets it go on");
                return (RouteEnd.Accepted, $"goes where {user.Home}/.forward says");
            }

            Step(user.Home, $"is the home of the unix user {name}");
            return (RouteEnd.Accepted, $"stored in {user.Home}/Maildir");
        }

        if (name is "postmaster")
        {
            Step("postmaster", $"is root@{host.Name}");
            return FindDomain("root", host.Name);
        }

        return localPart == "root" ? (RouteEnd.Accepted, "stored in /var/mail/mail") : (RouteEnd.Refused, "550 Unknown user");
    }

    private (RouteEnd End, string Verdict) Follow(string file, AliasEntry alias)
    {
        Step($"{file}:{alias.Line}", $"{alias.Name} leads to {alias.Targets}");
        return alias.Targets switch
        {
            _ when alias.Targets.StartsWith(":fail:", StringComparison.Ordinal) => (RouteEnd.Refused, "550 Unknown user"),
            _ when alias.Targets.StartsWith(":defer:", StringComparison.Ordinal) => (RouteEnd.Deferred, "451, as the alias says"),
            _ when alias.Targets.StartsWith(":blackhole:", StringComparison.Ordinal) => (RouteEnd.Accepted, "thrown away"),
            _ => (RouteEnd.Accepted, $"goes to {alias.Targets}"),
        };
    }

    // MAIL-5
    private static string WithoutSuffix(string localPart) => localPart.IndexOf('+', StringComparison.Ordinal) is > 0 and var plus ? localPart[..plus] : localPart;

    private static bool Has(Domain domain, string path) => domain.Tree[path].Exists;

    private void Step(string file, string found) => _steps.Add(new RouteStep(file, found));
}
