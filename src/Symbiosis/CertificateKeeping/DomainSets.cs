using Symbiosis.Model;
using Symbiosis.Services.Tls;

namespace Symbiosis.CertificateKeeping;

/// <summary>What <c>config/ssl/current</c> is (TLS-15 to TLS-17).</summary>
internal enum CurrentKind
{
    /// <summary>Nothing; the legacy files are the current set.</summary>
    Absent,

    /// <summary>A link to a set.</summary>
    Set,

    /// <summary>A link that leads to no set of this domain.</summary>
    Astray,

    /// <summary>Something else than a link.</summary>
    NotALink,
}

/// <summary>Where <c>config/ssl/current</c> leads.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="SetName">Name of the set it leads to, or null.</param>
internal sealed record CurrentLink(CurrentKind Kind, string? SetName = null);

/// <summary>All that is known of one domain's certificates at one moment.</summary>
internal sealed record DomainSets
{
    /// <summary>The domain with its settings.</summary>
    public required Domain Domain { get; init; }

    /// <summary>Its provider's options.</summary>
    public required ProviderOptions Options { get; init; }

    /// <summary>Its names (TLS-38).</summary>
    public required ValueList<DomainName> Names { get; init; }

    /// <summary>The sets that have a pair, sorted by name; the legacy set is not among them.</summary>
    public required IReadOnlyList<CertificateSet> Sets { get; init; }

    /// <summary>Why other directories of <c>sets/</c> are no sets, by name.</summary>
    public required IReadOnlyDictionary<string, string> Faults { get; init; }

    /// <summary>Names of everything in <c>sets/</c> (TLS-14).</summary>
    public required IReadOnlyCollection<string> Taken { get; init; }

    /// <summary>The files directly in <c>config/</c>, when they are a pair.</summary>
    public CertificateSet? Legacy { get; init; }

    /// <summary>Where the link leads.</summary>
    public required CurrentLink Link { get; init; }

    /// <summary>The provider.</summary>
    public Provider Provider => Options.Provider;

    /// <summary>The current set, whether or not it is valid; null when there is none.</summary>
    public CertificateSet? Current => Link.Kind switch
    {
        CurrentKind.Absent => Legacy,
        CurrentKind.Set => Sets.FirstOrDefault(set => set.Name == Link.SetName),
        _ => null,
    };
}
