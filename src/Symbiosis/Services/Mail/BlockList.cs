using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>
/// DNS block lists that a domain's mail is checked against: the names of the files in <c>config/blacklists</c> (MAIL-90). The lists of Spamhaus contain each other, and each is asked once.
/// </summary>
internal static class BlockList
{
    private const string Zen = "zen.spamhaus.org";
    private const string SblXbl = "sbl-xbl.spamhaus.org";
    private const string Sbl = "sbl.spamhaus.org";
    private const string Xbl = "xbl.spamhaus.org";
    private const string Pbl = "pbl.spamhaus.org";

    /// <summary>The zones to ask, in order of their names.</summary>
    public static ValueList<DomainName> Choose(IEnumerable<DomainName> wanted)
    {
        var zones = wanted.Select(zone => zone.Value).ToHashSet(StringComparer.Ordinal);
        if (zones.Contains(Zen))
            zones.ExceptWith([SblXbl, Sbl, Xbl, Pbl]);
        if (zones.Contains(Sbl) && zones.Contains(Xbl))
            zones.Add(SblXbl);
        if (zones.Contains(SblXbl))
            zones.ExceptWith([Sbl, Xbl]);
        return zones.Order(StringComparer.Ordinal).Select(DomainName.Parse).ToValueList();
    }
}
