using System.Globalization;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Mail;

/// <summary>The language of Dovecot 2.4 (Debian 13).</summary>
internal sealed class Dovecot24Config : DovecotConfig
{
    /// <inheritdoc />
    public override string DottedSieveField => "userdb_dot=.";

    /// <inheritdoc />
    public override bool RefusesWeakHashes => true;

    /// <inheritdoc />
    public override string QuotaField(ByteSize limit) => "userdb_quota_storage_size=" + limit.Bytes.ToString(CultureInfo.InvariantCulture) + "B";

    /// <inheritdoc />
    public override DovecotText ServerNames(ValueList<string> names, HostPath certificate) => DovecotText.Verbatim(string.Concat(names.Select(name => DovecotText.Of($$"""
        local_name {{name}} {
          ssl_server_cert_file = {{certificate}}
          ssl_server_key_file = {{certificate}}
        }

        """).Value)));

    /// <inheritdoc />
    public override IEnumerable<ConfigurationPart> Parts(DomainName host) =>
    [
        // The first words of the file. A fixed version, so that an upgrade of Dovecot changes no default and not this file.
        Part("00-header", DovecotText.Verbatim("""
            dovecot_config_version = 2.4.0
            dovecot_storage_version = 2.4.0
            """)),
        Part("10-main/10-protocols", DovecotText.Of($$"""
            protocols {
              imap = yes
              pop3 = yes
              lmtp = yes
              sieve = yes
            }
            hostname = {{host}}

            # A reload, as for a renewed certificate, ends no connection.
            shutdown_clients = no
            """)),
        Part("10-main/50-ssl-cert-key-files", DovecotText.Of($$"""
            ssl = yes
            ssl_min_protocol = TLSv1.2
            ssl_server_cert_file = {{MailPaths.Certificate(host)}}
            ssl_server_key_file = {{MailPaths.Certificate(host)}}
            ssl_cipher_list = {{DovecotText.Verbatim(MailCertificate.Suites)}}
            ssl_curve_list = X25519:prime256v1:secp384r1
            """)),
        CertificatesOfDomains,
        Part("20-mailboxes/10-default-mailbox-location", DovecotText.Verbatim("""
            # MAIL-50, MAIL-173
            first_valid_uid = 1000
            mail_driver = maildir
            mail_path = ~/Maildir
            mail_plugins {
              quota = yes
            }
            """)),
        Folders,
        Part("30-authentication/10-mechanisms", DovecotText.Of($$"""
            # MAIL-65: a bare name is a unix user.
            auth_mechanisms = plain login
            auth_default_domain = {{host}}
            auth_username_format = %{user | lower}
            auth_username_chars = {{LoginCharacters}}
            auth_verbose = yes
            auth_allow_cleartext = no
            """)),
        Part("30-authentication/40-passdb-app-passwords", AppPasswordDatabases((name, place) => DovecotText.Of($$"""
            passdb {{name}} {
              driver = passwd-file
              passwd_file_path = {{Users}}
              auth_username_format = "{{place}}/%{user | lower}"
              auth_verbose = no
            }
            """))),
        Part("30-authentication/45-app-password-use", DovecotText.Of($$"""
            # Says in the log which of them was used, and nothing else.
            event_exporter app-passwords {
              driver = log
              format = json
              time_format = unix
            }
            metric app_passwords {
              filter = event=auth_passdb_request_finished AND result=ok AND passdb={{DovecotText.Word(AppPassword.DatabasePrefix)}}*
              exporter = app-passwords
              exporter_include = name timestamps fields
            }
            """)),
        Part("30-authentication/50-passdb-passwd-file", DovecotText.Of($$"""
            # One table a domain (MAIL-170). No file: no such user.
            passdb passwd-file {
              passwd_file_path = {{Users}}
            }
            """)),
        Part("30-authentication/80-userdb-passwd-file", DovecotText.Of($$"""
            userdb passwd-file {
              passwd_file_path = {{Users}}
            }

            # Exim delivers only to users it found in the tables. When this daemon does not know one, its view is out of date: wait, do not bounce.
            userdb static {
              static_allow_all_users = yes
              fields {
                tempfail = yes
              }
            }
            """)),
        Services,
        Part("40-imap-settings/10-plugins", DovecotText.Verbatim("""
            protocol imap {
              mail_plugins {
                imap_quota = yes
              }
            }
            """)),
        Part("50-pop3-settings/10-pop3-uidl-format", DovecotText.Verbatim("""
            # MAIL-51: another format makes clients download everything again.
            pop3_uidl_format = %{uid | hex(8)}%{uidvalidity | hex(8)}
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
              mail_plugins {
                sieve = yes
              }
              postmaster_address = {{"postmaster@" + host}}
            }
            """)),
        Part("90-plugin-settings/10-sieve", DovecotText.Verbatim("""
            # MAIL-47; the dot is that of a unix user's files.
            sieve_script personal {
              driver = file
              path = ~/%{userdb:dot}sieve.d
              active_path = ~/%{userdb:dot}sieve
            }
            """)),
        Part("90-plugin-settings/20-quota", DovecotText.Of($$"""
            # MAIL-54, MAIL-55
            quota {{QuotaName}} {
              driver = count
              warning nearly-full {
                quota_storage_percentage = 95
                execute quota-warning {
                  args = 95 %{user}
                }
              }
              warning filling {
                quota_storage_percentage = 80
                execute quota-warning {
                  args = 80 %{user}
                }
              }
            }
            quota_storage_grace = 0
            quota_status_success = DUNNO
            quota_status_nouser = DUNNO
            quota_status_overquota = 452 4.2.2 Mailbox is full
            """)),
    ];

    // Spaces, which the expression needs, stand in quotes.
    private static DovecotText Users => DovecotText.Of($"\"{DovecotText.Word(MailPaths.Users.Value)}/%{{user | domain | lower}}\"");
}
