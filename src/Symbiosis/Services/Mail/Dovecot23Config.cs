using System.Globalization;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Mail;

/// <summary>The language of Dovecot 2.3 (Debian 12).</summary>
internal sealed class Dovecot23Config : DovecotConfig
{
    /// <inheritdoc />
    public override string DottedSieveField => "userdb_sieve=file:~/.sieve.d;active=~/.sieve";

    /// <inheritdoc />
    public override bool RefusesWeakHashes => false;

    /// <inheritdoc />
    public override string QuotaField(ByteSize limit) => "userdb_quota_rule=*:bytes=" + limit.Bytes.ToString(CultureInfo.InvariantCulture);

    // One block for all names: each block is compared with each when the configuration is read.
    /// <inheritdoc />
    public override DovecotText ServerNames(ValueList<string> names, HostPath certificate) => DovecotText.Of($$"""
        local_name {{string.Join(' ', names)}} {
          ssl_cert = <{{DovecotText.Word(certificate.Value)}}
          ssl_key = <{{DovecotText.Word(certificate.Value)}}
        }

        """);

    /// <inheritdoc />
    public override IEnumerable<ConfigurationPart> Parts(DomainName host) =>
    [
        Part("10-main/10-protocols", DovecotText.Of($$"""
            protocols = imap pop3 lmtp sieve
            hostname = {{host}}

            # A reload, as for a renewed certificate, ends no connection.
            shutdown_clients = no
            """)),
        Part("10-main/50-ssl-cert-key-files", DovecotText.Of($$"""
            ssl = yes
            ssl_min_protocol = TLSv1.2
            ssl_cert = <{{Certificate(host)}}
            ssl_key = <{{Certificate(host)}}
            ssl_cipher_list = {{DovecotText.Verbatim(MailCertificate.Suites)}}
            ssl_curve_list = X25519:prime256v1:secp384r1
            """)),
        CertificatesOfDomains,
        Part("20-mailboxes/10-default-mailbox-location", DovecotText.Verbatim("""
            # MAIL-50, MAIL-173
            first_valid_uid = 1000
            mail_location = maildir:~/Maildir
            mail_plugins = quota
            """)),
        Folders,
        Part("30-authentication/10-mechanisms", DovecotText.Of($$"""
            # MAIL-65: a bare name is a unix user.
            auth_mechanisms = plain login
            auth_default_realm = {{host}}
            auth_username_format = %Lu
            auth_username_chars = {{LoginCharacters}}
            auth_verbose = yes
            disable_plaintext_auth = yes
            """)),
        Part("30-authentication/40-passdb-app-passwords", AppPasswordDatabases((name, place) => DovecotText.Of($$"""
            passdb {
              name = {{name}}
              driver = passwd-file
              args = username_format={{place}}/%Lu {{Users}}/%Ld
              auth_verbose = no
            }
            """))),
        Part("30-authentication/45-app-password-use", DovecotText.Of($$"""
            # Says in the log which of them was used, and nothing else.
            event_exporter app-passwords {
              format = json
              format_args = time-unix
              transport = log
            }
            metric app_passwords {
              filter = event=auth_passdb_request_finished AND result=ok AND passdb_name={{DovecotText.Word(AppPassword.DatabasePrefix)}}*
              exporter = app-passwords
              exporter_include = name timestamps fields
            }
            """)),
        Part("30-authentication/50-passdb-passwd-file", DovecotText.Of($$"""
            # One table a domain (MAIL-170). No file: no such user.
            passdb {
              driver = passwd-file
              args = username_format=%Lu {{Users}}/%Ld
            }
            """)),
        Part("30-authentication/80-userdb-passwd-file", DovecotText.Of($$"""
            userdb {
              driver = passwd-file
              args = username_format=%Lu {{Users}}/%Ld
            }

            # Exim delivers only to users it found in the tables. When this daemon does not know one, its view is out of date: wait, do not bounce.
            userdb {
              driver = static
              args = allow_all_users=yes tempfail=yes
            }
            """)),
        Services,
        Part("40-imap-settings/10-plugins", DovecotText.Verbatim("""
            protocol imap {
              mail_plugins = $mail_plugins imap_quota
            }
            """)),
        Part("50-pop3-settings/10-pop3-uidl-format", DovecotText.Verbatim("""
            # MAIL-51: another format makes clients download everything again.
            pop3_uidl_format = %08Xu%08Xv
            """)),
        Part("60-managesieve-settings/10-port", DovecotText.Verbatim("""
            service managesieve-login {
              inet_listener sieve {
                port = 4190
              }
            }
            """)),
        Part("70-lda-settings/10-delivery", DovecotText.Of($$"""
            # MAIL-48, MAIL-54
            lda_mailbox_autocreate = yes
            lda_mailbox_autosubscribe = yes
            lmtp_add_received_header = no
            quota_full_tempfail = yes
            recipient_delimiter = +
            protocol lmtp {
              mail_plugins = $mail_plugins sieve
              postmaster_address = {{"postmaster@" + host}}
            }
            """)),
        Part("90-plugin-settings/10-sieve", DovecotText.Verbatim("""
            # MAIL-47
            plugin {
              sieve = file:~/sieve.d;active=~/sieve
            }
            """)),
        Part("90-plugin-settings/20-quota", DovecotText.Of($$"""
            # MAIL-54, MAIL-55
            plugin {
              quota = {{DovecotText.Verbatim("count:" + QuotaName)}}
              quota_grace = 0%%
              quota_vsizes = yes
              quota_warning = storage=95%% quota-warning 95 %u
              quota_warning2 = storage=80%% quota-warning 80 %u
              quota_status_success = DUNNO
              quota_status_nouser = DUNNO
              quota_status_overquota = 452 4.2.2 Mailbox is full
            }
            """)),
    ];

    private static DovecotText Users => DovecotText.Word(MailPaths.Users.Value);

    private static DovecotText Certificate(DomainName host) => DovecotText.Word(MailPaths.Certificate(host).Value);
}
