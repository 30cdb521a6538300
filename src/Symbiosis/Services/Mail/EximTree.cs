using Symbiosis.Model;
using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;

namespace Symbiosis.Services.Mail;

/// <summary>
/// What Exim asks of the tree and of our tables, as expressions of its language. A text from outside may not name a file (MAIL-160): <c>$domain_data</c> and <c>$local_part_data</c> are
/// what <c>dsearch</c> found in the directory.
/// </summary>
internal static class EximTree
{
    // CORE-2, as in DomainName. Exim has lower-cased the domain already.
    private const string DomainNamePattern =
        @"^(?!.{254})(?![0-9.]+$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$";

    // Groups of numbers that never own a domain (CORE-3): system accounts, nobody, and those systemd gives to services for a while.
    public static readonly EximText IsSystemId = Or(
        Compare(Raw("$value"), "<", EximText.Of($"{Owner.FirstPerson}")),
        Compare(Raw("$value"), "=", EximText.Of($"{Owner.Nobody}")),
        And(Compare(Raw("$value"), ">=", EximText.Of($"{Owner.FirstDynamic}")), Compare(Raw("$value"), "<=", EximText.Of($"{Owner.LastDynamic}"))));

    public static readonly EximText DomainDirectory = EximText.Of($"{MailPaths.Tree}/{Raw("$domain_data")}");
    public static readonly EximText Mailboxes = EximText.Of($"{DomainDirectory}/mailboxes");
    public static readonly EximText Mailbox = EximText.Of($"{Mailboxes}/{Raw("$local_part_data")}");
    public static readonly EximText Config = EximText.Of($"{DomainDirectory}/config");

    // A tenant may make mailboxes/ a link, but not to somebody else's directory: it must be a directory of its own, or belong to the domain's user (CORE-14). "X/.." is what holds X.
    public static readonly EximText HasMailboxes = And(
        Exists(EximText.Of($"{Mailboxes}/..")),
        Or(Equal(IdentityOf(EximText.Of($"{Mailboxes}/..")), IdentityOf(DomainDirectory)), Equal(Extract("uid", Stat(Mailboxes)), Extract("uid", Stat(DomainDirectory)))));

    // MAIL-161: filter=subdir leaves out links and files; a missing directory would stop Exim, and a key with "/" defers.
    public static readonly EximText MailboxNames =
        If(HasMailboxes, EximText.Of($"! {Regex(@"^\.|[@%!/|]")} : {Raw("dsearch,filter=subdir;")}{Mailboxes}"));

    public static readonly EximText IsMailboxServed = IsOwnedByPerson(Mailbox);
    public static readonly EximText MailboxUser = Extract("uid", Stat(Mailbox));
    public static readonly EximText MailboxGroup = Extract("gid", Stat(Mailbox));

    // Everything about the directory is asked of what dsearch found, and the list item that matches is dsearch again, because only that sets $domain_data. A link counts too: it may lead
    // out of the tree (CORE-8), or be an alias that no table has yet.
    public static EximText ServedDomains()
    {
        var entry = EximText.Of($"{MailPaths.Tree}/{Raw("$value")}");
        return If(
            And(Matches(Raw("$domain"), Regex(DomainNamePattern)), Exists(Within(MailPaths.Tree))),
            Lookup(
                Raw("$domain"),
                "dsearch",
                EximText.Of($"{MailPaths.Tree}"),
                If(Exists(entry), If(And(IsDirectory(entry), IsOwnedByPerson(entry)), EximText.Of($"{Raw("dsearch;")}{MailPaths.Tree}"))),
                EximText.Empty));
    }

    public static EximText IsUnreadableDirectory(EximText path) => And(Exists(path), IsDirectory(path), Not(Exists(Within(path))));

    public static EximText IsDirectory(EximText path) => Matches(Extract("smode", Stat(path)), Raw("^d"));

    public static EximText IsOwnedByPerson(EximText path)
    {
        var verdict = If(IsSystemId, Raw("no"), Raw("yes"));
        return Equal(EximText.Of($"{Extract("uid", Stat(path), verdict, Raw("no"))}{Extract("gid", Stat(path), verdict, Raw("no"))}"), Raw("yesyes"));
    }

    public static EximText IdentityOf(EximText path) => EximText.Of($"{Extract("device", Stat(path))}:{Extract("inode", Stat(path))}");

    // The table is root's and Dovecot's: only deliveries, which root routes, may ask it.
    public static EximText IsInUserTable(EximText domain)
    {
        var table = EximText.Of($"{MailPaths.Users}/{domain}");
        return And(Exists(table), Equal(Lookup(EximText.Of($"{Raw("$local_part_data")}@{domain}"), "lsearch", table, Raw("yes"), Raw("no")), Raw("yes")));
    }

    public static EximText IsUserServed => And(Compare(Raw("$local_user_uid"), ">=", EximText.Of($"{Owner.FirstPerson}")), Exists(Raw("$home")));

    public static EximText AliasList() => EximText.Of($"{MailPaths.AliasLists}/{Raw("$domain_data")}");

    public static EximText Alias() => If(Exists(AliasList()), Lookup(Raw("$local_part"), "lsearch", AliasList()));

    // What "*" leads to. The local part goes in when the replacement is expanded for the second time, so nothing in it is ever expanded.
    public static EximText AliasForAll() => If(
        Exists(AliasList()),
        Substitute(Lookup(Raw("*"), "lsearch", AliasList()), Regex(@"(^|,)\s*@"), Raw(@"\$1 \$\{quote_local_part:\$local_part\}@")));

    /// <summary>The key for senders of forwarded mail (SRS).</summary>
    public static EximText SrsSecretFile { get; } = EximText.Of($"{MailPaths.SrsSecret}");

    /// <summary>True for a name that has a directory or link in the tree, or is the host's. Not through the domain lists, which look at <c>$domain</c>.</summary>
    public static EximText IsHostedName(EximText name) => Or(
        EqualText(name, Raw("$primary_hostname")),
        And(
            Matches(name, Regex(DomainNamePattern)),
            Exists(Within(MailPaths.Tree)),
            Equal(Lookup(EximText.Of($"${{lc:{name}}}"), "dsearch", EximText.Of($"{MailPaths.Tree}"), Raw("yes"), Raw("no")), Raw("yes"))));

    /// <summary>The ACL variable with the policy table of a domain; empty when it has none.</summary>
    public const string PolicyVariable = "acl_m_symbiosis_policy";

    /// <summary>The policy table of a domain that is hosted here, or nothing.</summary>
    public static EximText PolicyTable(EximText domain) => WithEntry(MailPaths.Policies, domain, EximText.Of($"{MailPaths.Policies}/{Raw("$value")}"), EximText.Empty);

    /// <summary>What the tables say about one mailbox: the nearest of the mailbox, the unix user, the domain and the host. <see cref="PolicyVariable"/> must be set.</summary>
    public static EximText Policy(string key, EximText localPart, EximText domain)
    {
        var table = Raw("$" + PolicyVariable);
        var ofMailbox = EximText.Of($"{Raw(key)}-${{lc:{localPart}}}");
        var ofHost = Lookup(Raw(key), "lsearch", EximText.Of($"{MailPaths.HostPolicy}"));
        return FirstOf(
            If(Defined(PolicyVariable), Lookup(ofMailbox, "lsearch", table)),
            If(And(EqualText(domain, Raw("$primary_hostname")), Exists(EximText.Of($"{MailPaths.HostPolicy}"))), Lookup(ofMailbox, "lsearch", EximText.Of($"{MailPaths.HostPolicy}"))),
            If(Defined(PolicyVariable), Lookup(Raw(key), "lsearch", table)),
            If(Exists(EximText.Of($"{MailPaths.HostPolicy}")), ofHost));
    }

    /// <summary>What the table of a domain says, or the host's.</summary>
    public static EximText PolicyOf(string key, EximText domain)
    {
        var ofHost = If(Exists(EximText.Of($"{MailPaths.HostPolicy}")), Lookup(Raw(key), "lsearch", EximText.Of($"{MailPaths.HostPolicy}")));
        return WithEntry(MailPaths.Policies, domain, Lookup(Raw(key), "lsearch", EximText.Of($"{MailPaths.Policies}/{Raw("$value")}"), Raw("$value"), ofHost), ofHost);
    }

    /// <summary>Something about the file of a domain in one of our directories, where <c>$value</c> is its name and may be part of a path (MAIL-160).</summary>
    public static EximText WithEntry(HostPath directory, EximText domain, EximText yes, EximText no) => If(
        And(Matches(EximText.Of($"${{lc:{domain}}}"), Regex(DomainNamePattern)), Exists(Within(directory))),
        Lookup(EximText.Of($"${{lc:{domain}}}"), "dsearch,filter=file", EximText.Of($"{directory}"), yes, no),
        no);

    /// <summary>The first text that is not empty.</summary>
    private static EximText FirstOf(params ReadOnlySpan<EximText> texts)
    {
        var result = texts[^1];
        for (var i = texts.Length - 2; i >= 0; i--)
            result = If(Not(Equal(texts[i], EximText.Empty)), texts[i], result);
        return result;
    }

    // "DIR/." can be seen only by who may search DIR.
    public static EximText Within(EximText directory) => EximText.Of($"{directory}/.");

    public static EximText Within(HostPath directory) => EximText.Of($"{directory}/.");
}
