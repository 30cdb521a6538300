using Symbiosis.Model;

namespace Symbiosis.Services.Tls;

/// <summary>The names a domain's certificate shall hold (TLS-38).</summary>
internal static class WantedNames
{
    /// <summary>Path of the setting with further names.</summary>
    public const string ExtraNamesPath = "config/ssl/extra-names";

    /// <summary>Most names Let's Encrypt takes in one certificate.</summary>
    public const int MaxNames = 100;

    /// <summary>
    /// The domain first, then aliases and <c>www.</c> forms, then those of <paramref name="extraNames"/> that are equal to or below one of them.
    /// </summary>
    /// <param name="name">The domain.</param>
    /// <param name="otherNames">Its alias list (CORE-9).</param>
    /// <param name="extraNames">Text of <c>extra-names</c>; null when there is none.</param>
    public static ValueList<DomainName> Of(DomainName name, ValueList<DomainName> otherNames, string? extraNames)
    {
        var names = new List<DomainName> { name };
        names.AddRange(otherNames);
        var hosted = names.ToList();
        foreach (var word in (extraNames ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (DomainName.TryParse(word.ToLowerInvariant(), out var extra) && hosted.Exists(host => IsAtOrBelow(extra, host)))
                names.Add(extra);
        }

        return names.Distinct().ToValueList();
    }

    /// <summary>True for a name that a public CA may be asked for: it has a dot and no underscore.</summary>
    public static bool IsPublic(DomainName name) =>
        name.Value.Contains('.') && !name.Value.Contains('_')
        && name.Value[(name.Value.LastIndexOf('.') + 1)..] is not ("localhost" or "local" or "localdomain" or "internal" or "invalid" or "lan");

    /// <summary>True when a certificate's DNS name stands for a host name: equal, or a wildcard of one label (RFC 6125 §6.4.3).</summary>
    public static bool Matches(string pattern, string name) =>
        pattern.StartsWith("*.", StringComparison.Ordinal)
            ? name.IndexOf('.') is var dot and > 0 && string.Equals(pattern[1..], name[dot..], StringComparison.OrdinalIgnoreCase)
            : string.Equals(pattern, name, StringComparison.OrdinalIgnoreCase);

    private static bool IsAtOrBelow(DomainName name, DomainName above) => name == above || name.Value.EndsWith("." + above.Value, StringComparison.Ordinal);
}
