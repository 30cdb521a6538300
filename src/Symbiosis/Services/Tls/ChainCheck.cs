using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Model;

namespace Symbiosis.Services.Tls;

/// <summary>The certificates everybody trusts: those of the system, found by their subject.</summary>
public sealed class TrustStore
{
    private readonly ILookup<string, X509Certificate2> _bySubject;

    /// <summary>Takes the roots. Loading them is the caller's work, once.</summary>
    public TrustStore(IEnumerable<X509Certificate2> roots) => _bySubject = roots.ToLookup(root => Convert.ToHexString(root.SubjectName.RawData), StringComparer.Ordinal);

    /// <summary>A store that trusts nobody.</summary>
    public static TrustStore Empty { get; } = new([]);

    /// <summary>Roots with a subject.</summary>
    internal IEnumerable<X509Certificate2> Find(X500DistinguishedName subject) => _bySubject[Convert.ToHexString(subject.RawData)];

    /// <summary>Reads the certificates of a bundle such as <c>/etc/ssl/certs/ca-certificates.crt</c>. What cannot be parsed is left out.</summary>
    public static TrustStore Parse(string pem)
    {
        var roots = new List<X509Certificate2>();
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            try
            {
                if (rest[fields.Label] is "CERTIFICATE")
                    roots.Add(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
            }
            catch (CryptographicException)
            {
                // One root that this library does not know is no reason to trust none, ignoring.
            }

            rest = rest[fields.Location.End..];
        }

        return new TrustStore(roots);
    }
}

/// <summary>Whether a certificate leads to a root (TLS-9, TLS-10), by the library's own path building (RFC 5280 §6).</summary>
internal static class ChainCheck
{
    private static readonly Oid _serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>What was found.</summary>
    /// <param name="Fault">Why there is no trust, with OpenSSL's number; null when there is.</param>
    /// <param name="Intermediates">The certificates to send after the first, in order, without the root.</param>
    public sealed record Result(string? Fault, ValueList<ByteString> Intermediates);

    /// <summary>True when a certificate is its own issuer and its signature is made with its own key.</summary>
    public static bool IsSelfSigned(X509Certificate2 certificate)
    {
        if (!certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            return false;
        // A CA that issued a certificate for its own name has another key identifier in it.
        using var chain = NewChain();
        chain.ChainPolicy.CustomTrustStore.Add(certificate);
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllFlags;
        chain.Build(certificate);
        return chain.ChainElements.Count == 1 && !chain.ChainStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotSignatureValid));
    }

    /// <summary>Builds the chain.</summary>
    /// <param name="certificate">The certificate at its end.</param>
    /// <param name="others">What came with it. A self-signed CA certificate among them is trusted: that is how a private CA is used (TLS-9).</param>
    /// <param name="trust">The roots of the system.</param>
    /// <param name="now">The present time.</param>
    public static Result Build(X509Certificate2 certificate, IReadOnlyList<X509Certificate2> others, TrustStore trust, DateTimeOffset now)
    {
        using var chain = NewChain();
        var roots = others.Where(other => IsAuthority(other) && other.SubjectName.RawData.AsSpan().SequenceEqual(other.IssuerName.RawData)).ToList();
        foreach (var root in roots.Concat(others.Prepend(certificate).SelectMany(one => trust.Find(one.IssuerName))).Distinct())
            chain.ChainPolicy.CustomTrustStore.Add(root);
        foreach (var other in others.Except(roots))
            chain.ChainPolicy.ExtraStore.Add(other);
        // The dates of the certificate itself are judged apart from its chain.
        var end = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        var begin = new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero);
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = (now > end ? end : now < begin ? begin : now).LocalDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(_serverAuthentication);
        var isGood = chain.Build(certificate);
        var intermediates = chain.ChainElements.Skip(1).Select(element => element.Certificate).Where(one => !one.SubjectName.RawData.AsSpan().SequenceEqual(one.IssuerName.RawData)).Select(one => (ByteString)one.RawData).ToValueList();
        return new Result(isGood ? null : Describe(chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status)), intermediates);
    }

    private static X509Chain NewChain() => new()
    {
        ChainPolicy =
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };

    private static bool IsAuthority(X509Certificate2 certificate)
    {
        try
        {
            return certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    // Numbers of verify(1ssl), which administrators search for.
    private static string Describe(X509ChainStatusFlags status) => status switch
    {
        _ when status.HasFlag(X509ChainStatusFlags.PartialChain) => "intermediate bundle is missing (20)",
        _ when status.HasFlag(X509ChainStatusFlags.UntrustedRoot) => "self-signed certificate in certificate chain (19)",
        _ when status.HasFlag(X509ChainStatusFlags.NotSignatureValid) => "certificate signature failure (7)",
        _ when status.HasFlag(X509ChainStatusFlags.NotTimeValid) => "a certificate of the chain has expired (10)",
        _ when status.HasFlag(X509ChainStatusFlags.NotValidForUsage) => "unsuitable certificate purpose (26)",
        _ when status.HasFlag(X509ChainStatusFlags.InvalidBasicConstraints) => "invalid CA certificate (79)",
        _ => $"{status} (1)",
    };
}
