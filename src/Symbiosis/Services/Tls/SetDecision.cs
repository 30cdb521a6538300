namespace Symbiosis.Services.Tls;

/// <summary>What shall be done about the sets of a domain.</summary>
internal abstract record SetDecision
{
    private protected SetDecision()
    {
    }

    /// <summary>Everything is well.</summary>
    public sealed record Keep : SetDecision;

    /// <summary>Another set shall be the current one.</summary>
    public sealed record RollOver(CertificateSet Set) : SetDecision;

    /// <summary>A new set is needed. When it cannot be made, <paramref name="Fallback"/> becomes current, if there is one.</summary>
    public sealed record Generate(CertificateSet? Fallback) : SetDecision;

    /// <summary>The table of TLS-23.</summary>
    /// <param name="current">The current set when it passes TLS-9; null when it is missing or invalid.</param>
    /// <param name="valid">All sets that pass TLS-9.</param>
    /// <param name="isDue">Whether a set shall be replaced (TLS-22).</param>
    public static SetDecision Of(CertificateSet? current, IEnumerable<CertificateSet> valid, Func<CertificateSet, bool> isDue)
    {
        if (current is not null && !isDue(current))
            return new Keep();
        var sets = valid.OrderBy(set => set.NotAfter).ThenBy(set => set.Name, StringComparer.Ordinal).ToList();
        if (sets.LastOrDefault(set => (current is null || set.NotAfter > current.NotAfter) && !isDue(set)) is { } other)
            return new RollOver(other);
        return new Generate(current is null ? sets.LastOrDefault() : null);
    }

    /// <summary>Days left, rounded to the nearest (TLS-22).</summary>
    public static int RemainingDays(CertificateSet set, DateTimeOffset now) => (int)Math.Round((set.NotAfter - now).TotalDays, MidpointRounding.AwayFromZero);

    /// <summary>Whether few days are left: as many as <paramref name="threshold"/> says, else a third of the validity but no more than 21; half of one below ten days.</summary>
    public static bool IsDue(CertificateSet set, int? threshold, DateTimeOffset now)
    {
        if (threshold is { } days)
            return RemainingDays(set, now) <= days;
        var lifetime = set.Lifetime.TotalDays;
        return lifetime < 10 ? (set.NotAfter - now).TotalDays <= lifetime / 2 : RemainingDays(set, now) <= Math.Min(21, lifetime / 3);
    }

    /// <summary>The name of the next set: one more than the highest number, or 0 (TLS-14).</summary>
    public static string NextName(IEnumerable<string> taken) =>
        (taken.Where(name => name.Length is > 0 and < 10 && name.All(char.IsAsciiDigit)).Select(name => long.Parse(name)).DefaultIfEmpty(-1).Max() + 1).ToString();

    /// <summary>Sets that may be removed: numbered, neither current nor the one before, expired more than 30 days ago (TLS-21).</summary>
    public static IEnumerable<string> Expendable(IEnumerable<CertificateSet> sets, string? current, string? previous, DateTimeOffset now) =>
        sets.Where(set => set.Name.All(char.IsAsciiDigit) && set.Name != current && set.Name != previous && set.NotAfter.AddDays(30) < now).Select(set => set.Name);
}
