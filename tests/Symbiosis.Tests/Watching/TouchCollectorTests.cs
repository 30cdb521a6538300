using Symbiosis.Model;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;
using Symbiosis.Watching;

namespace Symbiosis.Tests.Watching;

public sealed class TouchCollectorTests : IAsyncDisposable
{
    private static readonly WatchedUnit _one = WatchedUnit.Of(DomainName.Parse("one.example"));
    private static readonly WatchedUnit _two = WatchedUnit.Of(DomainName.Parse("two.example"));

    private readonly ManualClock _clock = new();
    private readonly TouchCollector _collector;
    private readonly IAsyncEnumerator<TouchedSet> _sets;

    public TouchCollectorTests()
    {
        _collector = new TouchCollector(_clock);
        _sets = _collector.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _sets.DisposeAsync();
        _collector.Dispose();
    }

    [Fact]
    public async Task Changes_within_a_quiet_time_are_one_set()
    {
        var next = _sets.MoveNextAsync();
        _collector.Touch([_one]);
        var first = _clock.GetTimestamp();
        Advance(49);
        _collector.Touch([_two, WatchedUnit.Srv]);
        Advance(49);
        next.IsCompleted.ShouldBeFalse();
        Advance(1);

        (await next).ShouldBeTrue();
        _sets.Current.Units.ShouldBe([_one, _two, WatchedUnit.Srv], ignoreOrder: true);
        _sets.Current.IsEverything.ShouldBeFalse();
        _sets.Current.FirstEventTimestamp.ShouldBe(first);
    }

    [Fact]
    public async Task A_change_that_never_rests_is_taken_after_300_milliseconds()
    {
        var next = _sets.MoveNextAsync();
        for (var i = 0; i < 10; i++)
        {
            _collector.Touch([_one]);
            next.IsCompleted.ShouldBeFalse();
            Advance(30);
        }

        (await next).ShouldBeTrue();
    }

    [Fact]
    public async Task What_comes_while_a_set_is_worked_on_is_the_next_set()
    {
        var next = _sets.MoveNextAsync();
        _collector.Touch([_one]);
        Advance(50);
        await next;

        _collector.Touch([_two]);
        Advance(50);
        (await _sets.MoveNextAsync()).ShouldBeTrue();
        _sets.Current.Units.ShouldBe([_two]);
    }

    [Fact]
    public async Task What_comes_before_a_due_set_is_taken_goes_along()
    {
        _collector.Touch([_one]);
        Advance(50);
        _collector.Touch([_two]);
        (await _sets.MoveNextAsync()).ShouldBeTrue();
        _sets.Current.Units.ShouldBe([_one, _two], ignoreOrder: true);

        var next = _sets.MoveNextAsync();
        Advance(1000);
        next.IsCompleted.ShouldBeFalse(); // nothing is told twice
        _collector.Touch([_one]);
        Advance(50);
        (await next).ShouldBeTrue();
    }

    [Fact]
    public async Task Lost_events_touch_everything()
    {
        _collector.Touch([], isEverything: true);
        Advance(50);
        (await _sets.MoveNextAsync()).ShouldBeTrue();
        _sets.Current.IsEverything.ShouldBeTrue();
    }

    private void Advance(int milliseconds) => _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
