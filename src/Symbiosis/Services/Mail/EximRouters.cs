using Symbiosis.Model;
using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;
using static Symbiosis.Services.Mail.EximTree;

namespace Symbiosis.Services.Mail;

/// <summary>Where mail goes: Exim's routers in the order of MAIL-6. A router with <c>verify_only</c> answers RCPT; its partners with <c>no_verify</c> deliver.</summary>
internal static class EximRouters
{
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

    public static IEnumerable<ConfigurationPart> Parts(DomainName host) =>
    [
        Part("20-routers/00-header", Raw("begin routers")),
        Part("20-routers/10-dnslookup", EximText.Of($$"""
            symbiosis_remote:
              driver = dnslookup
              domains = ! +symbiosis_local_domains
              ignore_target_hosts = +symbiosis_private_hosts
              same_domain_copy_routing
              transport = {{RemoteTransport()}}
              no_more
            """)),
        Part("20-routers/12-bounces-of-forwarded-mail", EximText.Of($$"""
            # A bounce for a sender that symbiosis_forwarded_smtp wrote (SRS): back to whom the mail came from. Names are compared as they were written.
            symbiosis_srs:
              driver = redirect
              senders = :
              domains = +symbiosis_local_domains
              caseful_local_part
              condition = {{Test(And(Exists(SrsSecretFile), InboundSrs(ReadLine(SrsSecretFile))))}}
              data = $srs_recipient
              forbid_file
              forbid_include
              forbid_pipe

            # Looks like one of ours and is none, or is too old: no way to send mail anywhere through this host.
            symbiosis_srs_forged:
              driver = redirect
              senders = :
              domains = +symbiosis_local_domains
              caseful_local_part
              condition = {{Test(InboundSrs(EximText.Empty))}}
              allow_fail
              data = :fail: this address is not valid any more
            """)),
        Part("20-routers/13-rewrites", EximText.Of($$"""
            # MAIL-6, 1: the administrator gives a whole domain another name. The suffix is kept because this router has none of its own.
            symbiosis_rewrites:
              driver = redirect
              domains = +symbiosis_rewritten_domains
              data = ${quote_local_part:$local_part}@$domain_data
              forbid_blackhole
              forbid_file
              forbid_include
              forbid_pipe
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
              transport = {{RemoteTransport()}}
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
        Part("20-routers/23-vhost-vacation", EximText.Of($$"""
            # MAIL-40 to MAIL-45: answers, and delivery goes on.
            symbiosis_vacation:
              driver = accept
              no_verify
              unseen
              domains = +symbiosis_domains
            {{Suffix}}
              local_parts = {{MailboxNames}}
              senders = {{EximVacation.Senders}}
              condition = {{Test(And(Exists(EximText.Of($"{Mailbox}/vacation")), IsMailboxServed, EximVacation.WantsReply))}}
              transport = symbiosis_vacation
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
            # MAIL-32: the alias "*" is a catch-all, and a target "@other.example" keeps the local part.
            symbiosis_alias_for_all_exists:
              driver = accept
              verify_only
              domains = +symbiosis_domains
              condition = {{If(Equal(AliasForAll(), EximText.Empty), Raw("no"), Raw("yes"))}}

            symbiosis_alias_for_all:
              driver = redirect
              no_verify
              domains = +symbiosis_domains
              data = {{AliasForAll()}}
              user = {{Extract("uid", Stat(DomainDirectory))}}
              group = {{Extract("gid", Stat(DomainDirectory))}}
              transport_home_directory = {{DomainDirectory}}
              qualify_preserve_domain
              skip_syntax_errors
              allow_fail
              allow_defer
            {{RedirectTransports}}

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
        Part("20-routers/32-local-users-forward", EximText.Of($$"""
            # MAIL-6, 11 and 13
            symbiosis_user_forward:
              driver = redirect
              no_verify
              domains = +symbiosis_host
            {{Suffix}}
              local_parts = ! root : ! admin
              check_local_user
              condition = {{Test(And(IsUserServed, Exists(Raw("$home/.forward"))))}}
              file = $home/.forward
              modemask = 002
              check_ancestor
              qualify_preserve_domain
              skip_syntax_errors
            {{FilterRules}}
            {{RedirectTransports}}

            symbiosis_user_vacation:
              driver = accept
              no_verify
              unseen
              domains = +symbiosis_host
            {{Suffix}}
              local_parts = ! root : ! admin
              check_local_user
              senders = {{EximVacation.Senders}}
              condition = {{Test(And(IsUserServed, Exists(Raw("$home/.vacation")), EximVacation.WantsReply))}}
              transport = symbiosis_user_vacation
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

    // Mail that was sent on for somebody from another domain gets a sender of ours, which the receiver's SPF check (RFC 7208) finds right.
    private static EximText RemoteTransport() => If(
        And(
            Defined("sender_address"),
            Not(EqualText(Raw("$original_local_part@$original_domain"), Raw("$local_part@$domain"))),
            Not(IsHostedName(Raw("$sender_address_domain"))),
            Exists(SrsSecretFile)),
        Raw("symbiosis_forwarded_smtp"),
        Raw("symbiosis_remote_smtp"));

    private static EximText InboundSrs(EximText secret) => EximText.Of($"inbound_srs{{$local_part}}{{{secret}}}");

    private static ConfigurationPart Part(string path, EximText text) => new(path, text.Value);
}
