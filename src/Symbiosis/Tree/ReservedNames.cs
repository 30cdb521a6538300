using System.Collections.Frozen;

namespace Symbiosis.Tree;

/// <summary>
/// Names in <c>config/</c> that mean something to this program or to the ones before it, whether a service that reads them is installed or not. A tree that moves here from an older
/// host must not produce noise, and a misspelt name is compared with all of these.
/// </summary>
internal static class ReservedNames
{
    /// <summary>The names, without <c>config/</c>.</summary>
    public static FrozenSet<string> InConfig { get; } = FrozenSet.Create(
        StringComparer.Ordinal,

        // The host and its accounts
        "ip", "ips", "databases", "no-testing",

        // Mail
        "aliases", "antispam", "antispam-learn", "antivirus", "blacklists", "body_checks", "bulk", "default_forward", "dkim", "dkim.key", "dmarc", "dmarc-in", "header_checks", "lists", "mail-access",
        "mail-class", "mail-domain-alias", "mailbox-dont-encrypt-passwords", "mailbox-quota", "mailbox-ratelimit", "news", "recipient-classes", "scan-skip", "senders", "smarthost", "spam-newsgroup",
        "spf",

        // Web and statistics
        "directory-index", "no-stats", "protected", "ssl-only", "stats", "stats-allow", "stats-engine", "web-options", "webalizer.conf",

        // TLS, also the names from before there were sets
        "ssl", "ssl-provider", "ssl.bundle", "ssl.cert", "ssl.combined", "ssl.crt", "ssl.key", "ssl.pem",

        // DNS
        "autoconfig", "caa", "dane", "dns", "dnssec", "https-rr", "mta-sts", "no-dns", "null-mx", "sshfp", "tls-rpt", "ttl",

        // FTP, cron, chat, shares, directory, calls
        "click-to-call", "crontab", "ftp-password", "ftp-quota", "ftp-users", "ldap", "shares", "sip", "sip-users", "turn", "xmpp", "xmpp-admins");
}
