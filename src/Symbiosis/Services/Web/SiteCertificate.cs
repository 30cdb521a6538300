using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>The published certificate of a name as Apache uses it: always by the stable path, so that a renewal changes no text (TLS-55).</summary>
internal static class SiteCertificate
{
    private const string Published = "/var/lib/symbiosis/tls";

    /// <summary>The lines of a virtual host that switch TLS on. The policy is that of the whole server (<see cref="TlsPolicy"/>): Apache answers 421 where two sites differ.</summary>
    public static string Directives(DomainName name) => HostedMap.Indent(new ApacheWriter()
        .Directive("SSLEngine", "on")
        .Directive("SSLCertificateFile", $"{Published}/{name}/fullchain.pem")
        .Directive("SSLCertificateKeyFile", $"{Published}/{name}/key.pem")
        .Directive("Protocols", "h2", "http/1.1")
        .ToString());

    /// <summary>Apache reads it at its start and at each reload.</summary>
    /// <param name="name">Whose certificate it is.</param>
    /// <param name="certificate">The certificate, or null when it is made in the same apply.</param>
    /// <param name="names">Names that visitors ask for.</param>
    /// <param name="addresses">Addresses on which they do.</param>
    public static LoadedFile LoadOf(DomainName name, PublishedCertificate? certificate, IEnumerable<DomainName> names, IEnumerable<string> addresses) =>
        new(HostPath.Parse($"{Published}/{name}/fullchain.pem"), certificate?.Fingerprint, WebModule.ApacheDaemon, $"the certificate of {name} (TLS-54)")
        {
            Shown = addresses.SelectMany(address => names.Select(asked => new ShownCertificate(asked.Value, address, 443, TlsStart.AtOnce))).ToValueList(),
        };
}
