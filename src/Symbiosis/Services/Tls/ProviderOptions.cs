using System.Text.RegularExpressions;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Tls;

/// <summary>
/// The options of a provider for one domain: each is looked up in the domain, then in the owner's home, then on the host (TLS-43). Tells where a value came from, because a tenant's word counts for less than
/// the administrator's.
/// </summary>
internal sealed partial class ProviderOptions(Domain domain, Host host, Provider provider)
{
    /// <summary>Where Let's Encrypt is found.</summary>
    public const string DefaultEndpoint = "https://acme-v02.api.letsencrypt.org/directory";

    /// <summary>The administrator's list of endpoints that tenants may name.</summary>
    public const string AllowedEndpointsPath = "/etc/symbiosis/ssl/letsencrypt/allowed-endpoints";

    /// <summary>Options by name, for the declaration of settings.</summary>
    public static readonly (string Provider, string Name, SettingForm Form, string Summary, string Default, string Example)[] Declared =
    [
        ("selfsigned", "lifetime", SettingForm.Text, "Validity of self-signed certificates, in days", "365", "90"),
        ("selfsigned", "rsa_key_size", SettingForm.Text, "Size of RSA keys in bits; when it is set, keys are RSA", "2048", "4096"),
        ("selfsigned", "key_type", SettingForm.Text, "Sort of new keys: ecdsa or rsa", "ecdsa", "rsa"),
        ("letsencrypt", "rsa_key_size", SettingForm.Text, "Size of RSA keys in bits; when it is set, keys are RSA", "2048", "4096"),
        ("letsencrypt", "key_type", SettingForm.Text, "Sort of new keys: ecdsa or rsa", "ecdsa", "rsa"),
        ("letsencrypt", "email", SettingForm.Text, "Address the CA may write to", "root at the host", "hostmaster@example.com"),
        ("letsencrypt", "endpoint", SettingForm.Text, "Directory of the CA's ACME service (RFC 8555)", DefaultEndpoint, "https://acme-staging-v02.api.letsencrypt.org/directory"),
        ("letsencrypt", "docroot", SettingForm.Text, "A directory of the domain in which challenges are also put, for a web server elsewhere", "absent", "/srv/example.com/public/htdocs"),
        ("letsencrypt", "profile", SettingForm.Text, "Profile of certificates that the CA offers", "the CA's default", "tlsserver"),
        ("letsencrypt", "account_key", SettingForm.Secret, "Private key of the account, PEM", "made once for the host", "-----BEGIN PRIVATE KEY-----"),
        ("letsencrypt", "eab_kid", SettingForm.Text, "Key identifier for external account binding", "absent", "kid-1"),
        ("letsencrypt", "eab_hmac_key", SettingForm.Secret, "MAC key for external account binding, base64url", "absent", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"),
    ];

    /// <summary>The provider.</summary>
    public Provider Provider => provider;

    /// <summary>A value as text, trimmed, and whether a tenant wrote it; null when nobody set it.</summary>
    public (string Text, bool IsTenants)? Find(string name)
    {
        if (provider.Directory is not { } directory)
            return null;
        if (TextOf(domain.Tree[$"config/ssl/{directory}/{name}"]) is { } own)
            return (own, true);
        var home = host.Users.FirstOrDefault(user => user.Uid == domain.Owner.Uid);
        if (home is not null && TextOf(home.Tree[$".symbiosis/ssl/{directory}/{name}"]) is { } owners)
            return (owners, home.Uid != host.AdminUid);
        return TextOf(host.Tree[$"/etc/symbiosis/ssl/{directory}/{name}"]) is { } hosts ? (hosts, false) : null;
    }

    /// <summary>The sort of new keys.</summary>
    public KeyChoice Key
    {
        get
        {
            var size = Find("rsa_key_size");
            var bits = int.TryParse(size?.Text, out var number) && number is >= 2048 and <= 8192 ? number : 2048;
            return new KeyChoice(Find("key_type")?.Text.ToLowerInvariant() switch { "rsa" => true, "ecdsa" => false, _ => size is not null }, bits);
        }
    }

    /// <summary>Validity of self-signed certificates in days.</summary>
    public int LifetimeDays => int.TryParse(Find("lifetime")?.Text, out var days) && days is >= 1 and <= 36500 ? days : TlsModule.DefaultLifetimeDays;

    /// <summary>The contact for the CA, as an address; null when there is none that the world could write to (TLS-45).</summary>
    public string? Email
    {
        get
        {
            if (Find("email") is { } set && Address().Match(set.Text) is { Success: true } match)
                return match.Value;
            return WantedNames.IsPublic(host.Name) ? $"root@{host.Name}" : null;
        }
    }

    /// <summary>Name of a profile, or null.</summary>
    public string? Profile => Find("profile")?.Text is { Length: > 0 and <= 64 } name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? name : null;

    /// <summary>The CA to ask. Null with the reason when a tenant named one that is not allowed.</summary>
    public Endpoint? FindEndpoint(out string? reason)
    {
        reason = null;
        if (Find("endpoint") is not { } set)
            return new Endpoint(new Uri(DefaultEndpoint), IsTenants: false);
        if (!Uri.TryCreate(set.Text, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps || uri.UserInfo.Length > 0)
            reason = "the endpoint is not an https address";
        else if (set.IsTenants && TextOf(host.Tree[AllowedEndpointsPath]) is { } allowed && !allowed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Contains(set.Text, StringComparer.Ordinal))
            reason = $"the endpoint is not one of those in {AllowedEndpointsPath}";
        else
            return new Endpoint(uri, set.IsTenants);
        return null;
    }

    /// <summary>A CA.</summary>
    /// <param name="Directory">Its directory object (RFC 8555 §7.1.1).</param>
    /// <param name="IsTenants">True when a tenant named it: it must not be an internal address then.</param>
    internal sealed record Endpoint(Uri Directory, bool IsTenants);

    private static string? TextOf(TreeNode node) => node.Kind == NodeKind.File && node.Content.Length is > 0 and <= 65536 && node.Text.Trim() is { Length: > 0 } text ? text : null;

    [GeneratedRegex(@"[A-Za-z0-9._%+=/-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 200)]
    private static partial Regex Address();
}
