using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Services;

/// <summary>
/// Hashes of plain passwords (MAIL-61, MAIL-172). The salt is made from the host's secret, the address and the password, so the same password always gives the same text and rendering
/// stays pure; two mailboxes with one password, or one mailbox on two hosts, still have different hashes.
/// </summary>
/// <remarks>A hash takes about two milliseconds. Those computed are remembered by salt, which names them, so a password that stays plain costs that once.</remarks>
internal sealed class PlainPasswords
{
    private const int SaltLength = 16;
    private const string SaltAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly ConcurrentDictionary<string, string> _hashes = new(StringComparer.Ordinal);

    /// <summary>The stored form: <c>{CRYPT}$6$salt$hash</c>.</summary>
    public string Hash(HostSecret secret, string address, StoredPassword.Plain password)
    {
        var salt = SaltFor(secret, address, password);
        return _hashes.GetOrAdd(salt, static (salt, password) => "{CRYPT}" + Crypt.HashSha512(password.Bytes, salt), password);
    }

    private static string SaltFor(HostSecret secret, string address, StoredPassword.Plain password)
    {
        var label = Encoding.UTF8.GetBytes($"mail-password {address}\0"); // an address has no NUL, so no two pairs give one text
        var digest = HMACSHA256.HashData(secret.Key, [.. label, .. password.Bytes]);
        return string.Create(SaltLength, digest, static (salt, digest) =>
        {
            for (var i = 0; i < salt.Length; i++)
                salt[i] = SaltAlphabet[digest[i] & 63];
        });
    }
}
