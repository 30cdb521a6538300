using System.Threading.Channels;
using Symbiosis.Applying;
using Symbiosis.Planning;

namespace Symbiosis.Watching;

/// <summary>
/// The service: reads everything once, applies it, and from then on follows the file events. One change at a time, in the order they came; what comes in meanwhile is taken together.
/// When it ends or fails, the daemons go on with the last state.
/// </summary>
internal sealed class WatchService(Pipeline pipeline, TreeWatcher watcher, ApplyHost machine, ServiceManager manager)
{
    /// <summary>After a refusal of the host (disk full, lock held) the whole is tried again this soon.</summary>
    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(30);

    /// <summary>How long another run (<c>symbiosis apply</c>) may hold the lock before the change is put off.</summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(60);

    private readonly Channel<TouchedSet> _work = Channel.CreateUnbounded<TouchedSet>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<string, int> _reloads = new(StringComparer.Ordinal);
    private readonly FindingBook _findings = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReloadPace _pace = new(machine.Clock);
    private ITimer? _paceTimer;
    private CertificateCheck? _certificates;
    private volatile StatusReport _report = new() { FromService = true };
    private long _lastSignOfLife;
    private volatile bool _isBusy;

    /// <summary>How the host stands now.</summary>
    public StatusReport Report => _report with { WatchedDirectories = watcher.WatchCount };

    /// <summary>Is told of every change after it was applied, or null. Must return at once.</summary>
    public Action<TouchedSet>? Applied { get; init; }

    /// <summary>Ends when everything was read and applied for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watchdog = KeepWatchdogAsync(stop.Token);
        _certificates = new CertificateCheck(machine.Clock, onFound: () => _work.Writer.TryWrite(new TouchedSet([], IsEverything: false, machine.Clock.GetTimestamp())));
        try
        {
            await HandleAsync(TouchedSet.Everything(machine.Clock), stop.Token);
            _report = _report with { RunningSince = machine.Clock.GetUtcNow() };
            manager.SayReady();
            _ready.TrySetResult();
            var listener = ListenAsync(stop.Token);
            await foreach (var touched in _work.Reader.ReadAllAsync(stop.Token))
                await HandleAsync(touched, stop.Token);
            await listener; // ends the channel with the reason
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop: the daemons serve on.
        }
        finally
        {
            manager.SayStopping();
            if (_paceTimer is not null)
                await _paceTimer.DisposeAsync();
            await stop.CancelAsync();
            await watchdog;
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var touched in watcher.ReadAsync(cancellationToken))
                _work.Writer.TryWrite(touched);
            _work.Writer.Complete();
        }
        catch (Exception failure)
        {
            _work.Writer.Complete(failure); // the reader of the channel throws it
        }
    }

    private async Task HandleAsync(TouchedSet touched, CancellationToken cancellationToken)
    {
        SayAlive();
        _isBusy = true;
        await ApplyTouchedAsync(touched, cancellationToken);
        Applied?.Invoke(touched);
        // Reading ten thousand domains leaves a hundred megabytes behind that single changes never need again.
        if (touched.IsEverything)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _isBusy = false;
    }

    private async Task ApplyTouchedAsync(TouchedSet touched, CancellationToken cancellationToken)
    {
        using var held = await ApplyLock.TakeAsync(machine.Files, LockPatience, machine.Clock, cancellationToken, ApplyLock.Service);
        if (held is null)
        {
            TryAgainLater(touched);
            return;
        }

        touched = _pace.Join(touched);
        var recovered = await pipeline.RecoverAsync(held, cancellationToken);
        var reading = touched.IsEverything
            ? await pipeline.ReadEverythingAsync(cancellationToken)
            : await pipeline.ReadTouchedAsync(touched.Units, cancellationToken);
        SayAlive();
        _findings.TakeScan([.. reading.ScanFindings, .. watcher.Diagnostics]);
        if (reading.Desired is not { } desired)
        {
            Publish(touched, null);
            return;
        }

        var plan = pipeline.Plan(desired, new PlanOptions());
        _findings.TakePlan(desired, plan);
        _findings.TakeOutcome(recovered, []);
        if (plan.Refusal is not null)
        {
            Publish(touched, null);
            return;
        }

        plan = _pace.HoldOff(plan, touched);
        WaitForPace(touched);

        // Applying an empty plan still writes down what it adopted; it touches nothing else.
        var outcome = await pipeline.ApplyAsync(held, plan, new ApplyOptions(), progress: new SignOfLife(this), cancellationToken);
        _pace.Reloaded(outcome.Reloaded);
        CheckCertificates(plan, outcome, cancellationToken);
        _findings.TakeOutcome(outcome.Diagnostics, outcome.Quarantined);
        Publish(touched, plan.IsEmpty ? null : outcome);
        if (outcome.End is ApplyEnd.Failed)
            TryAgainLater(touched with { IsEverything = true });
    }

    private void Publish(TouchedSet touched, ApplyOutcome? outcome)
    {
        foreach (var daemon in outcome is null ? [] : outcome.Reloaded)
            _reloads[daemon] = _reloads.GetValueOrDefault(daemon) + 1;
        var report = _report with
        {
            Domains = pipeline.DomainCount,
            Reloads = new Dictionary<string, int>(_reloads, StringComparer.Ordinal),
            Quarantined = _findings.Quarantined,
            Edited = _findings.Edited,
            Findings = _findings.All.Concat(_certificates?.Findings ?? []).Select(StatusReport.Finding.From).ToList(),
        };
        if (outcome is not null)
        {
            report = report with
            {
                LastApplied = machine.Clock.GetUtcNow(),
                LastAppliedMilliseconds = machine.Clock.GetElapsedTime(touched.FirstEventTimestamp).TotalMilliseconds,
                LastFilesWritten = outcome.Written.Count + outcome.Removed.Count + outcome.TreeChanges,
                LastReloads = [.. outcome.Reloaded],
            };
        }

        _report = report;
        var errors = report.Findings.Count(finding => finding.Severity == "error");
        manager.SayStatus($"{report.Domains} domains; {(errors == 0 ? "nothing wrong" : $"{errors} error{(errors == 1 ? "" : "s")}, see: symbiosis status")}");
    }

    // Runs beside the next changes; when it finds something, an empty set of touched units brings the report up to date.
    private void CheckCertificates(ChangePlan plan, ApplyOutcome outcome, CancellationToken cancellationToken)
    {
        _certificates?.Forget(plan.Forgotten);
        var loaded = plan.Loads.Where(load => load.Entry.Daemons.All(outcome.Reloaded.Contains)).ToList();
        if (_certificates is null || loaded.Count == 0)
            return;
        _ = _certificates.CheckAsync(loaded, cancellationToken); // ends with the service; what it finds wrong it keeps
    }

    // What waits is joined to whatever is handled next when its time has come; this makes sure that there is a next.
    private void WaitForPace(TouchedSet touched)
    {
        if (_pace.TimeLeft is not { } left)
            return;
        _paceTimer?.Dispose();
        _paceTimer = machine.Clock.CreateTimer(_ => _work.Writer.TryWrite(new TouchedSet([], IsEverything: false, touched.FirstEventTimestamp)), state: null, left, Timeout.InfiniteTimeSpan);
    }

    private void TryAgainLater(TouchedSet touched)
    {
        // A timer of the injected clock; its callback only queues work.
        ITimer? timer = null;
        timer = machine.Clock.CreateTimer(
            _ =>
            {
                _work.Writer.TryWrite(touched);
                timer?.Dispose();
            },
            state: null,
            RetryAfterFailure,
            Timeout.InfiniteTimeSpan);
    }

    // The watchdog hears from us only as long as the work moves: an idle loop is alive, one that hangs in a step is not.
    private async Task KeepWatchdogAsync(CancellationToken cancellationToken)
    {
        if (manager.WatchdogInterval is not { } interval)
            return;
        using var timer = new PeriodicTimer(interval, machine.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (!_isBusy || machine.Clock.GetElapsedTime(Volatile.Read(ref _lastSignOfLife)) < interval * 2)
                    manager.SayAlive();
            }
        }
        catch (OperationCanceledException)
        {
            // The service ends.
        }
    }

    private void SayAlive() => Volatile.Write(ref _lastSignOfLife, machine.Clock.GetTimestamp());

    private sealed class SignOfLife(WatchService service) : IProgress<ApplyStep>
    {
        public void Report(ApplyStep value) => service.SayAlive();
    }
}
