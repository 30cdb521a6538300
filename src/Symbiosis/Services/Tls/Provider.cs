using System.Text;
using Symbiosis.Tree;

namespace Symbiosis.Services.Tls;

/// <summary>Who makes a domain's certificates (TLS-1 to TLS-5).</summary>
public enum ProviderKind
{
    /// <summary>Nobody: what is there is checked, rolled over and published, nothing is made.</summary>
    None,

    /// <summary>A CA that speaks ACME; Let's Encrypt unless <c>endpoint</c> says otherwise.</summary>
    LetsEncrypt,

    /// <summary>The host signs by itself.</summary>
    SelfSigned,
}

/// <summary>The content of <c>config/ssl-provider</c>.</summary>
/// <param name="Kind">Who makes certificates.</param>
/// <param name="Unknown">The word that names no provider (TLS-3), or null.</param>
public sealed record Provider(ProviderKind Kind, string? Unknown = null)
{
    /// <summary>Path of the setting in a domain.</summary>
    public const string SettingPath = "config/ssl-provider";

    /// <summary>Name of the directory with its options, such as <c>letsencrypt</c>; null for nobody.</summary>
    public string? Directory => Kind switch
    {
        ProviderKind.LetsEncrypt => "letsencrypt",
        ProviderKind.SelfSigned => "selfsigned",
        _ => null,
    };

    /// <summary>Reads the setting. Everything but letters, digits and <c>_</c> is dropped, so <c>../../selfsigned</c> is only a name.</summary>
    public static Provider Of(SettingValue value)
    {
        if (value is SettingValue.False)
            return new Provider(ProviderKind.None);
        if (value is not SettingValue.Text(var text))
            return new Provider(ProviderKind.LetsEncrypt);
        var word = new StringBuilder();
        foreach (var c in text.Where(c => char.IsAsciiLetterOrDigit(c) || c == '_').Take(64))
            word.Append(char.ToLowerInvariant(c));
        return word.ToString() switch
        {
            "" or "letsencrypt" => new Provider(ProviderKind.LetsEncrypt),
            "selfsigned" => new Provider(ProviderKind.SelfSigned),
            var other => new Provider(ProviderKind.None, other),
        };
    }
}
