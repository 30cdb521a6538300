using System.Globalization;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Mail;

/// <summary>
/// Dovecot's configuration: IMAP, POP3, ManageSieve, and LMTP and authentication for Exim. Versions 2.3 (Debian 12) and 2.4 (Debian 13) are two languages; the one that is installed now
/// decides. Users come from one passwd-file a domain (MAIL-170), so no mailbox is named here.
/// </summary>
internal abstract class DovecotConfig
{
    /// <summary>The name clients see of the quota root (MAIL-55).</summary>
    protected const string QuotaName = "Symbiosis mailbox quota";

    /// <summary>The user Exim runs as; it may use Dovecot's sockets.</summary>
    protected const string EximUser = "Debian-exim";

    /// <summary>The language of an installed version, or null for one that is not known.</summary>
    /// <param name="version">Upstream version such as <c>2.3.19.1+dfsg1</c>.</param>
    public static DovecotConfig? For(string version) =>
        version.StartsWith("2.3.", StringComparison.Ordinal) ? new Dovecot23Config()
        : version.StartsWith("2.4.", StringComparison.Ordinal) ? new Dovecot24Config()
        : null;

    /// <summary>Shows a certificate to clients that ask for one of some names.</summary>
    /// <param name="names">Names, also with a wildcard for the first label.</param>
    /// <param name="certificate">Certificate, chain and key in one file.</param>
    public abstract DovecotText ServerNames(ValueList<string> names, HostPath certificate);

    /// <summary>All parts, in no order.</summary>
    public abstract IEnumerable<ConfigurationPart> Parts(DomainName host);

    /// <summary>The field of a users line that limits the mailbox.</summary>
    public abstract string QuotaField(ByteSize limit);

    /// <summary>The field of a users line that makes the script paths those of a unix user: <c>~/.sieve</c> rather than <c>~/sieve</c> (MAIL-173).</summary>
    public abstract string DottedSieveField { get; }

    /// <summary>True when hashes of the kinds DES and MD5 are refused (MAIL-62).</summary>
    public abstract bool RefusesWeakHashes { get; }

    /// <summary>Characters of login names: those of <see cref="LocalPart"/> and <see cref="DomainName"/>, the <c>@</c>, and letters of both cases, which are folded.</summary>
    protected static string LoginCharacters { get; } = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@" + LocalPart.SpecialCharacters;

    /// <summary>MAIL-51, the same words in both languages.</summary>
    protected static ConfigurationPart Folders { get; } = Part("20-mailboxes/20-auto-create-subfolders", DovecotText.Verbatim("""
        namespace inbox {
          inbox = yes
          separator = .
          mailbox Drafts {
            auto = subscribe
            special_use = \Drafts
          }
          mailbox Sent {
            auto = subscribe
            special_use = \Sent
          }
          mailbox Spam {
            auto = create
            special_use = \Junk
          }
          mailbox Trash {
            auto = subscribe
            special_use = \Trash
          }
        }
        """));

    /// <summary>Sockets for Exim, and room for the tables of very many domains: Dovecot keeps each one it was asked about open and in memory (about 15 kB).</summary>
    protected static ConfigurationPart Services { get; } = Part("30-authentication/90-service-auth", DovecotText.Of($$"""
        service auth {
          vsz_limit = 1G
          unix_listener auth-client {
            mode = 0660
            group = {{EximUser}}
          }
        }
        service lmtp {
          unix_listener lmtp {
            mode = 0660
            group = {{EximUser}}
          }
        }

        # MAIL-54: Exim asks before it takes mail.
        service quota-status {
          executable = quota-status -p postfix
          client_limit = 1
          unix_listener quota-status {
            mode = 0660
            group = {{EximUser}}
          }
        }

        # Processes that serve a mailbox run as its owner.
        service quota-warning {
          executable = script {{DovecotText.Word(MailPaths.QuotaWarning.Value)}}
          user = nobody
          unix_listener quota-warning {
            mode = 0666
          }
        }
        """));

    /// <summary>
    /// Databases of further passwords, asked before that of the mailbox's own password: so the last word, and the line in the log that says a login failed, is still that of the latter. All
    /// read the one table of the domain, each under names of its own.
    /// </summary>
    protected static DovecotText AppPasswordDatabases(Func<DovecotText, DovecotText, DovecotText> database) => DovecotText.Verbatim(string.Join('\n', Enumerable
        .Range(1, AppPassword.MostPerMailbox)
        .Select(place => database(DovecotText.Word(AppPassword.DatabaseName(place)), DovecotText.Word(place.ToString(CultureInfo.InvariantCulture))).Value.TrimEnd('\n'))
        .Prepend("# mailboxes/NAME/passwords.d")) + "\n");

    /// <summary>What domains with a certificate of their own add.</summary>
    protected static ConfigurationPart CertificatesOfDomains { get; } = Part("10-main/60-server-names", DovecotText.Of($$"""
        !include_try {{DovecotText.Word(MailPaths.DovecotServerNames.Value)}}/*.conf
        """));

    /// <summary>Joins a position and its text.</summary>
    protected static ConfigurationPart Part(string path, DovecotText text) => new(path, text.Value);
}
