namespace Symbiosis.Model;

/// <summary>A certificate as published below <c>/var/lib/symbiosis/tls</c> (TLS-55).</summary>
/// <param name="NotAfter">End of its validity.</param>
/// <param name="Names">DNS names it is valid for, as they stand in it, sorted.</param>
/// <param name="IsSelfSigned">True when issuer and subject are the same.</param>
public sealed record PublishedCertificate(DateTimeOffset NotAfter, ValueList<string> Names, bool IsSelfSigned)
{
    // A host whose clock is slow must not refuse a certificate that was just issued (TLS-9, 2).
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>SHA-256 of the certificate itself, without its chain: 64 hexadecimal digits in lower case. It tells one certificate from the next.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Begin of its validity.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>True when daemons may show it for a domain now: it is valid, and for at least one of the domain's names (TLS-8, TLS-9).</summary>
    public bool IsUsableFor(Domain domain, DateTimeOffset now) =>
        NotBefore - ClockTolerance <= now && now <= NotAfter && domain.OtherNames.Prepend(domain.Name).Any(Covers);

    /// <summary>True when it is valid for a name: it lists it, or a wildcard that stands for its first label.</summary>
    public bool Covers(DomainName name)
    {
        var parent = name.Value.IndexOf('.');
        return Names.Any(listed => Matches(listed, name.Value, parent));
    }

    private static bool Matches(string listed, string name, int parent) =>
        listed.Equals(name, StringComparison.OrdinalIgnoreCase)
        || (parent > 0 && listed.StartsWith('*') && listed.AsSpan(1).Equals(name.AsSpan(parent), StringComparison.OrdinalIgnoreCase));
}
