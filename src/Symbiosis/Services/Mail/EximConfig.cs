using Symbiosis.Model;
using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;

namespace Symbiosis.Services.Mail;

/// <summary>
/// Exim's configuration, one text for 4.96 (Debian 12) and 4.98 (Debian 13). Domains and mailboxes are looked up in the tree for each message (MAIL-163), so nothing here names a domain
/// but the host itself. Part names are those of the original's snippets where there was one.
/// </summary>
/// <remarks>
/// A text from outside may not name a file (MAIL-160): <c>$domain_data</c> and <c>$local_part_data</c> are what <c>dsearch</c> found in the directory. Checks at RCPT time run as
/// <c>Debian-exim</c>, routing for delivery as root: what the former may not see is answered 451, never 550 (MAIL-164).
/// </remarks>
internal static class EximConfig
{
    // CORE-2, as in DomainName. Exim has lower-cased the domain already.
    private const string DomainNamePattern =
        @"^(?!.{254})(?![0-9.]+$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$";

    // Groups of numbers that never own a domain (CORE-3): system accounts, nobody, and those systemd gives to services for a while.
    private static readonly EximText IsSystemId = Or(
        Compare(Raw("$value"), "<", EximText.Of($"{Owner.FirstPerson}")),
        Compare(Raw("$value"), "=", EximText.Of($"{Owner.Nobody}")),
        And(Compare(Raw("$value"), ">=", EximText.Of($"{Owner.FirstDynamic}")), Compare(Raw("$value"), "<=", EximText.Of($"{Owner.LastDynamic}"))));

    private static readonly EximText DomainDirectory = EximText.Of($"{MailPaths.Tree}/{Raw("$domain_data")}");
    private static readonly EximText Mailboxes = EximText.Of($"{DomainDirectory}/mailboxes");
    private static readonly EximText Mailbox = EximText.Of($"{Mailboxes}/{Raw("$local_part_data")}");
    private static readonly EximText Config = EximText.Of($"{DomainDirectory}/config");

    // A tenant may make mailboxes/ a link, but not to somebody else's directory: it must be a directory of its own, or belong to the domain's user (CORE-14). "X/.." is what holds X.
    private static readonly EximText HasMailboxes = And(
        Exists(EximText.Of($"{Mailboxes}/..")),
        Or(Equal(IdentityOf(EximText.Of($"{Mailboxes}/..")), IdentityOf(DomainDirectory)), Equal(Extract("uid", Stat(Mailboxes)), Extract("uid", Stat(DomainDirectory)))));

    // MAIL-161: filter=subdir leaves out links and files; a missing directory would stop Exim, and a key with "/" defers.
    private static readonly EximText MailboxNames =
        If(HasMailboxes, EximText.Of($"! {Regex(@"^\.|[@%!/|]")} : {Raw("dsearch,filter=subdir;")}{Mailboxes}"));

    private static readonly EximText IsMailboxServed = IsOwnedByPerson(Mailbox);
    private static readonly EximText MailboxUser = Extract("uid", Stat(Mailbox));
    private static readonly EximText MailboxGroup = Extract("gid", Stat(Mailbox));

    private static readonly EximText Suffix = Raw(
        """
          local_part_suffix = +*
          local_part_suffix_optional
        """);

    private static readonly EximText RedirectTransports = Raw(
        """
          file_transport = symbiosis_address_file
          directory_transport = symbiosis_address_directory
          pipe_transport = symbiosis_address_pipe
          reply_transport = symbiosis_address_reply
          forbid_include
        """);

    // MAIL-25: what a filter of a tenant may not do. It runs as its owner anyway.
    private static readonly EximText FilterRules = Raw(
        """
          allow_filter
          forbid_filter_dlfunc
          forbid_filter_logwrite
          forbid_filter_lookup
          forbid_filter_perl
          forbid_filter_readfile
          forbid_filter_readsocket
          forbid_filter_run
          forbid_sieve_filter
        """);

    private static readonly EximText DeliveryHeaders = Raw(
        """
          delivery_date_add
          envelope_to_add
        """);

    /// <summary>All parts, in no order.</summary>
    public static IEnumerable<ConfigurationPart> Parts(DomainName host) =>
        [.. Main(host), .. AccessControl(), .. Routers(host), .. Transports(), .. Others(host)];

    private static IEnumerable<ConfigurationPart> Main(DomainName host) =>
    [
        Part("00-header", EximText.Of($"primary_hostname = {host}")),
        Part("00-main/10-domains", EximText.Of($$"""
            # The host's own name.
            domainlist symbiosis_host = @ : localhost

            # Other names of a domain: links in the tree, as last applied (MAIL-9).
            domainlist symbiosis_alias_domains = {{If(Exists(Within(MailPaths.AliasDomains)), EximText.Of($"{Raw("dsearch;")}{MailPaths.AliasDomains}"))}}

            # Directories in the tree that are domains and belong to a person (CORE-1 to CORE-3, MAIL-1).
            domainlist symbiosis_domains = {{ServedDomains()}}

            domainlist symbiosis_local_domains = +symbiosis_host : +symbiosis_alias_domains : +symbiosis_domains
            """)),
        Part("00-main/20-host-lists", EximText.Of($$"""
            # Clients that need no login (MAIL-72).
            hostlist symbiosis_relay_hosts = <; 127.0.0.1 ; ::1 ; @[] ; {{If(Exists(EximText.Literal(MailPaths.RelayHosts.Value)), EximText.Literal(MailPaths.RelayHosts.Value))}}

            # Where mail for the world never goes (MAIL-111; RFC 6890 without the networks for documentation).
            hostlist symbiosis_private_hosts = <; 0.0.0.0/8 ; 10.0.0.0/8 ; 100.64.0.0/10 ; 127.0.0.0/8 ; 169.254.0.0/16 ; 172.16.0.0/12 ; 192.168.0.0/16 ; 224.0.0.0/3 ; \
                ::/127 ; ::ffff:0:0/96 ; fc00::/7 ; fe80::/10 ; ff00::/8
            """)),
        Part("00-main/30-ports", Raw("""
            daemon_smtp_ports = 25 : 465 : 587
            tls_on_connect_ports = 465
            """)),
        Part("00-main/40-acls", Raw("""
            acl_smtp_connect = acl_check_connect
            acl_smtp_helo = acl_check_helo
            acl_smtp_auth = acl_check_auth
            acl_smtp_mail = acl_check_mail
            acl_smtp_rcpt = acl_check_rcpt
            acl_smtp_data = acl_check_data
            """)),
        Part("00-main/50-tls-options", EximText.Of($$"""
            # Read for each connection, so a new certificate needs no reload (MAIL-130).
            tls_advertise_hosts = *
            tls_certificate = {{MailPaths.Certificate(host)}}
            tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2
            """)),
        Part("00-main/60-general-options", Raw("""
            # MAIL-150
            message_size_limit = 50M
            never_users = root
            trusted_users = www-data
            queue_list_requires_admin = false
            keep_environment =

            # MAIL-112
            ignore_bounce_errors_after = 2d
            timeout_frozen_after = 7d
            """)),
        Part("00-main/70-smtp-banner", Raw("smtp_banner = $smtp_active_hostname ESMTP")),
        Part("00-main/80-resource-control", Raw("""
            smtp_accept_max = 100
            smtp_accept_max_per_host = 10
            smtp_accept_reserve = 10
            smtp_reserve_hosts = +symbiosis_relay_hosts
            """)),
        Part("00-main/90-accept-junk-hosts", Raw("""
            helo_allow_chars = _
            helo_accept_junk_hosts = ${if !={$received_port}{25}{*}}
            host_lookup = ! +symbiosis_relay_hosts : ! +symbiosis_private_hosts : *
            rfc1413_query_timeout = 0s

            # Mailbox names are ASCII, and Dovecot's LMTP does not take such mail.
            smtputf8_advertise_hosts =
            """)),
    ];

    // The tests of mail.md, "SMTP access control, in order", with its texts and enhanced status codes (MAIL-75, RFC 3463).
    private static IEnumerable<ConfigurationPart> AccessControl() =>
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
        Part("10-acl/50-acl-check-rcpt/30-accept-postmaster", Raw("""
              # MAIL-7; who submits logs in, whoever the mail is for (MAIL-71).
              accept local_parts = postmaster
                     domains = +symbiosis_local_domains
                     condition = ${if ={$received_port}{25}}
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
        Part("10-acl/50-acl-check-rcpt/90-default", Raw("  accept")),
        Part("10-acl/60-acl-check-data/00-header", Raw("acl_check_data:")),
        Part("10-acl/60-acl-check-data/90-default", Raw("  accept")),
    ];

    // The order of MAIL-6. A router with verify_only answers RCPT; its partners with no_verify deliver.
    private static IEnumerable<ConfigurationPart> Routers(DomainName host) =>
    [
        Part("20-routers/00-header", Raw("begin routers")),
        Part("20-routers/10-dnslookup", Raw("""
            symbiosis_remote:
              driver = dnslookup
              domains = ! +symbiosis_local_domains
              ignore_target_hosts = +symbiosis_private_hosts
              same_domain_copy_routing
              transport = symbiosis_remote_smtp
              no_more
            """)),
        Part("20-routers/15-alias-domains", EximText.Of($$"""
            # MAIL-9; the suffix is kept because this router has none of its own.
            symbiosis_alias_domain:
              driver = redirect
              domains = +symbiosis_alias_domains
              data = ${quote_local_part:$local_part}@{{ReadLine(EximText.Of($"{MailPaths.AliasDomains}/{Raw("$domain_data")}"))}}
              forbid_blackhole
              forbid_file
              forbid_include
              forbid_pipe
            """)),
        Part("20-routers/18-vhost-unreadable", EximText.Of($$"""
            # MAIL-164: a directory that Debian-exim may not look into is no reason to refuse mail.
            symbiosis_unreadable:
              driver = redirect
              verify_only
              domains = +symbiosis_domains
              condition = {{Test(Or(
                  Not(Exists(Within(DomainDirectory))),
                  IsUnreadableDirectory(Mailboxes)))}}
              allow_defer
              data = :defer: 4.3.0 This domain cannot be looked into now.
            """)),
        Part("20-routers/21-vhost-no-local-mail", EximText.Of($$"""
            # MAIL-6, 2: the domain's mail is elsewhere. Not for what strangers send, but postmaster (MAIL-7).
            symbiosis_elsewhere:
              driver = dnslookup
              no_verify
              domains = +symbiosis_domains
              condition = {{Test(And(
                  Not(Exists(Mailboxes)),
                  Not(Exists(EximText.Of($"{Config}/default_forward"))),
                  Not(Exists(EximText.Of($"{Config}/aliases"))),
                  Or(Not(EqualText(Raw("$local_part"), Raw("postmaster"))), Not(Defined("sender_host_address")), Defined("acl_m_symbiosis_submission"))))}}
              mx_domains = *
              ignore_target_hosts = +symbiosis_private_hosts
              self = pass
              transport = symbiosis_remote_smtp
            """)),
        Part("20-routers/22-vhost-forward", EximText.Of($$"""
            # MAIL-20 to MAIL-25. Exim reads the file with the rights of its owner.
            symbiosis_forward:
              driver = redirect
              no_verify
              domains = +symbiosis_domains
            {{Suffix}}
              local_parts = {{MailboxNames}}
              condition = {{Test(And(Exists(EximText.Of($"{Mailbox}/forward")), IsMailboxServed))}}
              user = {{MailboxUser}}
              group = {{MailboxGroup}}
              file = {{Mailbox}}/forward
              router_home_directory = {{Mailbox}}
              transport_home_directory = {{Mailbox}}
              modemask = 002
              check_ancestor
              qualify_preserve_domain
              skip_syntax_errors
            {{FilterRules}}
            {{RedirectTransports}}
            """)),
        Part("20-routers/24-vhost-mailbox", EximText.Of($$"""
            # MAIL-6, 6
            symbiosis_mailbox_exists:
              driver = accept
              verify_only
              domains = +symbiosis_domains
            {{Suffix}}
              local_parts = {{MailboxNames}}
              condition = {{Test(IsMailboxServed)}}

            # A directory that root made: wait until somebody gives it to the domain's owner.
            symbiosis_mailbox_of_system_account:
              driver = redirect
              domains = +symbiosis_domains
            {{Suffix}}
              local_parts = {{MailboxNames}}
              condition = {{Test(Not(IsMailboxServed))}}
              allow_defer
              data = :defer: 4.3.0 This mailbox belongs to a system account.

            # Dovecot knows the mailbox. It looks at its tables once in a second, so the very first message is left to the next router, unless a script or a quota wants to see it.
            symbiosis_mailbox:
              driver = accept
              no_verify
              domains = +symbiosis_domains
            {{Suffix}}
              local_parts = {{MailboxNames}}
              condition = {{Test(And(
                  IsInUserTable(Raw("$domain_data")),
                  Or(Exists(EximText.Of($"{Mailbox}/Maildir")), Exists(EximText.Of($"{Mailbox}/sieve")), Exists(EximText.Of($"{Mailbox}/quota")))))}}
              transport = symbiosis_lmtp

            # A mailbox that is not in Dovecot's table yet, or whose name Dovecot cannot know: nothing is refused, it is stored right away.
            symbiosis_mailbox_direct:
              driver = accept
              no_verify
              domains = +symbiosis_domains
            {{Suffix}}
              local_parts = {{MailboxNames}}
              transport = symbiosis_maildir
            """)),
        Part("20-routers/25-vhost-aliases", EximText.Of($$"""
            # MAIL-30, from a copy of config/aliases that was read with the tenant's rights; Exim itself would read it as root.
            symbiosis_aliases_refused:
              driver = redirect
              verify_only
              domains = +symbiosis_domains
            {{Suffix}}
              data = {{If(Matches(Alias(), Regex("^:(?:fail|defer):")), Alias())}}
              allow_fail
              allow_defer
              forbid_file
              forbid_include
              forbid_pipe

            symbiosis_aliases_exist:
              driver = accept
              verify_only
              domains = +symbiosis_domains
            {{Suffix}}
              condition = {{If(Equal(Alias(), EximText.Empty), Raw("no"), Raw("yes"))}}

            symbiosis_aliases:
              driver = redirect
              no_verify
              domains = +symbiosis_domains
            {{Suffix}}
              data = {{Alias()}}
              user = {{Extract("uid", Stat(DomainDirectory))}}
              group = {{Extract("gid", Stat(DomainDirectory))}}
              transport_home_directory = {{DomainDirectory}}
              qualify_preserve_domain
              skip_syntax_errors
              allow_fail
              allow_defer
            {{RedirectTransports}}

            # The copy is not made yet, or config/ cannot be looked into.
            symbiosis_aliases_unknown:
              driver = redirect
              domains = +symbiosis_domains
              local_parts = ! postmaster
              condition = {{Test(Or(And(Exists(EximText.Of($"{Config}/aliases")), Not(Exists(AliasList()))), IsUnreadableDirectory(Config)))}}
              allow_defer
              data = :defer: 4.3.0 It is not known now whether this address exists.
            """)),
        Part("20-routers/26-vhost-default-forward", EximText.Of($$"""
            # MAIL-6, 8: the catch-all sees the whole local part.
            symbiosis_default_forward_exists:
              driver = accept
              verify_only
              domains = +symbiosis_domains
              condition = {{Test(Exists(EximText.Of($"{Config}/default_forward")))}}

            symbiosis_default_forward:
              driver = redirect
              no_verify
              domains = +symbiosis_domains
              condition = {{Test(Exists(EximText.Of($"{Config}/default_forward")))}}
              user = {{Extract("uid", Stat(DomainDirectory))}}
              group = {{Extract("gid", Stat(DomainDirectory))}}
              file = {{Config}}/default_forward
              router_home_directory = {{DomainDirectory}}
              transport_home_directory = {{DomainDirectory}}
              modemask = 002
              qualify_preserve_domain
              skip_syntax_errors
            {{FilterRules}}
            {{RedirectTransports}}
            """)),
        Part("20-routers/28-vhost-postmaster", Raw("""
            # MAIL-7
            symbiosis_postmaster:
              driver = redirect
              domains = ! +symbiosis_host : +symbiosis_domains
              local_parts = postmaster
              data = postmaster@$primary_hostname
            """)),
        Part("20-routers/30-system-aliases", EximText.Of($$"""
            # MAIL-6, 10
            symbiosis_system_aliases:
              driver = redirect
              domains = +symbiosis_host
            {{Suffix}}
              data = {{If(Exists(EximText.Literal(MailPaths.SystemAliases.Value)), Lookup(Raw("$local_part"), "lsearch", EximText.Literal(MailPaths.SystemAliases.Value)))}}
              user = mail
              group = mail
              allow_fail
              allow_defer
              file_transport = symbiosis_address_file
              directory_transport = symbiosis_address_directory
              pipe_transport = symbiosis_address_pipe
              reply_transport = symbiosis_address_reply
            """)),
        Part("20-routers/38-local-users-mailbox", EximText.Of($$"""
            # MAIL-58
            symbiosis_user_exists:
              driver = accept
              verify_only
              domains = +symbiosis_host
            {{Suffix}}
              local_parts = ! root : ! admin
              check_local_user
              condition = {{Test(IsUserServed)}}

            symbiosis_user:
              driver = accept
              no_verify
              domains = +symbiosis_host
            {{Suffix}}
              local_parts = ! root : ! admin
              check_local_user
              condition = {{Test(And(IsUserServed, IsInUserTable(EximText.Literal(host.Value))))}}
              transport = symbiosis_lmtp

            symbiosis_user_direct:
              driver = accept
              no_verify
              domains = +symbiosis_host
            {{Suffix}}
              local_parts = ! root : ! admin
              check_local_user
              condition = {{Test(IsUserServed)}}
              transport = symbiosis_home_maildir
            """)),
        Part("20-routers/40-mail-for-postmaster", Raw("""
            symbiosis_host_postmaster:
              driver = redirect
              domains = +symbiosis_host
              local_parts = postmaster
              data = root@$primary_hostname
            """)),
        Part("20-routers/50-mail-for-root", Raw("""
            symbiosis_root:
              driver = accept
              domains = +symbiosis_host
              local_parts = root
              transport = symbiosis_root_mailbox
            """)),
    ];

    private static IEnumerable<ConfigurationPart> Transports() =>
    [
        Part("30-transports/00-header", Raw("begin transports")),
        Part("30-transports/10-remote-smtp", Raw("""
            # MAIL-113: lines longer than RFC 5322 allows are sent on rather than bounced.
            symbiosis_remote_smtp:
              driver = smtp
              message_linelength_limit = 1G
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

    private static IEnumerable<ConfigurationPart> Others(DomainName host) =>
    [
        Part("40-retry/00-header", Raw("begin retry")),
        Part("40-retry/10-default", Raw("""
            # MAIL-112
            * * F,2h,15m; G,16h,1h,1.5; F,4d,6h
            """)),
        Part("50-rewrite/00-header", Raw("begin rewrite")),
        Part("50-rewrite/10-localhost-rewrite", EximText.Of($$"""
            # MAIL-8
            *@localhost $1@{{host}} E
            """)),
        Part("50-rewrite/20-email-addresses", EximText.Of($$"""
            *@{{host}} "{{If(Exists(EximText.Literal(MailPaths.EmailAddresses.Value)), Raw("${lookup{$1}lsearch{" + MailPaths.EmailAddresses + "}{$value}fail}"), Raw("fail"))}}" Ffrs
            """)),
        Part("60-authenticators/00-header", Raw("begin authenticators")),
        Part("60-authenticators/10-plain", Authenticator("PLAIN")),
        Part("60-authenticators/20-login", Authenticator("LOGIN")),
    ];

    // MAIL-70: only under TLS. Dovecot says the user's canonical name (MAIL-65).
    private static EximText Authenticator(string mechanism) => EximText.Of($$"""
        symbiosis_{{mechanism.ToLowerInvariant()}}:
          driver = dovecot
          public_name = {{mechanism}}
          server_socket = /run/dovecot/auth-client
          server_advertise_condition = ${if def:tls_in_cipher}
          server_set_id = $auth1
        """);

    // Everything about the directory is asked of what dsearch found, and the list item that matches is dsearch again, because only that sets $domain_data. A link counts too: it may lead
    // out of the tree (CORE-8), or be an alias that no table has yet.
    private static EximText ServedDomains()
    {
        var entry = EximText.Of($"{MailPaths.Tree}/{Raw("$value")}");
        return If(
            And(Matches(Raw("$domain"), Regex(DomainNamePattern)), Exists(Within(MailPaths.Tree))),
            Lookup(
                Raw("$domain"),
                "dsearch",
                EximText.Of($"{MailPaths.Tree}"),
                If(Exists(entry), If(And(IsDirectory(entry), IsOwnedByPerson(entry)), EximText.Of($"{Raw("dsearch;")}{MailPaths.Tree}"))),
                EximText.Empty));
    }

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

    private static EximText IsUnreadableDirectory(EximText path) => And(Exists(path), IsDirectory(path), Not(Exists(Within(path))));

    private static EximText IsDirectory(EximText path) => Matches(Extract("smode", Stat(path)), Raw("^d"));

    private static EximText IsOwnedByPerson(EximText path)
    {
        var verdict = If(IsSystemId, Raw("no"), Raw("yes"));
        return Equal(EximText.Of($"{Extract("uid", Stat(path), verdict, Raw("no"))}{Extract("gid", Stat(path), verdict, Raw("no"))}"), Raw("yesyes"));
    }

    private static EximText IdentityOf(EximText path) => EximText.Of($"{Extract("device", Stat(path))}:{Extract("inode", Stat(path))}");

    // The table is root's and Dovecot's: only deliveries, which root routes, may ask it.
    private static EximText IsInUserTable(EximText domain)
    {
        var table = EximText.Of($"{MailPaths.Users}/{domain}");
        return And(Exists(table), Equal(Lookup(EximText.Of($"{Raw("$local_part_data")}@{domain}"), "lsearch", table, Raw("yes"), Raw("no")), Raw("yes")));
    }

    private static EximText IsUserServed => And(Compare(Raw("$local_user_uid"), ">=", EximText.Of($"{Owner.FirstPerson}")), Exists(Raw("$home")));

    private static EximText AliasList() => EximText.Of($"{MailPaths.AliasLists}/{Raw("$domain_data")}");

    private static EximText Alias() => If(Exists(AliasList()), Lookup(Raw("$local_part"), "lsearch", AliasList()));

    // "DIR/." can be seen only by who may search DIR.
    private static EximText Within(EximText directory) => EximText.Of($"{directory}/.");

    private static EximText Within(HostPath directory) => EximText.Of($"{directory}/.");

    private static ConfigurationPart Part(string path, EximText text) => new(path, text.Value);
}
