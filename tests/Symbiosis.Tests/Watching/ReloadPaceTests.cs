using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;
using Symbiosis.Watching;

namespace Symbiosis.Tests.Watching;

/// <summary>At most one reload of a slow daemon per interval, and nothing is forgotten.</summary>
public sealed class ReloadPaceTests
{
    private static readonly Daemon _slow = new() { Name = "slow", Unit = "slow.service", Check = _ => null!, ReloadInterval = TimeSpan.FromSeconds(10) };
    private static readonly Daemon _quick = new() { Name = "quick", Unit = "quick.service", Check = _ => null! };

    private readonly ManualClock _clock = new();
    private readonly ReloadPace _pace;

    public ReloadPaceTests() => _pace = new ReloadPace(_clock);

    [Fact]
    public void The_first_change_goes_at_once()
    {
        Apply("a.example").ShouldBe(["slow", "quick"]);
        _pace.TimeLeft.ShouldBeNull();
    }

    [Fact]
    public void What_comes_within_the_interval_waits_for_its_end_and_goes_together()
    {
        Apply("a.example");
        _clock.Advance(TimeSpan.FromSeconds(3));
        Apply("b.example").ShouldBe(["quick"]);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Apply("c.example").ShouldBe(["quick"]);
        _pace.TimeLeft.ShouldBe(TimeSpan.FromSeconds(2));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Join().Units.ShouldBeEmpty();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Join().Units.ShouldBe([WatchedUnit.Of(DomainName.Parse("b.example")), WatchedUnit.Of(DomainName.Parse("c.example"))], ignoreOrder: true);
        _pace.TimeLeft.ShouldBeNull();
        Apply("b.example", "c.example").ShouldBe(["slow", "quick"]);
    }

    [Fact]
    public void A_flood_of_changes_makes_one_reload_an_interval()
    {
        var reloads = 0;
        for (var second = 0; second < 100; second++)
        {
            Join();
            reloads += Apply($"d{second}.example").Contains("slow") ? 1 : 0;
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        reloads.ShouldBe(10);
    }

    [Fact]
    public void What_waited_is_part_of_a_reading_of_everything()
    {
        Apply("a.example");
        Apply("b.example");
        _pace.Join(TouchedSet.Everything(_clock));
        _pace.TimeLeft.ShouldBeNull();
    }

    [Fact]
    public void A_renewal_waits_as_well()
    {
        var load = new PlannedLoad("renewed", new WrittenLoad { Path = "/x", Unit = DesiredUnit.HostUnit, Version = "1", Daemons = ["slow"] });
        var plan = new ChangePlan { Loads = [load], Daemons = [_slow] };
        Apply("a.example");
        _pace.HoldOff(plan, TouchedSet.Everything(_clock)).IsEmpty.ShouldBeTrue();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Join().Units.ShouldBe([WatchedUnit.Host]);
    }

    private TouchedSet Join() => _pace.Join(new TouchedSet([], IsEverything: false, _clock.GetTimestamp()));

    // Plans a file for each daemon and domain, and reloads whoever has one left.
    private List<string> Apply(params string[] domains)
    {
        var changes = domains.SelectMany(domain => new[] { _slow, _quick }.Select(daemon => (PlannedChange)new PlannedChange.RemoveFile
        {
            Path = HostPath.Parse($"/etc/{daemon.Name}/{domain}"), Unit = domain, Because = "test", Daemons = [daemon.Name],
        }));
        var plan = _pace.HoldOff(new ChangePlan { Changes = changes.ToValueList(), Daemons = [_slow, _quick] }, new TouchedSet([], IsEverything: false, _clock.GetTimestamp()));
        var reloaded = plan.Daemons.Select(daemon => daemon.Name).ToList();
        _pace.Reloaded(reloaded);
        return reloaded;
    }
}
