using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Services.Tls;

/// <summary>
/// Makes a <see cref="CertificateSet"/> of the files in one directory (TLS-6, TLS-7, TLS-12). The files come from tenants: whatever is in them becomes a set or a reason, never an exception. Each
/// key and certificate is parsed once, however many of the files hold it.
/// </summary>
internal static class SetParser
{
    /// <summary>Files that may hold a certificate or key, in the order in which keys are tried (TLS-6).</summary>
    public static readonly string[] PairFiles = ["ssl.combined", "ssl.key", "ssl.crt", "ssl.cert", "ssl.pem"];

    /// <summary>The file with intermediates.</summary>
    public const string BundleFile = "ssl.bundle";

    // More than any honest chain has.
    private const int MaxCertificates = 20;

    private const string RsaOid = "1.2.840.113549.1.1.1";

    /// <summary>The set, or null with the reason why there is none.</summary>
    /// <param name="name">Name of the set.</param>
    /// <param name="files">Content by file name; names that are not of a set are ignored.</param>
    /// <param name="trust">The certificates everybody trusts.</param>
    /// <param name="now">The present time.</param>
    /// <param name="reason">Why there is no set, in words; null when the directory holds none of the files.</param>
    public static CertificateSet? Parse(string name, IReadOnlyDictionary<string, string> files, TrustStore trust, DateTimeOffset now, out string? reason)
    {
        using var parsed = new ParsedFiles();
        var certificates = new List<X509Certificate2>();
        var keys = new List<PrivateKey>();
        var others = new List<X509Certificate2>();
        var hasFiles = false;
        foreach (var file in PairFiles)
        {
            if (!files.TryGetValue(file, out var text))
                continue;
            hasFiles = true;
            var (found, key) = parsed.Read(text);
            others.AddRange(found.Skip(1));
            if (found.Count > 0 && key is not null && !key.Fits(found[0]))
                continue; // a file with both that do not match counts for neither
            if (found.Count > 0 && !certificates.Contains(found[0]))
                certificates.Add(found[0]);
            if (key is not null && !keys.Contains(key))
                keys.Add(key);
        }

        if (files.TryGetValue(BundleFile, out var bundle))
            others.AddRange(parsed.Read(bundle).Certificates);
        reason = !hasFiles ? null
            : parsed.Fault is { } fault && (certificates.Count == 0 || keys.Count == 0) ? fault
            : certificates.Count == 0 ? "there is no certificate in it"
            : keys.Count == 0 ? "there is no private key in it"
            : "no key in it fits a certificate in it";
        var ordered = certificates.OrderBy(certificate => certificate.NotBefore <= now.LocalDateTime && certificate.NotAfter >= now.LocalDateTime ? 0 : 1).ThenByDescending(certificate => certificate.NotAfter);
        foreach (var certificate in ordered)
        {
            if (keys.Find(key => key.Fits(certificate)) is { } key)
            {
                reason = null;
                return Describe(name, certificate, key, others.Distinct().Where(other => !other.Equals(certificate)).Take(MaxCertificates).ToList(), trust, now);
            }
        }

        return null;
    }

    private static CertificateSet Describe(string name, X509Certificate2 certificate, PrivateKey key, List<X509Certificate2> others, TrustStore trust, DateTimeOffset now)
    {
        var isSelfSigned = ChainCheck.IsSelfSigned(certificate);
        var fault = WeaknessOf(certificate, key);
        ValueList<ByteString> bundle = [];
        if (!isSelfSigned)
        {
            var chain = ChainCheck.Build(certificate, others, trust, now);
            bundle = chain.Intermediates;
            fault ??= chain.Fault;
        }

        return new CertificateSet(name)
        {
            Certificate = certificate.RawData,
            Key = key.Pkcs8,
            Bundle = bundle,
            NotBefore = new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero),
            NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero),
            Names = NamesOf(certificate),
            Issuer = SlashForm(certificate.IssuerName),
            IsSelfSigned = isSelfSigned,
            Fault = fault,
            RenewalId = RenewalIdOf(certificate),
        };
    }

    /// <summary>The names a certificate is for.</summary>
    internal static ValueList<string> NamesOf(X509Certificate2 certificate)
    {
        // The common name counts only when there is no subject alternative name at all (RFC 6125 §6.4.4).
        var extension = certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == "2.5.29.17");
        try
        {
            return extension is not null
                ? new X509SubjectAlternativeNameExtension(extension.RawData).EnumerateDnsNames().Select(name => name.ToLowerInvariant()).Distinct().ToValueList()
                : certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } common ? [common.ToLowerInvariant()] : [];
        }
        catch (CryptographicException)
        {
            return []; // an extension that cannot be read names nothing
        }
    }

    private static string? WeaknessOf(X509Certificate2 certificate, PrivateKey key) => certificate.SignatureAlgorithm.Value switch
    {
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.2" => "its signature uses MD5",
        "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" => "its signature uses SHA-1",
        _ => key.Weakness,
    };

    private static string SlashForm(X500DistinguishedName name)
    {
        var text = new StringBuilder();
        try
        {
            foreach (var part in name.EnumerateRelativeDistinguishedNames(reversed: false).Where(part => !part.HasMultipleElements))
            {
                text.Append('/').Append(part.GetSingleElementType().Value switch
                {
                    "2.5.4.3" => "CN",
                    "2.5.4.6" => "C",
                    "2.5.4.7" => "L",
                    "2.5.4.8" => "ST",
                    "2.5.4.10" => "O",
                    "2.5.4.11" => "OU",
                    var other => other,
                }).Append('=').Append(part.GetSingleElementValue());
            }
        }
        catch (CryptographicException)
        {
            return "/?"; // not a name anybody could read
        }

        return text.ToString();
    }

    // RFC 9773 §4.1: both as base64url, of the key identifier's bytes and of the serial number's content bytes.
    private static string? RenewalIdOf(X509Certificate2 certificate)
    {
        try
        {
            var extension = certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == "2.5.29.35");
            return extension is not null && new X509AuthorityKeyIdentifierExtension(extension.RawData).KeyIdentifier is { } authority
                ? $"{System.Buffers.Text.Base64Url.EncodeToString(authority.Span)}.{System.Buffers.Text.Base64Url.EncodeToString(certificate.SerialNumberBytes.Span)}"
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed class PrivateKey(byte[] pkcs8, byte[] publicKey, string? weakness)
    {
        public byte[] Pkcs8 => pkcs8;

        /// <summary>Why it must not be used (TLS-9), or null.</summary>
        public string? Weakness => weakness;

        public bool Fits(X509Certificate2 certificate) => certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey);
    }

    /// <summary>Keys and certificates by their bytes.</summary>
    private sealed class ParsedFiles : IDisposable
    {
        private readonly Dictionary<string, X509Certificate2> _certificates = new(StringComparer.Ordinal);
        private readonly Dictionary<string, PrivateKey> _keys = new(StringComparer.Ordinal);

        /// <summary>What could not be parsed.</summary>
        public string? Fault { get; private set; }

        public (List<X509Certificate2> Certificates, PrivateKey? Key) Read(string text)
        {
            var certificates = new List<X509Certificate2>();
            PrivateKey? key = null;
            var rest = text.AsSpan();
            while (certificates.Count < MaxCertificates && PemEncoding.TryFind(rest, out var fields))
            {
                var label = rest[fields.Label];
                var body = rest[fields.Base64Data];
                if (label is "CERTIFICATE")
                    certificates.AddRange(ReadCertificate(body) is { } certificate ? [certificate] : []);
                else if (label is "PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY")
                    key ??= ReadKey(label, body);
                else if (label is "ENCRYPTED PRIVATE KEY")
                    Fault = "its private key is encrypted; write it without a password";
                rest = rest[fields.Location.End..];
            }

            return (certificates, key);
        }

        public void Dispose()
        {
            foreach (var certificate in _certificates.Values)
                certificate.Dispose();
        }

        private X509Certificate2? ReadCertificate(ReadOnlySpan<char> body)
        {
            var known = body.ToString();
            if (_certificates.TryGetValue(known, out var certificate))
                return certificate;
            try
            {
                return _certificates[known] = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(known));
            }
            catch (Exception unreadable) when (unreadable is CryptographicException or FormatException)
            {
                Fault = "a certificate in it cannot be parsed";
                return null;
            }
        }

        private PrivateKey? ReadKey(ReadOnlySpan<char> label, ReadOnlySpan<char> body)
        {
            var known = body.ToString();
            if (_keys.TryGetValue(known, out var key))
                return key;
            try
            {
                var der = Convert.FromBase64String(known);
                var isRsa = label is "RSA PRIVATE KEY" || (label is "PRIVATE KEY" && AlgorithmOf(der) == RsaOid);
                return _keys[known] = isRsa ? ReadRsa(der, isPkcs8: label is "PRIVATE KEY") : ReadElliptic(der, isPkcs8: label is "PRIVATE KEY");
            }
            catch (Exception unreadable) when (unreadable is CryptographicException or FormatException or AsnContentException or PlatformNotSupportedException)
            {
                Fault = "its private key is neither RSA nor ECDSA, or cannot be parsed";
                return null;
            }
        }

        private static PrivateKey ReadRsa(byte[] der, bool isPkcs8)
        {
            using var rsa = RSA.Create();
            if (isPkcs8)
                rsa.ImportPkcs8PrivateKey(der, out _);
            else
                rsa.ImportRSAPrivateKey(der, out _);
            return new PrivateKey(isPkcs8 ? der : rsa.ExportPkcs8PrivateKey(), rsa.ExportSubjectPublicKeyInfo(), rsa.KeySize < 2048 ? $"its RSA key has {rsa.KeySize} bits, 2048 are needed" : null);
        }

        private static PrivateKey ReadElliptic(byte[] der, bool isPkcs8)
        {
            using var ecdsa = ECDsa.Create();
            if (isPkcs8)
                ecdsa.ImportPkcs8PrivateKey(der, out _);
            else
                ecdsa.ImportECPrivateKey(der, out _);
            return new PrivateKey(isPkcs8 ? der : ecdsa.ExportPkcs8PrivateKey(), ecdsa.ExportSubjectPublicKeyInfo(), ecdsa.KeySize is 256 or 384 ? null : $"its key is on a curve of {ecdsa.KeySize} bits; P-256 and P-384 are supported");
        }

        // PrivateKeyInfo ::= SEQUENCE { version, SEQUENCE { algorithm, … }, … } (RFC 5958)
        private static string AlgorithmOf(byte[] der)
        {
            var info = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
            _ = info.ReadInteger();
            return info.ReadSequence().ReadObjectIdentifier();
        }
    }
}
