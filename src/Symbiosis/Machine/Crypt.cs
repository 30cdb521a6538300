using System.Security.Cryptography;
using System.Text;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>What checking a password gave.</summary>
public enum PasswordCheck
{
    /// <summary>It is not the password, or nobody can log in.</summary>
    Refused,

    /// <summary>It is the password.</summary>
    Accepted,

    /// <summary>Only Dovecot can tell (<c>{ARGON2ID}</c>).</summary>
    CannotTell,
}

/// <summary>
/// crypt(3) of libxcrypt, the same code every daemon of the host uses. A pure function in a C library: same password and salt, same hash.
/// </summary>
public static class Crypt
{
    /// <summary>SHA-512 crypt, which Dovecot 2.3 and 2.4, Exim, PAM and an original installation all understand (CORE-32, MAIL-61).</summary>
    /// <param name="password">The password in clear.</param>
    /// <param name="salt">8 to 16 characters of <c>A-Za-z0-9./</c>.</param>
    /// <returns><c>$6$salt$hash</c>, without prefix.</returns>
    public static string HashSha512(ReadOnlySpan<byte> password, string salt)
    {
        if (salt.Length is < 8 or > 16 || !salt.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/'))
            throw new ArgumentException("a salt has 8 to 16 characters of the crypt alphabet", nameof(salt));
        return Compute(password, "$6$" + salt) ?? throw new InvalidOperationException("crypt(3) does not know SHA-512");
    }

    /// <summary>Compares a password that was given with the stored one, in constant time over the stored text (CORE-30).</summary>
    public static PasswordCheck Check(StoredPassword stored, ReadOnlySpan<byte> given)
    {
        if (given.IsEmpty || given.Contains((byte)0))
            return PasswordCheck.Refused; // CORE-29
        var accepted = stored switch
        {
            StoredPassword.Plain plain => CryptographicOperations.FixedTimeEquals(plain.Bytes, given),
            StoredPassword.Hash { IsCrypt: true } hash => Compute(given, hash.Value) is { } computed && SameText(computed, hash.Value),
            StoredPassword.Hash { Scheme: HashScheme.SaltedSha256 } hash => CheckSalted(hash.Value, given, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes),
            StoredPassword.Hash { Scheme: HashScheme.SaltedSha512 } hash => CheckSalted(hash.Value, given, HashAlgorithmName.SHA512, SHA512.HashSizeInBytes),
            _ => false,
        };
        if (stored is StoredPassword.Hash { Scheme: HashScheme.Argon2Id })
            return PasswordCheck.CannotTell;
        return accepted ? PasswordCheck.Accepted : PasswordCheck.Refused;
    }

    private static bool SameText(string left, string right) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(left), Encoding.ASCII.GetBytes(right));

    // RFC 2307 style: base64 of digest(password + salt) followed by the salt.
    private static bool CheckSalted(string base64, ReadOnlySpan<byte> given, HashAlgorithmName algorithm, int digestLength)
    {
        var stored = Convert.FromBase64String(base64);
        var digest = CryptographicOperations.HashData(algorithm, [.. given, .. stored.AsSpan(digestLength)]);
        return CryptographicOperations.FixedTimeEquals(digest, stored.AsSpan(0, digestLength));
    }

    // Null when crypt(3) does not accept the setting. The work area is wiped: it holds the password.
    private static unsafe string? Compute(ReadOnlySpan<byte> password, string setting)
    {
        var phrase = new byte[password.Length + 1];
        password.CopyTo(phrase);
        var settingBytes = FileDescriptor.NulTerminated(setting);
        var work = new byte[CryptH.CRYPT_DATA_SIZE];
        try
        {
            fixed (byte* phraseStart = phrase, settingStart = settingBytes, workStart = work)
            {
                var result = CryptH.crypt_r(phraseStart, settingStart, workStart);
                if (result == null || *result == (byte)'*')
                    return null;
                return System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)result);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(work);
            CryptographicOperations.ZeroMemory(phrase);
        }
    }
}
