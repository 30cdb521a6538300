using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Symbiosis.Model;

/// <summary>How a stored hash is checked.</summary>
public enum HashScheme
{
    /// <summary>Old DES; only recognised with a <c>{CRYPT}</c> prefix.</summary>
    Des,

    /// <summary><c>$1$</c>.</summary>
    Md5Crypt,

    /// <summary><c>$2a$ $2b$ $2y$</c>.</summary>
    Bcrypt,

    /// <summary><c>$5$</c>.</summary>
    Sha256Crypt,

    /// <summary><c>$6$</c>.</summary>
    Sha512Crypt,

    /// <summary><c>$y$</c>.</summary>
    Yescrypt,

    /// <summary><c>$gy$</c>.</summary>
    GostYescrypt,

    /// <summary><c>$7$</c>.</summary>
    Scrypt,

    /// <summary>Dovecot's <c>{SSHA256}</c>.</summary>
    SaltedSha256,

    /// <summary>Dovecot's <c>{SSHA512}</c>.</summary>
    SaltedSha512,

    /// <summary>Dovecot's <c>{ARGON2ID}</c>, which only Dovecot can check.</summary>
    Argon2Id,
}

/// <summary>
/// What a password file asks for (CORE-20, CORE-29 to CORE-31, MAIL-60, MAIL-62). A text that is a hash, or looks like one that cannot be checked, is never accepted as the
/// password itself. Nothing of it prints.
/// </summary>
public abstract record StoredPassword
{
    /// <summary>libxcrypt hashes no longer ones (<c>CRYPT_MAX_PASSPHRASE_SIZE</c>, crypt(3)).</summary>
    private const int MaxPlainBytes = 511;

    private static readonly SearchValues<char> _hashCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./$=,+-_");

    private protected StoredPassword()
    {
    }

    /// <summary>Nobody can log in, because there is no usable password.</summary>
    /// <param name="Reason">In words, such as <c>the file is empty</c>.</param>
    public sealed record None(string Reason) : StoredPassword;

    /// <summary>A text in clear, compared byte by byte. Bytes, because invalid UTF-8 is kept (CORE-24).</summary>
    public sealed record Plain : StoredPassword
    {
        private readonly byte[] _bytes;

        internal Plain(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

        /// <summary>The password, trimmed.</summary>
        public ReadOnlySpan<byte> Bytes => _bytes;

        /// <summary>Equal when the passwords are.</summary>
        public bool Equals(Plain? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

        /// <inheritdoc />
        public override int GetHashCode() => _bytes.Length;

        /// <inheritdoc />
        public override string ToString() => "[redacted]";
    }

    /// <summary>A hash that can be checked.</summary>
    /// <param name="Scheme">How.</param>
    /// <param name="Value">The hash without any prefix: <c>$6$salt$...</c>, or base64 for Dovecot's own schemes.</param>
    public sealed record Hash(HashScheme Scheme, string Value) : StoredPassword
    {
        /// <summary>The form for a Dovecot passwd-file: always with a prefix, which 2.4 needs (MAIL-62).</summary>
        public string WithPrefix => Prefix + Value;

        /// <summary>The prefix of <see cref="WithPrefix"/>, with braces.</summary>
        public string Prefix => Scheme switch
        {
            HashScheme.SaltedSha256 => "{SSHA256}",
            HashScheme.SaltedSha512 => "{SSHA512}",
            HashScheme.Argon2Id => "{ARGON2ID}",
            _ => "{CRYPT}",
        };

        /// <summary>True for schemes that Dovecot 2.4 refuses as too weak (MAIL-62).</summary>
        public bool IsWeak => Scheme is HashScheme.Des or HashScheme.Md5Crypt;

        /// <summary>True when crypt(3) checks it.</summary>
        public bool IsCrypt => Scheme is not (HashScheme.SaltedSha256 or HashScheme.SaltedSha512 or HashScheme.Argon2Id);

        /// <inheritdoc />
        public override string ToString() => $"{Scheme} [redacted]";
    }

    /// <summary>Looks like a hash, but of a kind that is not accepted, or damaged. Nobody can log in.</summary>
    /// <param name="Reason">In words, without the text itself.</param>
    public sealed record Refused(string Reason) : StoredPassword;

    /// <summary>Classifies the content of a mailbox's <c>password</c>: the whole file, trimmed (CORE-31).</summary>
    public static StoredPassword Parse(ReadOnlySpan<byte> content)
    {
        if (content is [0xEF, 0xBB, 0xBF, ..])
            content = content[3..];
        var trimmed = Trim(content);
        if (trimmed.IsEmpty)
            return new None("the file is empty");
        if (trimmed.Contains((byte)0))
            return new Refused("it holds a NUL byte, which no login can send");
        var text = Encoding.Latin1.GetString(trimmed); // one character a byte: only ASCII is looked at
        if (text.Length <= "false".Length && text.ToLowerInvariant() is "yes" or "no" or "true" or "false")
            return new None($"'{text.ToLowerInvariant()}' is a switch, not a password (CORE-20)");
        if (ParseHash(text) is { } hash)
            return hash;
        var plain = WithoutCarriageReturns(trimmed);
        return plain.Length <= MaxPlainBytes ? new Plain(plain) : new Refused($"it has more than {MaxPlainBytes} bytes");
    }

    // Null when the text is neither a hash nor looks like one.
    private static StoredPassword? ParseHash(string text)
    {
        if (SplitPrefix(text) is not var (prefix, hash))
            return text.StartsWith('$') && IdOf(text) is { } id ? ParseCrypt(id, text) : null;
        return prefix switch
        {
            "CRYPT" => IdOf(hash) is { } crypt ? ParseCrypt(crypt, hash) : ParseDes(hash),
            "SHA512-CRYPT" => ParseCryptOf(hash, HashScheme.Sha512Crypt),
            "SHA256-CRYPT" => ParseCryptOf(hash, HashScheme.Sha256Crypt),
            "BLF-CRYPT" => ParseCryptOf(hash, HashScheme.Bcrypt),
            "SSHA256" => ParseSalted(hash, HashScheme.SaltedSha256, SHA256.HashSizeInBytes),
            "SSHA512" => ParseSalted(hash, HashScheme.SaltedSha512, SHA512.HashSizeInBytes),
            "ARGON2ID" => hash.StartsWith("$argon2id$", StringComparison.Ordinal) && IsHashText(hash) ? new Hash(HashScheme.Argon2Id, hash) : Damaged("argon2id"),
            _ when OtherDovecotSchemes.Contains(prefix) => new Refused($"the scheme {{{prefix}}} is not accepted"),
            _ => null,
        };
    }

    private static StoredPassword ParseCrypt(string id, string text)
    {
        HashScheme? scheme = id switch
        {
            "1" => HashScheme.Md5Crypt,
            "2a" or "2b" or "2y" => HashScheme.Bcrypt,
            "5" => HashScheme.Sha256Crypt,
            "6" => HashScheme.Sha512Crypt,
            "y" => HashScheme.Yescrypt,
            "gy" => HashScheme.GostYescrypt,
            "7" => HashScheme.Scrypt,
            _ => null,
        };
        if (scheme is not { } known)
            return new Refused($"hashes of the kind ${id}$ are not accepted");
        return IsHashText(text) && text.LastIndexOf('$') > id.Length + 1 ? new Hash(known, text) : Damaged($"${id}$");
    }

    private static StoredPassword ParseCryptOf(string text, HashScheme expected) =>
        IdOf(text) is { } id && ParseCrypt(id, text) is Hash hash && hash.Scheme == expected ? hash : Damaged(expected.ToString());

    private static StoredPassword ParseDes(string text) =>
        text.Length == 13 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/') ? new Hash(HashScheme.Des, text) : Damaged("{CRYPT}");

    private static StoredPassword ParseSalted(string text, HashScheme scheme, int digestLength)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length > digestLength ? new Hash(scheme, text) : Damaged(scheme.ToString());
    }

    private static Refused Damaged(string kind) => new($"it begins like a hash of the kind {kind} but is not a whole one");

    // "$id$" at the start, with the parameters some kinds put there ("$md5,rounds=904$").
    private static string? IdOf(string text)
    {
        if (!text.StartsWith('$') || text.IndexOf('$', 1) is not (> 1 and var end))
            return null;
        var id = text[1..end];
        return id.All(c => char.IsAsciiLetterOrDigit(c) || c is ',' or '=' or '-' or '_') ? id : null;
    }

    // A hash goes into colon-separated files: only the characters crypt(5) knows may be in it.
    private static bool IsHashText(string text) => !text.AsSpan().ContainsAnyExcept(_hashCharacters);

    private static (string Prefix, string Hash)? SplitPrefix(string text) =>
        text.StartsWith('{') && text.IndexOf('}', StringComparison.Ordinal) is > 1 and var end ? (text[1..end].ToUpperInvariant(), text[(end + 1)..]) : null;

    // doc: "Password schemes" of Dovecot. Listed, because any other text in braces is an ordinary password.
    private static readonly HashSet<string> OtherDovecotSchemes = new(StringComparer.Ordinal)
    {
        "PLAIN", "CLEAR", "CLEARTEXT", "PLAIN-MD4", "PLAIN-MD5", "PLAIN-TRUNC", "LDAP-MD5", "MD5", "MD5-CRYPT", "DES-CRYPT", "SHA", "SHA1", "SHA256", "SHA512", "SMD5", "SSHA", "CRAM-MD5",
        "DIGEST-MD5", "HMAC-MD5", "NTLM", "LANMAN", "NTLM-HASH", "RPA", "OTP", "SKEY", "SCRAM-SHA-1", "SCRAM-SHA-256", "PBKDF2", "ARGON2I",
    };

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes) => bytes.Trim(" \t\r\n\v\f"u8);

    // CORE-24: CR LF line ends are accepted; the password then has the line breaks a login can send.
    private static byte[] WithoutCarriageReturns(ReadOnlySpan<byte> bytes)
    {
        var result = new List<byte>(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '\r' || i + 1 == bytes.Length || bytes[i + 1] != '\n')
                result.Add(bytes[i]);
        }

        return [.. result];
    }
}
