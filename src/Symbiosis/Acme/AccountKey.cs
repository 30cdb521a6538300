using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Symbiosis.Acme;

/// <summary>
/// The key of an account, as JSON Web Signatures need it (RFC 7515, RFC 7518): ES256, ES384 or RS256. Prints nothing of itself.
/// </summary>
internal sealed class AccountKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    private AccountKey(AsymmetricAlgorithm key) => _key = key;

    /// <summary>Makes a new key.</summary>
    public static AccountKey Create(bool isRsa, int rsaBits) => new(isRsa ? RSA.Create(rsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key in PEM, or returns null when it is neither RSA nor ECDSA on P-256 or P-384.</summary>
    public static AccountKey? Parse(string pem)
    {
        AsymmetricAlgorithm elliptic = ECDsa.Create(), rsa = RSA.Create();
        foreach (var key in (AsymmetricAlgorithm[])[elliptic, rsa])
        {
            try
            {
                key.ImportFromPem(pem);
                (key == rsa ? elliptic : rsa).Dispose();
                if (key.KeySize is 256 or 384 or >= 2048)
                    return new AccountKey(key);
                key.Dispose();
                return null;
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                // Not of this sort; the other is tried.
            }
        }

        elliptic.Dispose();
        rsa.Dispose();
        return null;
    }

    /// <summary>The key as PKCS#8 PEM.</summary>
    public string Pem => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>Value of <c>alg</c>.</summary>
    public string Algorithm => _key is RSA ? "RS256" : _key.KeySize == 384 ? "ES384" : "ES256";

    /// <summary>The public key (RFC 7517), with its members in the order that RFC 7638 §3.3 wants.</summary>
    public JsonObject PublicKey
    {
        get
        {
            if (_key is RSA rsa)
            {
                var numbers = rsa.ExportParameters(includePrivateParameters: false);
                return new JsonObject { ["e"] = Base64Url.EncodeToString(numbers.Exponent), ["kty"] = "RSA", ["n"] = Base64Url.EncodeToString(numbers.Modulus) };
            }

            var point = ((ECDsa)_key).ExportParameters(includePrivateParameters: false).Q;
            return new JsonObject { ["crv"] = _key.KeySize == 384 ? "P-384" : "P-256", ["kty"] = "EC", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }

    /// <summary>Thumbprint of the public key (RFC 7638), base64url.</summary>
    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(PublicKey.ToJsonString())));

    /// <summary>What a challenge's answer consists of (RFC 8555 §8.1).</summary>
    public string Authorize(string token) => $"{token}.{Thumbprint}";

    /// <summary>Signs a request (RFC 8555 §6.2).</summary>
    /// <param name="header">Protected header without <c>alg</c>.</param>
    /// <param name="payload">JSON, or the empty string for POST-as-GET.</param>
    public JsonObject Sign(JsonObject header, string payload)
    {
        header["alg"] = Algorithm;
        var (head, body) = (Encode(header.ToJsonString()), Encode(payload));
        var text = Encoding.ASCII.GetBytes($"{head}.{body}");
        var signature = _key is RSA rsa
            ? rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : ((ECDsa)_key).SignData(text, _key.KeySize == 384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new JsonObject { ["protected"] = head, ["payload"] = body, ["signature"] = Base64Url.EncodeToString(signature) };
    }

    /// <summary>Binds this key to an account at the CA that was made by other means (RFC 8555 §7.3.4).</summary>
    public JsonObject Bind(ExternalAccount account, Uri newAccount)
    {
        var head = Encode(new JsonObject { ["alg"] = "HS256", ["kid"] = account.KeyId, ["url"] = newAccount.ToString() }.ToJsonString());
        var body = Encode(PublicKey.ToJsonString());
        return new JsonObject { ["protected"] = head, ["payload"] = body, ["signature"] = Base64Url.EncodeToString(HMACSHA256.HashData(account.MacKey, Encoding.ASCII.GetBytes($"{head}.{body}"))) };
    }

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}

/// <summary>An account at the CA that exists already (RFC 8555 §7.3.4).</summary>
internal sealed class ExternalAccount(string keyId, byte[] macKey)
{
    /// <summary>The identifier the CA gave.</summary>
    public string KeyId => keyId;

    /// <summary>The key the CA gave.</summary>
    public byte[] MacKey => macKey;
}
