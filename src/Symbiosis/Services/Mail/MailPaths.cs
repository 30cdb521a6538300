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

    /// <summary>Certificate, chain and key of the host in one file (TLS-55).</summary>
    public static HostPath Certificate(DomainName host) => HostPath.Parse("/var/lib/symbiosis/tls").Join(host.Value).Join("combined.pem");
}
