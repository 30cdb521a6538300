using System.Globalization;
using Symbiosis.Model;
using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;

namespace Symbiosis.Services.Mail;

/// <summary>
/// Which certificate a mail client sees: that of the domain whose name it asks for (SNI, RFC 6066 §3), else that of the host (MAIL-130, TLS-56). Each domain with a certificate has a small table
/// for Exim, which is read at each connection, and a file of its own for Dovecot, which reads them when it reloads; so a renewal of one costs nothing for the others.
/// </summary>
internal static class MailCertificate
{
    // Names people type into mail programs. They lead to the right owner also when the certificate is not for them (TLS-56).
    private static readonly string[] _services = ["mail", "imap", "smtp", "pop", "ftp"];

    /// <summary>All suites that have forward secrecy and authenticated encryption (TLS-59), as OpenSSL writes them.</summary>
    public const string Suites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

    /// <summary>
    /// The names for which a domain's certificate is shown: those in it that lie at or below a name of the domain, and those of services. Names of other domains are left to these; one below belongs
    /// to another domain if that has a certificate too, which both daemons find first.
    /// </summary>
    public static ValueList<string> NamesOf(Domain domain)
    {
        var roots = domain.OtherNames.Prepend(domain.Name).Select(name => name.Value).ToList();
        return (domain.Certificate?.Names ?? [])
            .Select(name => name.ToLowerInvariant())
            .Where(name => DomainName.TryParse(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name, out _)) // it may be the customer's own certificate
            .Where(name => roots.Exists(root => name == root || name.EndsWith("." + root, StringComparison.Ordinal)))
            .Concat(_services.Select(service => $"{service}.{domain.Name}"))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToValueList();
    }

    /// <summary>Exim's tables: for each name of the domain that others may lie below, the list of names.</summary>
    public static IEnumerable<RenderedFile> RenderExim(Domain domain)
    {
        if (domain.Certificate is null)
            yield break;
        var content = string.Concat(NamesOf(domain).Select(name => $"{name}: {domain.Name}\n"));
        foreach (var name in domain.Aliases.Prepend(domain.Name))
            yield return MailModule.EximTable(MailPaths.ServerNames.Join(name.Value), content, $"{domain.Name} has a certificate of its own (TLS-56)");
    }

    /// <summary>Dovecot's part for one domain, or null.</summary>
    public static RenderedFile? RenderDovecot(Domain domain, DovecotConfig language) => domain.Certificate is null ? null : new RenderedFile
    {
        Path = MailPaths.DovecotServerNames.Join(FileNameOf(domain.Name)),
        Content = language.ServerNames(NamesOf(domain), MailPaths.Certificate(domain.Name)).Value,
        Role = FileRole.Table,
        Because = $"{domain.Name} has a certificate of its own (TLS-54)",
        Daemon = "dovecot",
    };

    /// <summary>Dovecot takes it into use when it reloads.</summary>
    public static LoadedFile LoadOf(DomainName name, PublishedCertificate? certificate, string asked, Host host) =>
        new(MailPaths.Certificate(name), certificate?.Fingerprint, "dovecot", $"the certificate of {name} (TLS-54)") { Shown = PlacesOf(asked, host).ToValueList() };

    // Those of Exim too: it reads the file by itself, and that it does is worth a look.
    private static IEnumerable<ShownCertificate> PlacesOf(string name, Host host)
    {
        if ((host.PrimaryIPv4 ?? host.PrimaryIPv6) is not { } address)
            yield break;
        foreach (var (port, start) in new[]
        {
            (993, TlsStart.AtOnce), (995, TlsStart.AtOnce), (143, TlsStart.Imap), (110, TlsStart.Pop3), (4190, TlsStart.ManageSieve),
            (465, TlsStart.AtOnce), (587, TlsStart.Smtp), (25, TlsStart.Smtp),
        })
            yield return new ShownCertificate(name, address, port, start);
    }

    /// <summary>
    /// The value of Exim's <c>tls_certificate</c>. A name from outside may not name a file (MAIL-160): it is a key, first in the directory of tables, then in the one that was found. That of the
    /// name itself is tried first, then those of the names above it.
    /// </summary>
    public static EximText EximValue(DomainName host)
    {
        var otherwise = EximText.Literal(MailPaths.Certificate(host).Value);
        var asked = Raw("${lc:$tls_in_sni}");
        var value = Table(asked, 3);
        return If(
            And(Matches(Raw("$tls_in_sni"), Regex(@"^[A-Za-z0-9_.-]{1,253}$")), Exists(EximText.Of($"{MailPaths.ServerNames}/{Raw(".")}"))),
            value,
            otherwise);

        EximText Table(EximText key, int levels) => Lookup(
            key,
            "dsearch,filter=file",
            EximText.Of($"{MailPaths.ServerNames}"),
            Lookup(asked, "wildlsearch", EximText.Of($"{MailPaths.ServerNames}/{Raw("$value")}"), EximText.Of($"{MailPaths.PublishedCertificates}/{Raw("$value")}/combined.pem"), otherwise),
            levels == 0 ? otherwise : Table(Substitute(key, Regex(@"^[^.]*\.?"), EximText.Empty), levels - 1));
    }

    /// <summary>The value of Exim's <c>tls_require_ciphers</c>, in GnuTLS's language: on port 25 what the library allows of TLS 1.2 and later, because the alternative there is no encryption at all.</summary>
    public static EximText EximCiphers { get; } = If(
        Equal(Raw("$received_port"), Raw("25")),
        Raw("NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"),
        Raw("NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD"));

    // Dovecot takes the last of two blocks for one name; the name that has more labels belongs to the domain that hosts it.
    private static string FileNameOf(DomainName name) => string.Create(CultureInfo.InvariantCulture, $"{name.Value.Count(c => c == '.'):00}-{name}.conf");
}
