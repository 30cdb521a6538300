using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;
using static Symbiosis.Services.Mail.EximTree;

namespace Symbiosis.Services.Mail;

/// <summary>Whom Exim lets do what: its access control lists, with the tests, the order and the texts of mail.md (MAIL-70 to MAIL-103) and enhanced status codes (MAIL-75, RFC 3463).</summary>
internal static class EximAccessControl
{
    private static readonly EximText ListingText = Raw("${lookup dnsdb{defer_never,txt=${reverse_ip:$sender_host_address}.$acl_m_symbiosis_listed}}");

    private static readonly EximText LimitNumber = Raw("${extract{1}{/}{$acl_m_symbiosis_limit}}");

    private static readonly EximText LimitPeriod = Raw("${extract{2}{/}{$acl_m_symbiosis_limit}}");

    private static readonly EximText RunLimitNotice = EximText.Of($"${{run{{{MailPaths.LimitNotice} $acl_m_symbiosis_over {LimitNumber} {LimitPeriod}}}}}");

    // MAIL-102: one notice a day for each sender.
    private static readonly EximText LimitNotice = EximText.Of($$"""
          warn   condition = ${if def:acl_m_symbiosis_over}
                 ! ratelimit = 1.5 / 1d / strict / notice-$acl_m_symbiosis_over
                 set acl_m_symbiosis_notice = {{RunLimitNotice}}
        """);

    private static readonly EximText FullMailbox = Raw("452 4.2.2 Mailbox is full");

    public static IEnumerable<ConfigurationPart> Parts() =>
    [
        Part("10-acl/000-header", Raw("begin acl")),
        Part("10-acl/10-acl-check-connect/00-header", Raw("acl_check_connect:")),
        Part("10-acl/10-acl-check-connect/90-default", Raw("  accept")),
        Part("10-acl/20-acl-check-helo/00-header", Raw("acl_check_helo:")),
        Part("10-acl/20-acl-check-helo/90-default", Raw("  accept")),
        Part("10-acl/30-acl-check-auth/00-header", Raw("acl_check_auth:")),
        Part("10-acl/30-acl-check-auth/10-accept-relay-hosts", Raw("  accept hosts = +symbiosis_relay_hosts")),
        Part("10-acl/30-acl-check-auth/20-accept-encrypted-authentication", Raw("  accept encrypted = *")),
        Part("10-acl/30-acl-check-auth/90-default", Raw("  deny   message = 550 5.7.1 SSL or TLS encryption required when authenticating.")),
        Part("10-acl/40-acl-check-mail/00-header", Raw("acl_check_mail:")),
        Part("10-acl/40-acl-check-mail/90-default", Raw("  accept")),
        Part("10-acl/50-acl-check-rcpt/00-header", Raw("acl_check_rcpt:")),
        Part("10-acl/50-acl-check-rcpt/10-accept-local", Raw("""
              # Not over TCP.
              accept hosts = :
            """)),
        Part("10-acl/50-acl-check-rcpt/20-deny-unusual-characters", Raw("""
              # MAIL-3
              deny   message = 550 5.1.3 Restricted characters in address
                     domains = +symbiosis_local_domains
                     local_parts = \N^\.|[@%!/|]\N
              deny   message = 550 5.1.3 Restricted characters in address
                     domains = ! +symbiosis_local_domains
                     local_parts = \N^[./|]|[@%!]|/\.\./\N
            """)),
        Part("10-acl/50-acl-check-rcpt/25-find-policy", EximText.Of($$"""
              warn   set {{Raw(PolicyVariable)}} = {{PolicyTable(Raw("$domain"))}}
            """)),
        Part("10-acl/50-acl-check-rcpt/30-accept-postmaster", Raw("""
              # MAIL-7; who submits logs in, whoever the mail is for (MAIL-71).
              accept local_parts = postmaster
                     domains = +symbiosis_local_domains
                     condition = ${if ={$received_port}{25}}
            """)),
        Part("10-acl/50-acl-check-rcpt/35-defer-full-mailboxes-for-submission", EximText.Of($$"""
              # MAIL-54: who submits is told as well, before the mail is taken.
              defer  message = {{FullMailbox}}
                     authenticated = *
                     condition = {{IsMailboxFull}}
              defer  message = {{FullMailbox}}
                     hosts = +symbiosis_relay_hosts
                     condition = {{IsMailboxFull}}
            """)),
        Part("10-acl/50-acl-check-rcpt/40-accept-authenticated-relay", Raw("""
              # MAIL-72: the login is a whole address, so no domain is added to it in a Sender header.
              accept authenticated = *
                     set acl_m_symbiosis_submission = yes
                     control = submission/domain=
              accept hosts = +symbiosis_relay_hosts
                     set acl_m_symbiosis_submission = yes
                     control = submission/sender_retain
            """)),
        Part("10-acl/50-acl-check-rcpt/45-deny-unauthenticated-submission", Raw("""
              # MAIL-71
              deny   message = 550 5.7.1 Only authenticated connections are allowed on ports other than 25 ($received_port).
                     condition = ${if !={$received_port}{25}}
            """)),
        Part("10-acl/50-acl-check-rcpt/48-defer-when-the-tree-cannot-be-read", EximText.Of($$"""
              # Something of that name is in the tree, or the tree is not there at all: nobody knows whether the domain is ours (MAIL-164).
              defer  message = 451 4.3.0 It cannot be told now whether this domain is hosted here.
                     domains = ! +symbiosis_local_domains
                     condition = {{IsDomainUnreadable()}}
            """)),
        Part("10-acl/50-acl-check-rcpt/49-deny-relaying-to-non-local-domains", Raw("""
              deny   message = 550 5.7.1 Relaying not permitted
                     domains = ! +symbiosis_local_domains
            """)),
        Part("10-acl/50-acl-check-rcpt/50-verify-recipient", Raw("""
              # MAIL-2
              deny   message = 550 5.1.1 Unknown user
                     ! verify = recipient
            """)),
        Part("10-acl/50-acl-check-rcpt/55-defer-full-mailboxes", EximText.Of($$"""
              # MAIL-54
              defer  message = {{FullMailbox}}
                     condition = {{IsMailboxFull}}
            """)),
        Part("10-acl/50-acl-check-rcpt/60-accept-whitelisted", EximText.Of($$"""
              # MAIL-93
              accept hosts = {{ListOf("whitelist", AccessSubject.Ip)}}
              accept ! hosts = +symbiosis_private_hosts
                     condition = {{IsNamedIn("whitelist")}}
              accept senders = {{ListOf("whitelist", AccessSubject.Sender)}}
            """)),
        Part("10-acl/50-acl-check-rcpt/70-deny-blacklisted", EximText.Of($$"""
              deny   message = 550 5.7.1 The IP or hostname used when connecting is locally blacklisted.
                     hosts = {{ListOf("blacklist", AccessSubject.Ip)}}
              deny   message = 550 5.7.1 The IP or hostname used when connecting is locally blacklisted.
                     ! hosts = +symbiosis_private_hosts
                     condition = {{IsNamedIn("blacklist")}}
              deny   message = 550 5.7.1 Your email address or domain is locally blacklisted.
                     senders = {{ListOf("blacklist", AccessSubject.Sender)}}
            """)),
        Part("10-acl/50-acl-check-rcpt/80-deny-in-dns-block-lists", EximText.Of($$"""
              # MAIL-90. 127.0.0.2 to 127.0.0.254 mean listed; other answers are errors, as are time-outs, and nobody is refused for them.
              deny   message = 550 5.7.1 IP is blacklisted at $acl_m_symbiosis_listed.\nPlease see {{ListingText}}
                     ! hosts = +symbiosis_private_hosts
                     condition = {{Test(Defined(PolicyVariable))}}
                     set acl_m_symbiosis_listed = {{ListingZone}}
                     condition = ${if def:acl_m_symbiosis_listed}
            """)),
        Part("10-acl/50-acl-check-rcpt/90-default", Raw("  accept")),
        Part("10-acl/60-acl-check-data/00-header", Raw("acl_check_data:")),
        Part("10-acl/60-acl-check-data/02-refuse-loops", Raw("""
              # Refused while the sender waits, rather than sent back later to whom it may not have come from. Exim itself stops at the same number of hops.
              deny   message = 550 5.4.6 Too many hops, this looks like a loop
                     condition = ${if >{$received_count}{30}}
            """)),
        Part("10-acl/60-acl-check-data/04-remove-forged-verdicts", Raw("""
              # MAIL-83: only this host says what a scanner found.
              warn   remove_header = X-Spam-Score : X-Spam-Bar : X-Spam-Status : X-Spam-Report : X-Spam-Checker-Version : X-Spam-Level : X-Spam-Flag : X-Anti-Virus
            """)),
        Part("10-acl/60-acl-check-data/10-limit-senders", EximText.Of($$"""
              # MAIL-100 to MAIL-102: recipients, not messages, and refused ones count too. Half a message more, because for Exim who is at the limit is over it.
              warn   authenticated = *
                     set {{Raw(PolicyVariable)}} = {{PolicyTable(Raw("${domain:$authenticated_id}"))}}
                     set acl_m_symbiosis_limit = {{Policy(MailPolicy.RateLimitKey, Raw("${local_part:$authenticated_id}"), Raw("${domain:$authenticated_id}"))}}
              warn   authenticated = *
                     condition = ${if def:acl_m_symbiosis_limit}
                     ratelimit = {{LimitNumber}}.5 / {{LimitPeriod}} / strict / per_rcpt / $authenticated_id
                     set acl_m_symbiosis_over = $authenticated_id
            {{LimitNotice}}
              deny   message = 550 5.7.1 Sender rate for $acl_m_symbiosis_over exceeds {{LimitNumber}} messages per {{LimitPeriod}}
                     condition = ${if def:acl_m_symbiosis_over}
            """)),
        Part("10-acl/60-acl-check-data/90-default", Raw("  accept")),
        Part("10-acl/70-acl-check-not-smtp-start/00-header", Raw("acl_check_not_smtp_start:")),
        Part("10-acl/70-acl-check-not-smtp-start/10-replies", Raw("""
              # MAIL-45: no Sender header with the unix account in replies of people who are away.
              accept condition = ${if !def:sender_address}
                     control = suppress_local_fixups
            """)),
        Part("10-acl/70-acl-check-not-smtp-start/90-default", Raw("  accept")),
        Part("10-acl/80-acl-check-not-smtp/00-header", Raw("acl_check_not_smtp:")),
        Part("10-acl/80-acl-check-not-smtp/10-limit-programs", EximText.Of($$"""
              # MAIL-103: what programs send as people and as the web server. Replies and the mail of system accounts are not counted.
              warn   condition = {{Test(And(Defined("sender_address"), Or(Compare(Raw("$originator_uid"), "=", Raw("33")), Compare(Raw("$originator_uid"), ">=", Raw("1000")))))}}
                     set acl_m_symbiosis_limit = {{If(Exists(EximText.Of($"{MailPaths.HostPolicy}")), Lookup(Raw(MailPolicy.LocalRateLimitKey), "lsearch", EximText.Of($"{MailPaths.HostPolicy}")))}}
              warn   condition = ${if def:acl_m_symbiosis_limit}
                     ratelimit = {{LimitNumber}}.5 / {{LimitPeriod}} / strict / per_rcpt / uid-$originator_uid
                     set acl_m_symbiosis_over = $sender_ident
            {{LimitNotice}}
              deny   message = 550 5.7.1 Sender rate for $acl_m_symbiosis_over exceeds {{LimitNumber}} messages per {{LimitPeriod}}
                     condition = ${if def:acl_m_symbiosis_over}
            """)),
        Part("10-acl/80-acl-check-not-smtp/90-default", Raw("  accept")),
    ];

    private static EximText IsDomainUnreadable() =>
        If(
            Exists(Within(MailPaths.Tree)),
            Lookup(
                Raw("$domain"),
                "dsearch",
                EximText.Of($"{MailPaths.Tree}"),
                If(Exists(EximText.Of($"{MailPaths.Tree}/{Raw("$value")}/.")), Raw("no"), Raw("yes")),
                Raw("no")),
            Raw("yes"));

    // Dovecot is asked only about mailboxes that have a quota; anything but its refusal lets the mail in.
    private static EximText IsMailboxFull
    {
        get
        {
            var localPart = Substitute(Raw("$local_part"), Regex(@"\+.*"), EximText.Empty);
            var answer = EximText.Of($"${{readsocket{{{MailPaths.QuotaSocket}}}{{request=smtpd_access_policy\\nrecipient={localPart}@$domain\\nsize=${{if >{{$message_size}}{{0}}{{$message_size}}{{0}}}}\\n\\n}}{{3s}}{{|}}{{}}}}");
            return Test(And(
                Equal(Policy(MailPolicy.QuotaKey, localPart, Raw("$domain")), Raw("yes")),
                Exists(EximText.Of($"{MailPaths.QuotaSocket}")),
                Matches(answer, Regex("^action=452"))));
        }
    }

    // The first of the domain's lists that the client is in.
    private static EximText ListingZone
    {
        get
        {
            var answers = Raw("<; ${lookup dnsdb{>; defer_never,a=${reverse_ip:$sender_host_address}.$item}}");
            var isListing = Matches(Raw("$item"), Regex(@"^127\.0\.0\.(?!0$|1$|255$)[0-9]+$"));
            var zones = EximText.Of($"<; ${{lookup{{{Raw(MailPolicy.BlockListsKey)}}}lsearch{{${Raw(PolicyVariable)}}}}}");
            return EximText.Of($"${{listextract{{1}}{{<; ${{filter{{{zones}}}{{forany{{{answers}}}{{{isListing}}}}}}}}}}}");
        }
    }

    private static EximText ListOf(string list, AccessSubject subject)
    {
        var table = TableOf(list, subject);
        return If(Exists(table), table);
    }

    // MAIL-92: the name that the client's address has, if that name has the address too; Exim looks it up when it is asked for.
    private static EximText IsNamedIn(string list)
    {
        var table = TableOf(list, AccessSubject.HostName);
        return Test(And(Exists(table), Defined("sender_host_name"), EximText.Of($"match_domain{{$sender_host_name}}{{{table}}}")));
    }

    private static EximText TableOf(string list, AccessSubject subject) =>
        EximText.Of($"{MailPaths.AccessLists.Single(file => file.Subject == subject && file.Source.Value.Contains($"/{list}/", StringComparison.Ordinal)).Table}");

    private static ConfigurationPart Part(string path, EximText text) => new(path, text.Value);
}
