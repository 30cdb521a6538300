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
    public const string HostQuota = "/etc/exim4/mailbox-quota";

    public static ValueList<Setting> All { get; } =
    [
        new(Mailboxes, SettingForm.Directory, "The domain's mailboxes, one directory each"),
        new("mailboxes/*", SettingForm.Directory, "Makes the address exist: mail for it is stored in the directory's Maildir"),
        new("mailboxes/*/password", SettingForm.Secret, "Password for IMAP, POP3, sending and scripts; the login name is the whole address") { Default = "no login", Example = "correct horse battery staple" },
        new("mailboxes/*/quota", SettingForm.Size, "Storage limit of the mailbox") { Default = DomainQuota, Example = "500M" },
        new("mailboxes/*/forward", SettingForm.DaemonReads, "Addresses that get the mail instead, or an Exim filter") { Example = "bob@example.com" },
        new("mailboxes/*/sieve", SettingForm.DaemonReads, "Sieve script run on delivery; usually a link into sieve.d made by a mail program") { Example = "require \"fileinto\"; if header :contains \"list-id\" \"\" { fileinto \"Lists\"; }" },
        new("mailboxes/*/sieve.d", SettingForm.DaemonReads, "Sieve scripts that mail programs manage"),
        new(Aliases, SettingForm.Text, "Addresses of the domain that lead to others: name: target, target") { Example = "info: bob@example.com, alice@example.com" },
        new(DefaultForward, SettingForm.DaemonReads, "Where mail goes for which there is no mailbox and no alias") { Example = "bob@example.com" },
        new(DomainQuota, SettingForm.Size, "Storage limit of each mailbox of the domain") { Default = HostQuota, Example = "1G" },
        new(KeepPlainPasswords, SettingForm.Flag, "Leave passwords of the domain's mailboxes as they were typed"),
        new("~/.password", SettingForm.Secret, "Mail password of a unix user, who logs in with the bare name") { Default = "no login", Example = "correct horse battery staple" },
        new("~/.quota", SettingForm.Size, "Storage limit of a unix user's mail") { Default = HostQuota, Example = "500M" },
        new("~/.sieve", SettingForm.DaemonReads, "Sieve script of a unix user") { Example = "keep;" },
        new("~/.sieve.d", SettingForm.DaemonReads, "Sieve scripts of a unix user that mail programs manage"),
        new(HostQuota, SettingForm.Size, "Storage limit of every mailbox for which nothing else says one") { Default = "none", Example = "2G" },
        new(MailPaths.RelayHosts.Value, SettingForm.DaemonReads, "Clients that may send without login, an address or network a line") { Example = "192.0.2.0/24" },
        new(MailPaths.SystemAliases.Value, SettingForm.DaemonReads, "Aliases of the host's own name") { Example = "root: bob@example.com" },
        new(MailPaths.EmailAddresses.Value, SettingForm.DaemonReads, "Addresses that unix users send as") { Example = "clare: clare@example.com" },
        new(MailPaths.EximSnippets.Value, SettingForm.DirectoryOfTexts, "Your own parts of Exim's configuration"),
        new(MailPaths.DovecotSnippets.Value, SettingForm.DirectoryOfTexts, "Your own parts of Dovecot's configuration"),
    ];

    public static string Mailbox(string name) => $"mailboxes/{name}";

    public static string Password(string name) => $"mailboxes/{name}/password";

    public static string Quota(string name) => $"mailboxes/{name}/quota";

    public static string Forward(string name) => $"mailboxes/{name}/forward";
}
