using System.ComponentModel;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.CertificateKeeping;

/// <summary>
/// Looks after all certificates while the service runs (TLS-36): at its start, when a domain changes, every six hours, and when something is due. It works beside the plan: a slow CA holds up neither
/// changes of the tree nor other domains. Domains that wait for a CA that cannot be reached cost nothing: one of them asks for all.
/// </summary>
internal sealed class CertificateService(CertificateTree tree, CertificateKeeper keeper, ChallengeDirectory challenges, HookDirectory hooks, TimeProvider clock, Action<string> report) : IDisposable
{
    // As many as may have an order under way at all CAs, and some for what needs no CA.
    private const int MaxBusy = 10;

    private static readonly TimeSpan _interval = TimeSpan.FromHours(6);
    private static readonly TimeSpan _retry = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly HashSet<DomainName> _touched = [];
    private readonly Queue<DomainName> _queue = new();
    private readonly HashSet<DomainName> _queued = [];
    private readonly HashSet<DomainName> _busy = [];
    private readonly HashSet<DomainName> _again = [];
    private readonly HashSet<DomainName> _published = [];
    private readonly Dictionary<DomainName, string?> _problems = [];
    private readonly Dictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);
    private readonly PriorityQueue<DomainName, DateTimeOffset> _due = new();
    private readonly SemaphoreSlim _signal = new(0);
    private bool _isHostTouched;
    private Host? _host;
    private DomainScan? _scan;

    private sealed class Waiting
    {
        public HashSet<DomainName> Domains { get; } = [];

        public DateTimeOffset AskAt { get; set; }

        public bool IsReported { get; set; }
    }

    /// <summary>Chance, so that not all hosts of the world come at once.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Something of the tree changed.</summary>
    public void Touch(IReadOnlyCollection<WatchedUnit> units, bool isEverything)
    {
        lock (_lock)
        {
            _isHostTouched |= isEverything || units.Any(unit => unit.Domain is null);
            _touched.UnionWith(units.Select(unit => unit.Domain).OfType<DomainName>());
        }

        _signal.Release();
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        challenges.Clear(clock.GetUtcNow().AddHours(-1));
        var nextPass = clock.GetUtcNow();
        while (true)
        {
            var now = clock.GetUtcNow();
            if (now >= nextPass)
            {
                await LookAroundAsync(isPass: true, cancellationToken);
                nextPass = now + _interval + TimeSpan.FromMinutes(60 * Random.NextDouble());
            }
            else
            {
                await TakeTouchedAsync(cancellationToken);
            }

            TakeDue(now);
            StartWork(cancellationToken);
            await RunHooksAsync(cancellationToken);
            var wake = NextMoment(nextPass) - clock.GetUtcNow();
            if (wake > TimeSpan.Zero)
                await WaitAsync(wake, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _signal.Dispose();

    private async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        // Not longer than an hour at a time: the clock of a host may be set.
        using var timer = clock.CreateTimer(_ => _signal.Release(), null, longest < TimeSpan.FromHours(1) ? longest : TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        await _signal.WaitAsync(cancellationToken);
        while (_signal.Wait(0, cancellationToken))
        {
            // Many signals are one.
        }
    }

    private async Task TakeTouchedAsync(CancellationToken cancellationToken)
    {
        bool isHostTouched;
        List<DomainName> touched;
        lock (_lock)
        {
            (isHostTouched, _isHostTouched) = (_isHostTouched, false);
            touched = [.. _touched];
            _touched.Clear();
        }

        if (isHostTouched)
            await LookAroundAsync(isPass: false, cancellationToken);
        foreach (var domain in touched)
            Enqueue(domain);
    }

    // Reads the host and the list of domains again. Domains whose names changed are looked at, or all when the host's options did.
    private async Task LookAroundAsync(bool isPass, CancellationToken cancellationToken)
    {
        try
        {
            var host = await tree.ReadHostAsync(cancellationToken);
            var scan = tree.Scan(host.Name);
            if (scan.Fault != ScanFault.None)
                return; // the tree cannot be taken for the truth; the plan says why
            var isAll = isPass || _host is null || !_host.Tree.Equals(host.Tree) || _host.Users != host.Users;
            foreach (var entry in scan.Domains.Where(entry => isAll || _scan?[entry.Name] != entry))
                Enqueue(entry.Name);
            (_host, _scan) = (host, scan);
        }
        catch (Exception failure) when (failure is IOException or Win32Exception)
        {
            report($"certificates: the host cannot be read: {failure.Message}");
        }
    }

    private void Enqueue(DomainName domain)
    {
        lock (_lock)
        {
            if (_busy.Contains(domain))
                _again.Add(domain);
            else if (_queued.Add(domain))
                _queue.Enqueue(domain);
        }
    }

    private void TakeDue(DateTimeOffset now)
    {
        List<DomainName> ready = [];
        lock (_lock)
        {
            while (_due.TryPeek(out var domain, out var at) && at <= now)
            {
                _due.Dequeue();
                ready.Add(domain);
            }

            // One asks for all.
            foreach (var waiting in _waiting.Values.Where(waiting => waiting.AskAt <= now && waiting.Domains.Count > 0))
            {
                ready.Add(waiting.Domains.First());
                waiting.AskAt = now + _retry;
            }
        }

        ready.ForEach(Enqueue);
    }

    private void StartWork(CancellationToken cancellationToken)
    {
        while (true)
        {
            DomainName? domain;
            lock (_lock)
            {
                if (_busy.Count >= MaxBusy || !_queue.TryDequeue(out domain))
                    return;
                _queued.Remove(domain);
                _busy.Add(domain);
            }

            _ = WorkAsync(domain, cancellationToken);
        }
    }

    private async Task WorkAsync(DomainName domain, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Yield();
            if (_host is { } host && _scan?[domain] is { } entry)
                Take(domain, await keeper.KeepAsync(entry, host, new KeepOptions(), cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The service ends; what was not done is done at its next start.
        }
        catch (Exception failure) when (failure is IOException or Win32Exception or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            report($"certificates: {domain}: {failure.Message}");
            lock (_lock)
                _due.Enqueue(domain, clock.GetUtcNow() + _retry);
        }
        finally
        {
            lock (_lock)
            {
                _busy.Remove(domain);
                if (_again.Remove(domain) && _queued.Add(domain))
                    _queue.Enqueue(domain);
            }

            _signal.Release();
        }
    }

    private void Take(DomainName domain, KeepOutcome? outcome)
    {
        lock (_lock)
        {
            foreach (var waiting in _waiting.Values)
                waiting.Domains.Remove(domain);
            if (outcome is null)
                return;
            if (outcome is { Waits: true, Endpoint: { } endpoint })
            {
                if (!_waiting.TryGetValue(endpoint, out var waiting))
                    _waiting[endpoint] = waiting = new Waiting { AskAt = DateTimeOffset.MaxValue };
                waiting.Domains.Add(domain);
                waiting.AskAt = outcome.Next ?? clock.GetUtcNow() + _retry;
                if (!waiting.IsReported && outcome.IsBlocked)
                    report($"certificates: {endpoint} cannot be asked now ({outcome.Error ?? outcome.Warning}); domains that need it wait, see: symbiosis tls status");
                waiting.IsReported |= outcome.IsBlocked;
                return;
            }

            if (outcome.Endpoint is { } reached && _waiting.TryGetValue(reached, out var others))
            {
                others.IsReported = false;
                foreach (var other in others.Domains.Take(EndpointBook.MaxOrders))
                {
                    if (_queued.Add(other))
                        _queue.Enqueue(other);
                }
            }

            if (outcome.IsPublished)
                _published.Add(domain);
            if (outcome.Next is { } next)
                _due.Enqueue(domain, next);
            var problem = outcome.Error ?? outcome.Warning;
            if (problem is not null && _problems.GetValueOrDefault(domain) != problem)
                report($"certificates: {domain}: {Printable.Text(problem)}");
            _problems[domain] = problem;
        }
    }

    // When nothing more is under way, or after a moment, so that one run of the hooks serves many domains.
    private async Task RunHooksAsync(CancellationToken cancellationToken)
    {
        List<DomainName> changed;
        lock (_lock)
        {
            if (_published.Count == 0 || _busy.Count > 0 && _queue.Count > 0)
                return;
            changed = [.. _published];
            _published.Clear();
        }

        foreach (var fault in await hooks.RunAsync(changed, cancellationToken))
            report($"certificates: {fault}");
    }

    private DateTimeOffset NextMoment(DateTimeOffset nextPass)
    {
        lock (_lock)
        {
            if (_queue.Count > 0 && _busy.Count < MaxBusy)
                return DateTimeOffset.MinValue;
            var next = nextPass;
            if (_due.TryPeek(out _, out var due) && due < next)
                next = due;
            foreach (var waiting in _waiting.Values.Where(waiting => waiting.Domains.Count > 0 && waiting.AskAt < next))
                next = waiting.AskAt;
            return next;
        }
    }
}
