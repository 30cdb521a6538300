using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Tree;

namespace Symbiosis.Watching;

/// <summary>
/// Keeps daemons with a <see cref="Services.Daemon.ReloadInterval"/> from being reloaded more often than that. The first change goes at once; what such a daemon has to take into use before the
/// interval is over waits for its end, and goes then in one reload, however much it is. Everything else of a change does not wait.
/// </summary>
internal sealed class ReloadPace(TimeProvider clock)
{
    private readonly Dictionary<string, long> _reloadedAt = new(StringComparer.Ordinal);
    private readonly HashSet<WatchedUnit> _waiting = [];
    private long _waitingSince;
    private long _heldAt;
    private TimeSpan _wait;

    /// <summary>How long until what waits may go; null when nothing waits.</summary>
    public TimeSpan? TimeLeft => _waiting.Count == 0 ? null : _wait - clock.GetElapsedTime(_heldAt) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Notes that daemons were reloaded just now.</summary>
    public void Reloaded(IEnumerable<string> daemons)
    {
        foreach (var daemon in daemons)
            _reloadedAt[daemon] = clock.GetTimestamp();
    }

    /// <summary>What is to be looked at, together with what waited when its time has come.</summary>
    public TouchedSet Join(TouchedSet touched)
    {
        if (TimeLeft is not { Ticks: 0 } && !touched.IsEverything)
            return touched;
        var joined = touched with
        {
            Units = [.. touched.Units, .. _waiting],
            FirstEventTimestamp = _waiting.Count > 0 ? Math.Min(touched.FirstEventTimestamp, _waitingSince) : touched.FirstEventTimestamp,
        };
        _waiting.Clear();
        return joined;
    }

    /// <summary>The part of a plan that may go now. The rest is remembered as units that are to be looked at again.</summary>
    public ChangePlan HoldOff(ChangePlan plan, TouchedSet touched)
    {
        if (plan.Provisions.Count > 0)
            return plan; // a new key is read by all at once, and comes once a year
        var early = plan.Daemons.Where(daemon => TimeLeftOf(daemon.Name, daemon.ReloadInterval) > TimeSpan.Zero).ToList();
        if (early.Count == 0)
            return plan;
        var names = early.Select(daemon => daemon.Name).ToList();
        if (_waiting.Count == 0)
            _waitingSince = touched.FirstEventTimestamp;
        _heldAt = clock.GetTimestamp();
        _wait = early.Max(daemon => TimeLeftOf(daemon.Name, daemon.ReloadInterval));
        foreach (var unit in plan.UnitsOf(names))
            _waiting.Add(unit == DesiredUnit.HostUnit ? WatchedUnit.Host : WatchedUnit.Of(DomainName.Parse(unit)));
        return plan.Without(names);
    }

    private TimeSpan TimeLeftOf(string daemon, TimeSpan interval) =>
        _reloadedAt.TryGetValue(daemon, out var at) ? interval - clock.GetElapsedTime(at) : TimeSpan.Zero;
}
