using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>
/// The key a domain signs its mail with (DKIM, RFC 6376; MAIL-120 to MAIL-122): an RSA key in PEM in <c>config/dkim.key</c>, and the selector in <c>config/dkim</c>. Its public part belongs
/// into the TXT record <c>SELECTOR._domainkey.DOMAIN</c>.
/// </summary>
/// <param name="Selector">Names the key among the domain's.</param>
/// <param name="Bits">Its length.</param>
/// <param name="PublicKey">The public part, base64 (RFC 6376 §3.6.1, tag p).</param>
internal sealed partial record DkimKey(string Selector, int Bits, string PublicKey)
{
    /// <summary>Length of keys we make.</summary>
    public const int GeneratedBits = 2048;

    /// <summary>Shorter keys are worth nothing: receivers ignore their signatures (RFC 8301 §3.2).</summary>
    private const int MinBits = 1024;

    /// <summary>The text of the TXT record.</summary>
    public string Record => $"v=DKIM1; k=rsa; p={PublicKey}";

    /// <summary>Reads a key, or says what is wrong with it, never with any part of it.</summary>
    public static DkimKey? Parse(string pem, string selector, out string? fault)
    {
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            _ = rsa.ExportRSAPrivateKey();
        }
        catch (Exception wrong) when (wrong is ArgumentException or CryptographicException)
        {
            fault = "it is not an RSA private key in PEM";
            return null;
        }

        fault = rsa.KeySize < MinBits ? $"it has {rsa.KeySize} bits, and receivers ignore keys with less than {MinBits}" : null;
        return fault is null ? new DkimKey(selector, rsa.KeySize, Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())) : null;
    }

    /// <summary>The selector that a file names: its first word of letters, digits, <c>_</c> and <c>-</c> with dots between; else the first label of the host (MAIL-120).</summary>
    public static string SelectorOf(string text, DomainName host) =>
        SelectorPattern().Match(text.ToLowerInvariant()) is { Success: true } match ? match.Value : host.Value.Split('.')[0] is { Length: > 0 } label ? label : "default";

    /// <summary>A new key in PEM.</summary>
    public static string Generate()
    {
        using var rsa = RSA.Create(GeneratedBits);
        return rsa.ExportPkcs8PrivateKeyPem() + "\n";
    }

    [GeneratedRegex(@"[_a-z0-9-]+(\.[_a-z0-9-]+)*", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SelectorPattern();
}
