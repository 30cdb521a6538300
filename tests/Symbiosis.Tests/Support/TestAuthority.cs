using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Services.Tls;

namespace Symbiosis.Tests.Support;

/// <summary>A CA of two levels for tests. Making keys takes time, so tests share one.</summary>
internal sealed class TestAuthority
{
    private readonly X509Certificate2 _intermediate;

    public TestAuthority()
    {
        var begin = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Root = Sign("CN=Test Root", null, begin, begin.AddYears(30), isAuthority: true, out _);
        _intermediate = Sign("CN=Test Intermediate, O=Test, C=US", Root, begin, begin.AddYears(20), isAuthority: true, out _);
        Trust = new TrustStore([Root]);
    }

    public static TestAuthority Shared { get; } = new();

    public X509Certificate2 Root { get; }

    public TrustStore Trust { get; }

    public string RootPem => Root.ExportCertificatePem() + "\n";

    public string IntermediatePem => _intermediate.ExportCertificatePem() + "\n";

    /// <summary>A certificate for some names, valid from <paramref name="lifetimeDays"/> before its end.</summary>
    public (string Certificate, string Key) Issue(DateTimeOffset notAfter, double lifetimeDays, params string[] names)
    {
        using var certificate = Sign($"CN={names[0]}", _intermediate, notAfter.AddDays(-lifetimeDays), notAfter, isAuthority: false, out var key, names);
        return (certificate.ExportCertificatePem() + "\n", key);
    }

    /// <summary>The files of a set from this CA, with its intermediate.</summary>
    public Dictionary<string, string> Set(DateTimeOffset notAfter, params string[] names)
    {
        var (certificate, key) = Issue(notAfter, 90, names);
        return new(StringComparer.Ordinal) { ["ssl.crt"] = certificate, ["ssl.key"] = key, ["ssl.bundle"] = IntermediatePem };
    }

    /// <summary>The files of a set that is signed by itself.</summary>
    public static Dictionary<string, string> SelfSigned(DateTimeOffset notAfter, double lifetimeDays, params string[] names)
    {
        using var certificate = Sign($"CN={names[0]}", null, notAfter.AddDays(-lifetimeDays), notAfter, isAuthority: false, out var key, names);
        return new(StringComparer.Ordinal) { ["ssl.crt"] = certificate.ExportCertificatePem() + "\n", ["ssl.key"] = key };
    }

    /// <summary>Signs a request, as a CA does.</summary>
    public string Sign(CertificateRequest request, DateTimeOffset now, int days)
    {
        using var issuerKey = _intermediate.GetECDsaPrivateKey();
        var signed = new CertificateRequest(request.SubjectName, request.PublicKey, HashAlgorithmName.SHA256);
        foreach (var extension in request.CertificateExtensions)
            signed.CertificateExtensions.Add(extension);
        signed.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_intermediate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = signed.Create(_intermediate.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey!), now.AddHours(-1), now.AddDays(days), RandomNumberGenerator.GetBytes(12)); // made with one
        return certificate.ExportCertificatePem() + "\n";
    }

    private static X509Certificate2 Sign(string subject, X509Certificate2? issuer, DateTimeOffset notBefore, DateTimeOffset notAfter, bool isAuthority, out string keyPem, params string[] names)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (isAuthority)
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        if (names.Length > 0)
        {
            var alternative = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
                alternative.AddDnsName(name);
            request.CertificateExtensions.Add(alternative.Build());
        }

        if (issuer is not null)
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var issuerKey = issuer?.GetECDsaPrivateKey() ?? ECDsa.Create(key.ExportParameters(includePrivateParameters: true));
        using var made = request.Create(issuer?.SubjectName ?? request.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), notBefore, notAfter, RandomNumberGenerator.GetBytes(12));
        keyPem = key.ExportPkcs8PrivateKeyPem() + "\n";
        return made.CopyWithPrivateKey(key);
    }
}
