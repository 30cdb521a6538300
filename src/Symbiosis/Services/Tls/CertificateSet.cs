using System.Security.Cryptography;
using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Services.Tls;

/// <summary>
/// A pair of certificate and private key with the certificates between it and a root, as found in one directory (TLS-6, TLS-7). Prints neither key nor certificate.
/// </summary>
public sealed record CertificateSet(string Name)
{
    /// <summary>Name of the set made of the files directly in <c>config/</c> (TLS-16).</summary>
    public const string Legacy = "legacy";

    /// <summary>The certificate, DER.</summary>
    public required ByteString Certificate { get; init; }

    /// <summary>The private key, PKCS#8 DER, not encrypted.</summary>
    public required ByteString Key { get; init; }

    /// <summary>Intermediate certificates in chain order, DER; without a self-signed root.</summary>
    public ValueList<ByteString> Bundle { get; init; }

    /// <summary>Begin of the validity.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>End of the validity.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>DNS names in lower case; the common name when there are none (TLS-9).</summary>
    public ValueList<string> Names { get; init; }

    /// <summary>Issuer as <c>/C=US/O=…/CN=…</c> (TLS-35).</summary>
    public required string Issuer { get; init; }

    /// <summary>True when the certificate is signed with its own key (TLS-9).</summary>
    public bool IsSelfSigned { get; init; }

    /// <summary>What is wrong with it whatever its names and dates: a weak key, a chain that leads nowhere; null when nothing is.</summary>
    public string? Fault { get; init; }

    /// <summary>Identifier for renewal information (RFC 9773 §4.1); null when the certificate has no authority key identifier.</summary>
    public string? RenewalId { get; init; }

    /// <summary>SHA-256 of the certificate in lower-case hexadecimal digits.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Certificate.Span));

    /// <summary>Length of the validity.</summary>
    public TimeSpan Lifetime => NotAfter - NotBefore;

    /// <summary>The certificate and its bundle as PEM.</summary>
    public string FullChainPem => CertificatePem + BundlePem;

    /// <summary>The certificate as PEM.</summary>
    public string CertificatePem => Pem("CERTIFICATE", Certificate);

    /// <summary>The bundle as PEM; empty when there is none.</summary>
    public string BundlePem => string.Concat(Bundle.Select(certificate => Pem("CERTIFICATE", certificate)));

    /// <summary>The key as PEM.</summary>
    public string KeyPem => Pem("PRIVATE KEY", Key);

    /// <summary>What anybody may know of it.</summary>
    public override string ToString() => $"{Name}: {string.Join(" ", Names)} until {NotAfter:yyyy-MM-dd}";

    // Every block ends with a line break (TLS-19).
    private static string Pem(string label, ByteString der) => new StringBuilder().Append(PemEncoding.Write(label, der.Span)).Append('\n').ToString();
}
