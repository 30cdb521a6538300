using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Model;

namespace Symbiosis.Services.Tls;

/// <summary>How a new key is made.</summary>
/// <param name="IsRsa">RSA instead of ECDSA on P-256.</param>
/// <param name="RsaBits">Size of an RSA key.</param>
internal sealed record KeyChoice(bool IsRsa, int RsaBits = 2048);

/// <summary>
/// A fresh key with a request for its certificate (TLS-20, TLS-37), and the certificate that the host signs itself (TLS-41, TLS-42). Nothing of it touches a disk before the set is written.
/// </summary>
internal sealed class NewCertificate : IDisposable
{
    private readonly AsymmetricAlgorithm _key;
    private readonly CertificateRequest _request;
    private readonly KeyChoice _choice;

    /// <summary>Makes a key and a request for names, the first of which is the subject.</summary>
    public NewCertificate(ValueList<DomainName> names, KeyChoice choice)
    {
        _choice = choice;
        // CN must not be longer than 64 (RFC 5280, ub-common-name).
        var subject = new X500DistinguishedName(names[0].Value.Length > 64 ? "" : $"CN={names[0]}");
        if (choice.IsRsa)
        {
            var rsa = RSA.Create(choice.RsaBits);
            _key = rsa;
            _request = new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        else
        {
            var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            _key = ecdsa;
            _request = new CertificateRequest(subject, ecdsa, HashAlgorithmName.SHA256);
        }

        var alternative = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternative.AddDnsName(name.Value);
        _request.CertificateExtensions.Add(alternative.Build());
        Request = _request.CreateSigningRequest();
    }

    /// <summary>The request, DER (RFC 2986).</summary>
    public byte[] Request { get; }

    /// <summary>The request as <c>ssl.csr</c>.</summary>
    public string RequestPem => PemEncoding.WriteString("CERTIFICATE REQUEST", Request) + "\n";

    /// <summary>The private key as PEM (PKCS#8).</summary>
    public string KeyPem => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>Signs it with its own key. Returns PEM.</summary>
    public string SignBySelf(int lifetimeDays, DateTimeOffset now)
    {
        _request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        _request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | (_choice.IsRsa ? X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.None), critical: true));
        _request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        _request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(_request.PublicKey, critical: false));
        var generator = _key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1) : X509SignatureGenerator.CreateForECDsa((ECDsa)_key);
        using var certificate = _request.Create(_request.SubjectName, generator, now, now.AddDays(lifetimeDays), RandomNumberGenerator.GetBytes(16));
        return certificate.ExportCertificatePem() + "\n";
    }

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();
}
