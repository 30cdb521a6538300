using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>What the mail service reports.</summary>
internal static class MailDiagnostics
{
    public static readonly DiagnosticKind UnusableName = new("MAIL001", Severity.Warning, "The name of a mailbox directory cannot be used for logging in, and mail may not reach it");

    public static readonly DiagnosticKind SystemOwner = new("MAIL002", Severity.Error, "A mailbox directory belongs to a system account; its mail waits in the queue");

    public static readonly DiagnosticKind NoUsablePassword = new("MAIL003", Severity.Warning, "A password file holds no usable password");

    public static readonly DiagnosticKind RefusedPassword = new("MAIL004", Severity.Error, "A password file holds a hash that is not accepted, or something else that cannot be a password");

    public static readonly DiagnosticKind WeakHash = new("MAIL005", Severity.Warning, "A password is stored with a hash that is too weak for Dovecot 2.4 (Debian 13)");

    public static readonly DiagnosticKind BadAlias = new("MAIL006", Severity.Warning, "A line of an alias file cannot be used");

    public static readonly DiagnosticKind Unsearchable = new("MAIL007", Severity.Warning, "Exim may not look into a directory; its right to search is added");

    public static readonly DiagnosticKind SnippetIgnored = new("MAIL008", Severity.Warning, "A snippet has the name of a part of the program and is left out");

    public static readonly DiagnosticKind NotInstalled = new("MAIL009", Severity.Warning, "There are mailboxes, but a mail server is not installed");

    public static readonly DiagnosticKind UnknownDovecot = new("MAIL010", Severity.Error, "The installed version of Dovecot is not known");

    public static readonly DiagnosticKind WritableForward = new("MAIL011", Severity.Error, "A forward file can be written by everybody, so Exim does not use it; mail waits in the queue");

    public static readonly DiagnosticKind ReadablePassword = new("MAIL012", Severity.Warning, "A password file can be read by others; only its owner may");

    public static readonly DiagnosticKind LinkedMailbox = new("MAIL013", Severity.Warning, "A mailbox directory is a symbolic link, which is no mailbox for Exim");

    public static readonly DiagnosticKind BadBlockList = new("MAIL014", Severity.Warning, "A file in config/blacklists is not named after a DNS block list");

    public static readonly DiagnosticKind SourceNotHere = new("MAIL015", Severity.Warning, "Mail should leave from an address that is not configured on this host");

    public static readonly DiagnosticKind NoDkimKey = new("MAIL016", Severity.Warning, "DKIM is switched on without a key");

    public static readonly DiagnosticKind BadDkimKey = new("MAIL017", Severity.Error, "A key cannot be used for DKIM, so mail is not signed");

    public static readonly DiagnosticKind BadAccessItem = new("MAIL018", Severity.Warning, "A line of a black or white list cannot be used");

    public static readonly DiagnosticKind BadAppPassword = new("MAIL019", Severity.Warning, "A file in a mailbox's passwords.d cannot be used as a further password");

    public static ValueList<DiagnosticKind> All { get; } =
    [
        UnusableName, SystemOwner, NoUsablePassword, RefusedPassword, WeakHash, BadAlias, Unsearchable, SnippetIgnored, NotInstalled, UnknownDovecot, WritableForward, ReadablePassword, LinkedMailbox,
        BadBlockList, SourceNotHere, NoDkimKey, BadDkimKey, BadAccessItem, BadAppPassword,
    ];
}
