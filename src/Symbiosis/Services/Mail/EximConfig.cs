using Symbiosis.Model;
using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;
using static Symbiosis.Services.Mail.EximTree;

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
    /// <summary>All parts, in no order.</summary>
    public static IEnumerable<ConfigurationPart> Parts(DomainName host) =>
        [.. Main(host), .. EximAccessControl.Parts(), .. EximRouters.Parts(host), .. EximTransports.Parts(), .. Others(host)];

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

            # Domains that the administrator gave another name (MAIL-6, 1).
            domainlist symbiosis_rewritten_domains = {{If(Exists(EximText.Literal(MailPaths.Rewrites.Value)), EximText.Of($"{Raw("lsearch;")}{MailPaths.Rewrites}"))}}

            domainlist symbiosis_local_domains = +symbiosis_host : +symbiosis_rewritten_domains : +symbiosis_alias_domains : +symbiosis_domains
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
            acl_not_smtp = acl_check_not_smtp
            acl_not_smtp_start = acl_check_not_smtp_start
            """)),
        Part("00-main/50-tls-options", EximText.Of($$"""
            # Read for each connection, so a new certificate needs no reload (MAIL-130).
            tls_advertise_hosts = *
            tls_certificate = {{MailCertificate.EximValue(host)}}
            tls_require_ciphers = {{MailCertificate.EximCiphers}}
            """)),
        Part("00-main/60-general-options", Raw("""
            # MAIL-150
            message_size_limit = 50M
            never_users = root
            trusted_users = www-data
            queue_list_requires_admin = false
            keep_environment =

            # MAIL-45: replies and bounces do not name the unix account they are sent from.
            received_header_text = Received: \
              ${if def:sender_rcvhost {from $sender_rcvhost\n\t}{${if and{{def:sender_ident}{def:sender_address}}{from ${quote_local_part:$sender_ident} }}${if def:sender_helo_name {(helo=$sender_helo_name)\n\t}}}}\
              by $primary_hostname ${if def:received_protocol {with $received_protocol }}${if def:tls_in_cipher {($tls_in_cipher)\n\t}}\
              (Exim)\n\t${if def:sender_address {(envelope-from <$sender_address>)\n\t}}\
              id $message_exim_id${if def:received_for {\n\tfor $received_for}}

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

    private static ConfigurationPart Part(string path, EximText text) => new(path, text.Value);
}
