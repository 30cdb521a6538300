using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Mail;

/// <summary>Every file the mail service knows, declared once.</summary>
internal static class MailSettings
{
    public const string Mailboxes = "mailboxes";
    public const string Config = "config";
    public const string Aliases = "config/aliases";
    public const string DefaultForward = "config/default_forward";
    public const string DomainQuota = "config/mailbox-quota";
    public const string KeepPlainPasswords = "config/mailbox-dont-encrypt-passwords";
    public const string DomainRateLimit = "config/mailbox-ratelimit";
    public const string BlockLists = "config/blacklists";
    public const string Addresses = "config/ips";
    public const string Dkim = "config/dkim";
    public const string DkimKey = "config/dkim.key";
    public const string HostRateLimit = "/etc/symbiosis/mail.d/ratelimit-default";
    public const string LocalRateLimit = "/etc/symbiosis/mail.d/ratelimit-local-user";
    public const string HostQuota = "/etc/exim4/mailbox-quota";

    /// <summary>Where the host's source address is named; the first file that names one counts (MAIL-110).</summary>
    public static readonly string[] HostAddresses = ["/etc/symbiosis/config/ip", "/etc/symbiosis/config/ips"];

    public static ValueList<Setting> All { get; } =
    [
        new(Mailboxes, SettingForm.Directory, "The domain's mailboxes, one directory each"),
        new("mailboxes/*", SettingForm.Directory, "Makes the address exist: mail for it is stored in the directory's Maildir"),
        new("mailboxes/*/password", SettingForm.Secret, "Password for IMAP, POP3, sending and scripts; the login name is the whole address") { Default = "no login", Example = "correct horse battery staple" },
        new("mailboxes/*/passwords.d", SettingForm.DirectoryOfTexts, "Further passwords of the mailbox, one file each, named after the program or device that uses it") { Example = "phone: correct horse battery staple" },
        new("mailboxes/*/passwords.used", SettingForm.DaemonReads, "When each of these passwords was used last, for what and from where; written by the program"),
        new("mailboxes/*/quota", SettingForm.Size, "Storage limit of the mailbox") { Default = DomainQuota, Example = "500M" },
        new("mailboxes/*/forward", SettingForm.DaemonReads, "Addresses that get the mail instead, or an Exim filter") { Example = "bob@example.com" },
        new("mailboxes/*/ratelimit", SettingForm.Text, "How many recipients the mailbox may write to in a day; empty means 100") { Default = DomainRateLimit, Example = "200" },
        new("mailboxes/*/vacation", SettingForm.DaemonReads, "Text that is sent to whoever writes to the mailbox, once a day to each") { Example = "I am away until Monday." },
        new("mailboxes/*/sieve", SettingForm.DaemonReads, "Sieve script run on delivery; usually a link into sieve.d made by a mail program") { Example = "require \"fileinto\"; if header :contains \"list-id\" \"\" { fileinto \"Lists\"; }" },
        new("mailboxes/*/sieve.d", SettingForm.DaemonReads, "Sieve scripts that mail programs manage"),
        new(Aliases, SettingForm.Text, "Addresses of the domain that lead to others: name: target, target") { Example = "info: bob@example.com, alice@example.com" },
        new(DefaultForward, SettingForm.DaemonReads, "Where mail goes for which there is no mailbox and no alias") { Example = "bob@example.com" },
        new(DomainQuota, SettingForm.Size, "Storage limit of each mailbox of the domain") { Default = HostQuota, Example = "1G" },
        new(DomainRateLimit, SettingForm.Text, "How many recipients each mailbox of the domain may write to in a day; empty means 100") { Default = HostRateLimit, Example = "500/1d" },
        new(BlockLists, SettingForm.DirectoryOfTexts, "DNS block lists: an empty file named after each list that clients must not be in"),
        new(Addresses, SettingForm.Text, "Addresses that the domain's mail leaves from, when config/ip names none") { Default = HostAddresses[0], Example = "192.0.2.7" },
        new(Dkim, SettingForm.Text, "Signs the domain's mail (DKIM); names the selector, or is empty for the first label of the host's name") { Default = "not signed", Example = "mail2026" },
        new(DkimKey, SettingForm.Secret, "The private key of DKIM, RSA in PEM; symbiosis mail dkim DOMAIN makes one") { Default = "not signed" },
        new(KeepPlainPasswords, SettingForm.Flag, "Leave passwords of the domain's mailboxes as they were typed"),
        new("~/.password", SettingForm.Secret, "Mail password of a unix user, who logs in with the bare name") { Default = "no login", Example = "correct horse battery staple" },
        new("~/.quota", SettingForm.Size, "Storage limit of a unix user's mail") { Default = HostQuota, Example = "500M" },
        new("~/.ratelimit", SettingForm.Text, "How many recipients a unix user who logs in may write to in a day") { Default = HostRateLimit, Example = "200" },
        new("~/.forward", SettingForm.DaemonReads, "Addresses that get a unix user's mail instead, or an Exim filter") { Example = "clare@example.com" },
        new("~/.vacation", SettingForm.DaemonReads, "Text that is sent to whoever writes to a unix user") { Example = "I am away until Monday." },
        new("~/.sieve", SettingForm.DaemonReads, "Sieve script of a unix user") { Example = "keep;" },
        new("~/.sieve.d", SettingForm.DaemonReads, "Sieve scripts of a unix user that mail programs manage"),
        new(HostQuota, SettingForm.Size, "Storage limit of every mailbox for which nothing else says one") { Default = "none", Example = "2G" },
        new(HostRateLimit, SettingForm.Text, "How many recipients in a day somebody who logs in may write to, where nothing else says so; no switches the limit off") { Default = "1000", Example = "300/1d" },
        new(LocalRateLimit, SettingForm.Text, "How many recipients in a day the programs of one user of the host, such as those of the web server, may write to; no switches the limit off") { Default = "1000", Example = "200/1h" },
        new(HostAddresses[0], SettingForm.Text, "Addresses that mail leaves from when the domain names none") { Default = "the system's choice", Example = "192.0.2.1" },
        new(HostAddresses[1], SettingForm.Text, "The same as /etc/symbiosis/config/ip, under its other name") { Default = "the system's choice" },
        .. MailPaths.AccessLists.Select(list => new Setting(list.Source.Value, SettingForm.Text, list.Summary) { Example = list.Example }),
        new(MailPaths.RelayHosts.Value, SettingForm.DaemonReads, "Clients that may send without login, an address or network a line") { Example = "192.0.2.0/24" },
        new(MailPaths.Rewrites.Value, SettingForm.DaemonReads, "Domains that get another name: mail for anybody at the first goes to the same name at the second") { Example = "old.example: new.example" },
        new(MailPaths.SystemAliases.Value, SettingForm.DaemonReads, "Aliases of the host's own name") { Example = "root: bob@example.com" },
        new(MailPaths.EmailAddresses.Value, SettingForm.DaemonReads, "Addresses that unix users send as") { Example = "clare: clare@example.com" },
        new(MailPaths.EximSnippets.Value, SettingForm.DirectoryOfTexts, "Your own parts of Exim's configuration"),
        new(MailPaths.DovecotSnippets.Value, SettingForm.DirectoryOfTexts, "Your own parts of Dovecot's configuration"),
    ];

    public static string Mailbox(string name) => $"mailboxes/{name}";

    public static string Password(string name) => $"mailboxes/{name}/password";

    /// <summary>The directory of further passwords.</summary>
    public static string AppPasswords(string name) => $"mailboxes/{name}/passwords.d";

    /// <summary>Where it is noted when they were used.</summary>
    public static string AppPasswordUses(string name) => $"mailboxes/{name}/passwords.used";

    public static string Quota(string name) => $"mailboxes/{name}/quota";

    public static string RateLimit(string name) => $"mailboxes/{name}/ratelimit";

    public static string Forward(string name) => $"mailboxes/{name}/forward";
}
