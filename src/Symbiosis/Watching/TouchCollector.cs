using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Symbiosis.Tree;

namespace Symbiosis.Watching;

/// <summary>
/// Gathers what is touched until it has been quiet for a moment, so that one <c>tar x</c> or one editor's save is one change; but not longer than is noticed. While a set is being worked
/// on, the next one gathers.
/// </summary>
internal sealed class TouchCollector : IDisposable
{
    /// <summary>Quiet for this long means that the change is complete.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);

    /// <summary>A change that never rests is taken as it is after this time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private HashSet<WatchedUnit> _units = [];
    private bool _isEverything;
    private long _first;
    private bool _isPending;
    private bool _isDue;
    private TaskCompletionSource _due = NewSignal();

    public TouchCollector(TimeProvider clock)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => OnDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes some changes.</summary>
    public void Touch(IReadOnlyCollection<WatchedUnit> units, bool isEverything = false)
    {
        if (units.Count == 0 && !isEverything)
            return;
        lock (_lock)
        {
            foreach (var unit in units)
                _units.Add(unit);
            _isEverything |= isEverything;
            var now = _clock.GetTimestamp();
            if (!_isPending)
                _first = now;
            _isPending = true;
            if (_isDue)
                return; // waits to be taken, and takes these along
            var left = Patience - _clock.GetElapsedTime(_first, now);
            _timer.Change(left < Quiet ? left > TimeSpan.Zero ? left : TimeSpan.Zero : Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The touched sets, one after the other, without end. For one reader.</summary>
    public async IAsyncEnumerable<TouchedSet> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task due;
            lock (_lock)
                due = _due.Task;
            await due.WaitAsync(cancellationToken);
            yield return Take();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _timer.Dispose();

    private TouchedSet Take()
    {
        lock (_lock)
        {
            var taken = new TouchedSet(_units.ToFrozenSet(), _isEverything, _first);
            _units = [];
            _isEverything = _isPending = _isDue = false;
            _due = NewSignal();
            return taken;
        }
    }

    private void OnDue()
    {
        lock (_lock)
        {
            if (!_isPending)
                return;
            _isDue = true;
            _due.TrySetResult();
        }
    }

    // Continuations must not run on the thread that reads events.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
