using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>Reads what daemons are given now (TLS-55).</summary>
internal static class PublishedCertificateReader
{
    /// <summary>Where certificates are published, one directory a name.</summary>
    public static HostPath Root { get; } = HostPath.Parse("/var/lib/symbiosis/tls");

    /// <summary>The certificate of a name, or null when there is none that can be read.</summary>
    public static PublishedCertificate? Read(HostRoot root, DomainName name)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(root.PathOf(Root.Join(name.Value).Join("fullchain.pem"))));
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()).Order(StringComparer.Ordinal).ToValueList();
            return new PublishedCertificate(new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero), names, certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null; // a new one is wanted then
        }
    }
}
