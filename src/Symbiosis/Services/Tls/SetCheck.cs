using Symbiosis.Model;

namespace Symbiosis.Services.Tls;

/// <summary>Whether a set may be given to daemons (TLS-9 to TLS-11), as a pure question.</summary>
internal static class SetCheck
{
    // A CA's clock may be ahead of ours.
    private static readonly TimeSpan _tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Why a set must not be used, or null.</summary>
    /// <param name="set">The set.</param>
    /// <param name="names">The domain's names (TLS-38).</param>
    /// <param name="acceptsSelfSigned">True when the provider is <c>selfsigned</c>, or root chose this set.</param>
    /// <param name="now">The present time.</param>
    public static string? FindFault(CertificateSet set, ValueList<DomainName> names, bool acceptsSelfSigned, DateTimeOffset now)
    {
        if (now > set.NotAfter)
            return $"certificate has expired on {set.NotAfter:yyyy-MM-dd} (10)";
        if (now + _tolerance < set.NotBefore)
            return $"certificate is not valid before {set.NotBefore:yyyy-MM-dd HH:mm} UTC (9)";
        if (set.Fault is not null)
            return set.Fault;
        if (set.IsSelfSigned && !acceptsSelfSigned)
            return "certificate is self-signed and the provider is not 'selfsigned' (18)";
        return set.Names.Any(pattern => names.Any(name => WantedNames.Matches(pattern, name.Value))) ? null : $"hostname mismatch: it is for {NamesOf(set)}, not for {names[0]} (62)";
    }

    /// <summary>Wanted names that a set does not cover.</summary>
    public static ValueList<DomainName> FindUncovered(CertificateSet set, IEnumerable<DomainName> names) =>
        names.Where(name => !set.Names.Any(pattern => WantedNames.Matches(pattern, name.Value))).ToValueList();

    private static string NamesOf(CertificateSet set) => set.Names.Count == 0 ? "no name" : string.Join(", ", set.Names.Take(3)) + (set.Names.Count > 3 ? ", …" : "");
}
