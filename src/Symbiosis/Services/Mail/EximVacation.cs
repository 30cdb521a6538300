using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;

namespace Symbiosis.Services.Mail;

/// <summary>Replies of people who are away (MAIL-40 to MAIL-45): who gets one, and what it looks like. RFC 3834 is the standard for such answers.</summary>
internal static class EximVacation
{
    private static readonly string[] _listHeaders = ["id", "help", "post", "subscribe", "unsubscribe", "owner", "archive"];

    /// <summary>For the option <c>senders</c>: everybody but machines, and the mailbox itself.</summary>
    public static EximText Senders { get; } = EximText.Of(
        $"<; ! {Regex("^(?i)(?:server|daemon|root|listserv|majordomo|mailer-daemon|postmaster|(?:do-?not-?|no-?)reply|.*-request|.*-bounces|owner-.*)(?:\\+.*)?@")} ; ! ${{quote_local_part:$local_part}}@$domain");

    /// <summary>True for mail that a person wrote to this address (MAIL-41).</summary>
    public static EximText WantsReply { get; } = And(
    [
        Defined("sender_address"),
        .. _listHeaders.Select(name => Not(Defined($"h_list-{name}:"))),
        Not(Matches(Raw("$h_precedence:"), Regex(@"^(?i)\s*(?:bulk|list|junk)\s*$"))),
        Or(Not(Defined("h_auto-submitted:")), Matches(Raw("$h_auto-submitted:"), Regex(@"^(?i)\s*no\s*(?:;|$)"))),
        Not(Matches(Raw("$h_x-spam-status:"), Regex(@"^(?i)\s*spam"))),
        IsAddressed,
    ]);

    /// <summary>
    /// The reply. Date and Message-ID are ours because Exim completes no mail without a sender (acl_not_smtp_start), which keeps the unix account out of it (MAIL-45). The subject is taken as
    /// it was encoded, on one line.
    /// </summary>
    public static EximText Reply { get; } = Raw(
        """
          once_repeat = 1d
          mode = 0600
          from = ${quote_local_part:$local_part}@$domain
          reply_to = ${quote_local_part:$local_part}@$domain
          to = $sender_address
          subject = AutoReply Re: ${length_900:${sg{${sg{$rh_subject:}{\N\s+\N}{ }}}{\N^ | $\N}{}}}
          headers = Date: $tod_full\n\
            Message-ID: <vacation.$message_exim_id.$tod_epoch@$primary_hostname>\n\
            Precedence: junk\n\
            MIME-Version: 1.0\n\
            Content-Type: text/plain; charset=utf-8\n\
            Content-Transfer-Encoding: 8bit
        """);

    // To or Cc names the mailbox, or the alias that led here; what follows a "+" is its owner's business.
    private static EximText IsAddressed
    {
        get
        {
            var item = WithoutSuffix(Raw("$item"));
            return EximText.Of($"forany{{${{addresses:$h_to:,$h_cc:}}}}{{{Or(
                EqualText(item, Raw("$local_part@$domain")),
                EqualText(item, WithoutSuffix(Raw("$original_local_part@$original_domain"))))}}}");
        }
    }

    private static EximText WithoutSuffix(EximText address) => Substitute(address, Regex(@"\+[^@]*@"), Raw("@"));
}
