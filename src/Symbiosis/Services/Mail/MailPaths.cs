using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>Where the mail service's files are. Tables are below the state directory, one file a name, so that a change of one domain touches one file.</summary>
internal static class MailPaths
{
    /// <summary>The tree.</summary>
    public static readonly HostPath Tree = HostPath.Parse("/srv");

    /// <summary>Users of a domain for Dovecot: <c>users/DOMAIN</c>, also for alias domains and the host's own name (MAIL-170).</summary>
    public static readonly HostPath Users = HostPath.Parse("/var/lib/symbiosis/mail/users");

    /// <summary>Alias domains: <c>aliases/NAME</c> holds the name of the directory in <c>/srv</c> that it leads to (MAIL-9).</summary>
    public static readonly HostPath AliasDomains = HostPath.Parse("/var/lib/symbiosis/mail/aliases");

    /// <summary>Alias lists: <c>lists/DOMAIN</c> is made from the domain's <c>config/aliases</c> (MAIL-30).</summary>
    public static readonly HostPath AliasLists = HostPath.Parse("/var/lib/symbiosis/mail/lists");

    /// <summary>The key that signs senders of forwarded mail.</summary>
    public static readonly HostPath SrsSecret = HostPath.Parse("/var/lib/symbiosis/mail/srs-secret");

    /// <summary>Whole domains that get another name, <c>domain: newdomain</c> (MAIL-6).</summary>
    public static readonly HostPath Rewrites = HostPath.Parse("/etc/exim4/rewrites");

    /// <summary>What domains ask of Exim: <c>policy/NAME</c>, also for alias domains, when there is anything (<see cref="MailPolicy"/>).</summary>
    public static readonly HostPath Policies = HostPath.Parse("/var/lib/symbiosis/mail/policy");

    /// <summary>The same of the host.</summary>
    public static readonly HostPath HostPolicy = HostPath.Parse("/var/lib/symbiosis/mail/host-policy");

    /// <summary>Keys that sign mail: <c>dkim/DOMAIN</c> (MAIL-122).</summary>
    public static readonly HostPath DkimKeys = HostPath.Parse("/var/lib/symbiosis/mail/dkim");

    /// <summary>The host's black and white lists (MAIL-90 to MAIL-93), as the administrator writes them and as Exim reads them.</summary>
    public static readonly ValueList<AccessListFile> AccessLists =
    [
        AccessListFile.Of("blacklist", "by_ip", AccessSubject.Ip, "Clients whose mail is refused, an address or network a line", "192.0.2.0/24"),
        AccessListFile.Of("blacklist", "by_hostname", AccessSubject.HostName, "Names of clients whose mail is refused, one a line", "*.spammer.example"),
        AccessListFile.Of("blacklist", "by_sender", AccessSubject.Sender, "Senders whose mail is refused, one a line", "*@spammer.example"),
        AccessListFile.Of("whitelist", "by_ip", AccessSubject.Ip, "Clients that are never refused by black lists, an address or network a line", "192.0.2.7"),
        AccessListFile.Of("whitelist", "by_hostname", AccessSubject.HostName, "Names of clients that are never refused by black lists", "mail.partner.example"),
        AccessListFile.Of("whitelist", "by_sender", AccessSubject.Sender, "Senders that are never refused by black lists", "friend@partner.example"),
    ];

    /// <summary>Program that tells a sender of his limit (MAIL-102).</summary>
    public static readonly HostPath LimitNotice = HostPath.Parse("/usr/lib/symbiosis/mail/sending-limit-notice");

    /// <summary>Program that tells the owner of a mailbox that it is nearly full.</summary>
    public static readonly HostPath QuotaWarning = HostPath.Parse("/usr/lib/symbiosis/mail/quota-warning");

    /// <summary>Where Dovecot says whether a mailbox is full (MAIL-54).</summary>
    public static readonly HostPath QuotaSocket = HostPath.Parse("/run/dovecot/quota-status");

    /// <summary>Exim's configuration, which beats Debian's generated one (MAIL-151).</summary>
    public static readonly HostPath EximConfiguration = HostPath.Parse("/etc/exim4/exim4.conf");

    /// <summary>Snippets for it (CORE-42).</summary>
    public static readonly HostPath EximSnippets = HostPath.Parse("/etc/exim4/symbiosis.d");

    /// <summary>Dovecot's configuration.</summary>
    public static readonly HostPath DovecotConfiguration = HostPath.Parse("/etc/dovecot/dovecot.conf");

    /// <summary>Snippets for it (CORE-42).</summary>
    public static readonly HostPath DovecotSnippets = HostPath.Parse("/etc/dovecot/symbiosis.d");

    /// <summary>Clients that may relay without login, one address or network a line.</summary>
    public static readonly HostPath RelayHosts = HostPath.Parse("/etc/exim4/relay_from_hosts");

    /// <summary>Aliases of the host's own name.</summary>
    public static readonly HostPath SystemAliases = HostPath.Parse("/etc/aliases");

    /// <summary>Addresses of unix users in mail they send.</summary>
    public static readonly HostPath EmailAddresses = HostPath.Parse("/etc/email-addresses");

    /// <summary>Where certificates are published, by name (TLS-55).</summary>
    public static readonly HostPath PublishedCertificates = HostPath.Parse("/var/lib/symbiosis/tls");

    /// <summary>Names for which Exim shows the certificate of a domain: <c>server-names/NAME</c>, also for aliases (TLS-56).</summary>
    public static readonly HostPath ServerNames = HostPath.Parse("/var/lib/symbiosis/mail/server-names");

    /// <summary>The same for Dovecot, a file of its configuration for each domain.</summary>
    public static readonly HostPath DovecotServerNames = HostPath.Parse("/var/lib/symbiosis/mail/dovecot-server-names");

    /// <summary>Certificate, chain and key of the host, or of a domain, in one file (TLS-55).</summary>
    public static HostPath Certificate(DomainName name) => PublishedCertificates.Join(name.Value).Join("combined.pem");
}

/// <summary>One of the host's black and white lists.</summary>
/// <param name="Source">What the administrator writes.</param>
/// <param name="Table">What Exim reads.</param>
/// <param name="Subject">What its lines name.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Example">A line one could write.</param>
internal sealed record AccessListFile(HostPath Source, HostPath Table, AccessSubject Subject, string Summary, string Example)
{
    public static AccessListFile Of(string list, string by, AccessSubject subject, string summary, string example) =>
        new(HostPath.Parse($"/etc/exim4/{list}/{by}"), HostPath.Parse($"/var/lib/symbiosis/mail/{list}/{by}"), subject, summary, example);
}
