using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>Reads what daemons are given now (TLS-55).</summary>
internal static class PublishedCertificateReader
{
    /// <summary>Where certificates are published, one directory a name.</summary>
    public static HostPath Root { get; } = HostPath.Parse("/var/lib/symbiosis/tls");

    /// <summary>The certificate of a name, or null when there is none that can be read. Whether its key is there does not matter.</summary>
    public static PublishedCertificate? Read(HostRoot root, DomainName name) => Read(root, name, certificate => X509Certificate2.CreateFromPem(certificate));

    /// <summary>The certificate of a name whose key lies beside it and belongs to it, or null. A pair that does not match would stop a daemon for everybody.</summary>
    public static PublishedCertificate? ReadPair(HostRoot root, DomainName name) =>
        Read(root, name, certificate => X509Certificate2.CreateFromPem(certificate, File.ReadAllText(root.PathOf(Root.Join(name.Value).Join("key.pem")))));

    private static PublishedCertificate? Read(HostRoot root, DomainName name, Func<string, X509Certificate2> parse)
    {
        var path = root.PathOf(Root.Join(name.Value).Join("fullchain.pem"));
        if (!File.Exists(path))
            return null; // most names have none, and an exception costs more than reading a certificate
        try
        {
            using var certificate = parse(File.ReadAllText(path));
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()).Order(StringComparer.Ordinal).ToValueList();
            return new PublishedCertificate(UtcOf(certificate.NotAfter), names, certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            {
                NotBefore = UtcOf(certificate.NotBefore),
                Fingerprint = Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return null; // another one is wanted then
        }
    }

    private static DateTimeOffset UtcOf(DateTime local) => new(local.ToUniversalTime(), TimeSpan.Zero);
}
