using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Services;

namespace Symbiosis.Machine;

/// <summary>Makes a P-256 key with a self-signed certificate as PEM (RFC 5280, RFC 7468, TLS-9).</summary>
internal static class SelfSignedCertificateMaker
{
    /// <summary>The texts of the published files (TLS-55): chain, key, and both in one.</summary>
    internal sealed record Pem(string FullChain, string Key);

    /// <summary>Makes a new key and certificate. Valid from five minutes ago, against clocks that run behind.</summary>
    public static Pem Make(Provision.SelfSignedCertificate wanted, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={wanted.Names[0]}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in wanted.Names)
            names.AddDnsName(name.Value);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(wanted.LifetimeDays));
        return new Pem(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
