using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;
using static Symbiosis.Services.Mail.EximTree;

namespace Symbiosis.Services.Mail;

/// <summary>How mail is delivered: Exim's transports.</summary>
internal static class EximTransports
{
    private static readonly EximText DeliveryHeaders = Raw(
        """
          delivery_date_add
          envelope_to_add
        """);

    public static IEnumerable<ConfigurationPart> Parts() =>
    [
        Part("30-transports/00-header", Raw("begin transports")),
        Part("30-transports/10-remote-smtp", EximText.Of($$"""
            # MAIL-113: lines longer than RFC 5322 allows are sent on rather than bounced.
            symbiosis_remote_smtp:
              driver = smtp
            {{RemoteOptions}}

            # SRS: a bounce comes back to the domain that forwarded (router symbiosis_srs).
            symbiosis_forwarded_smtp:
              driver = smtp
            {{RemoteOptions}}
              max_rcpt = 1
              return_path = {{SrsEncode}}
            """)),
        Part("30-transports/20-lmtp", EximText.Of($$"""
            # One copy for each recipient, with its suffix (MAIL-48, MAIL-50). User, group and directories for the sake of unix users, whose homes only they may enter.
            symbiosis_lmtp:
              driver = lmtp
              socket = /run/dovecot/lmtp
              rcpt_include_affixes
              user = Debian-exim
              group = Debian-exim
              home_directory = /
              current_directory = /
            {{DeliveryHeaders}}
            """)),
        Part("30-transports/25-maildir", EximText.Of($$"""
            symbiosis_maildir:
              driver = appendfile
              directory = {{Mailbox}}/Maildir
              maildir_format
              user = {{MailboxUser}}
              group = {{MailboxGroup}}
              mode = 0600
              directory_mode = 0700
              return_path_add
            {{DeliveryHeaders}}

            symbiosis_home_maildir:
              driver = appendfile
              directory = $home/Maildir
              maildir_format
              mode = 0600
              directory_mode = 0700
              return_path_add
            {{DeliveryHeaders}}
            """)),
        Part("30-transports/30-address-directory", EximText.Of($$"""
            symbiosis_address_file:
              driver = appendfile
              return_path_add
            {{DeliveryHeaders}}

            symbiosis_address_directory:
              driver = appendfile
              maildir_format
              mode = 0600
              directory_mode = 0700
              return_path_add
            {{DeliveryHeaders}}
            """)),
        Part("30-transports/40-address-pipe", Raw("""
            symbiosis_address_pipe:
              driver = pipe
              return_fail_output

            symbiosis_address_reply:
              driver = autoreply
            """)),
        Part("30-transports/45-vacation", EximText.Of($$"""
            symbiosis_vacation:
              driver = autoreply
              user = {{MailboxUser}}
              group = {{MailboxGroup}}
              home_directory = {{Mailbox}}
              current_directory = {{Mailbox}}
              file = {{Mailbox}}/vacation
              log = {{Mailbox}}/vacation.log
              once = {{Mailbox}}/vacation.db
            {{EximVacation.Reply}}

            symbiosis_user_vacation:
              driver = autoreply
              file = $home/.vacation
              log = $home/.vacation.log
              once = $home/.vacation.db
            {{EximVacation.Reply}}
            """)),
        Part("30-transports/50-mail-for-root", EximText.Of($$"""
            symbiosis_root_mailbox:
              driver = appendfile
              file = /var/mail/mail
              user = mail
              group = mail
              mode = 0660
              mode_fail_narrower = false
              return_path_add
            {{DeliveryHeaders}}
            """)),
    ];

    // MAIL-110 and MAIL-120 to MAIL-122. The default list of headers lacks the one that RFC 8058 wants signed.
    private static EximText RemoteOptions => EximText.Of($$"""
          message_linelength_limit = 1G
          interface = <; {{PolicyOf(MailPolicy.SourceKey, Raw("$sender_address_domain"))}}
          dkim_domain = {{EximDkim.Signer}}
          dkim_selector = {{PolicyOf(MailPolicy.DkimKeyword, Raw("$dkim_domain"))}}
          dkim_private_key = {{If(Defined("dkim_domain"), EximDkim.KeyFile, Raw("0"))}}
          dkim_canon = relaxed
          dkim_sign_headers = _DKIM_SIGN_HEADERS : =List-Unsubscribe-Post
        """);

    private static EximText SrsEncode => EximText.Of($"${{srs_encode{{{ReadLine(SrsSecretFile)}}}{{$return_path}}{{$original_domain}}}}");

    private static ConfigurationPart Part(string path, EximText text) => new(path, text.Value);
}
