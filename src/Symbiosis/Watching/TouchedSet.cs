using System.Collections.Frozen;
using Symbiosis.Tree;

namespace Symbiosis.Watching;

/// <summary>What changed since the last one, as units to read again.</summary>
/// <param name="Units">Domains, the list of domains, the host.</param>
/// <param name="IsEverything">True when events were lost or cannot be relied on: everything is to be read again, whatever <paramref name="Units"/> says.</param>
/// <param name="FirstEventTimestamp">When the first change of these was seen, by <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record TouchedSet(FrozenSet<WatchedUnit> Units, bool IsEverything, long FirstEventTimestamp)
{
    /// <summary>Everything, noticed now.</summary>
    public static TouchedSet Everything(TimeProvider clock) => new([], IsEverything: true, clock.GetTimestamp());
}
