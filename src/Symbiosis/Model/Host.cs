using System.Security.Cryptography;
using System.Text;
using Symbiosis.Tree;

namespace Symbiosis.Model;

/// <summary>What must be known about the machine, as a value. Reading it is the work of <c>Machine</c>.</summary>
public sealed record Host
{
    /// <summary>The host's own full name (CORE-61).</summary>
    public required DomainName Name { get; init; }

    /// <summary>Primary IPv4 address, or null (CORE-54).</summary>
    public string? PrimaryIPv4 { get; init; }

    /// <summary>Primary IPv6 address, or null (CORE-54).</summary>
    public string? PrimaryIPv6 { get; init; }

    /// <summary>Networks of the primary interface's global IPv6 addresses, as <c>2001:db8::/64</c> (CORE-55).</summary>
    public ValueList<string> IPv6Ranges { get; init; }

    /// <summary>All addresses configured on the host, as text.</summary>
    public ValueList<string> Addresses { get; init; }

    /// <summary>The uid of the account that owns <c>/srv</c>, 1000 on a fresh host.</summary>
    public uint AdminUid { get; init; } = 1000;

    /// <summary>Versions of the daemon packages installed now, by package name (<c>exim4-daemon-heavy</c>, <c>dovecot-core</c>, <c>apache2</c>, <c>php8.4-fpm</c>).</summary>
    public ValueList<InstalledPackage> Packages { get; init; }

    /// <summary>Unix accounts that may have mail (MAIL-58), sorted by name.</summary>
    public ValueList<UnixUser> Users { get; init; }

    /// <summary>The host certificate that daemons use now, or null when there is none that can be read.</summary>
    public PublishedCertificate? Certificate { get; init; }

    /// <summary>The time this snapshot was read; rendering knows no other clock.</summary>
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>Host-wide settings and snippets below <c>/etc</c>.</summary>
    public required HostTree Tree { get; init; }

    /// <summary>The host's own secret, from which salts are derived. Never printed.</summary>
    public required HostSecret Secret { get; init; }

    /// <summary>The upstream version of a package without epoch and Debian revision, or null when it is not installed.</summary>
    public string? VersionOf(string package)
    {
        foreach (var installed in Packages)
        {
            if (installed.Name == package)
                return installed.UpstreamVersion;
        }

        return null;
    }
}

/// <summary>A package that is installed and configured.</summary>
/// <param name="Name">Package name.</param>
/// <param name="Version">Full Debian version, such as <c>1:2.3.19.1+dfsg1-2.1+deb12u1</c>.</param>
public sealed record InstalledPackage(string Name, string Version)
{
    /// <summary>The part between epoch and Debian revision: <c>2.3.19.1+dfsg1</c>.</summary>
    public string UpstreamVersion
    {
        get
        {
            var withoutEpoch = Version[(Version.IndexOf(':') + 1)..];
            return withoutEpoch.LastIndexOf('-') is var dash and > 0 ? withoutEpoch[..dash] : withoutEpoch;
        }
    }
}

/// <summary>A unix account with its dotted mail settings (MAIL-58).</summary>
public sealed record UnixUser(string Name, uint Uid, uint Gid, string Home)
{
    /// <summary>Files of the home directory that a <c>~/…</c> setting declares, by path below the home.</summary>
    public required DomainTree Tree { get; init; }
}

/// <summary>Random bytes made at installation. Prints as <c>[redacted]</c>.</summary>
public sealed class HostSecret(byte[] key)
{
    private const string CryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The bytes; at least 32.</summary>
    public ReadOnlySpan<byte> Key => key;

    /// <summary>
    /// A salt of 16 characters for hashing a plain password. It depends on nothing but this secret and its arguments, so rendering the same tree twice gives the same bytes (CORE-39), and
    /// without the secret it cannot be told from a random one.
    /// </summary>
    /// <param name="purpose">What the hash is for, such as <c>mailbox</c>; keeps uses apart.</param>
    /// <param name="account">Whose password it is, such as <c>bob@example.com</c>: equal passwords of two people have different salts.</param>
    /// <param name="password">The password: a new one has a new salt.</param>
    public string DeriveSalt(string purpose, string account, ReadOnlySpan<byte> password)
    {
        // NUL separates: neither names nor passwords hold one.
        var digest = HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes(purpose), 0, .. Encoding.UTF8.GetBytes(account), 0, .. password]);
        return string.Create(16, digest, (salt, bytes) =>
        {
            for (var i = 0; i < salt.Length; i++)
                salt[i] = CryptAlphabet[bytes[i] & 63];
        });
    }

    /// <summary>A key of 64 hexadecimal digits for one purpose. It depends on nothing but this secret and the purpose, and tells nothing of either.</summary>
    /// <param name="purpose">What the key is for, such as <c>mail-srs</c>.</param>
    public string DeriveKey(string purpose) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes("key " + purpose)));

    /// <inheritdoc />
    public override string ToString() => "[redacted]";
}
