using System.Collections.Concurrent;
using Symbiosis.Applying;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;

namespace Symbiosis.Watching;

/// <summary>
/// Looks from outside whether daemons show the certificates that they have just taken into use. It runs beside the loop of changes, because a daemon may take its time; a mismatch is a finding,
/// never a reason to put anything back.
/// </summary>
internal sealed class CertificateCheck(TimeProvider clock, Action onFound)
{
    // A reload is through by then (TLS-T27).
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private const int MostAtOnce = 8;

    private readonly ConcurrentDictionary<string, ValueList<Diagnostic>> _findings = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _expected = new(StringComparer.Ordinal);

    /// <summary>How a port is asked; tests replace it.</summary>
    public Func<ShownCertificate, string, CancellationToken, Task<ServedCertificate>> Ask { get; init; } =
        (place, fingerprint, cancellationToken) => ServedCertificate.AwaitAsync(place, fingerprint, _deadline, clock, cancellationToken);

    /// <summary>What the last checks found wrong.</summary>
    public IEnumerable<Diagnostic> Findings => _findings.OrderBy(found => found.Key, StringComparer.Ordinal).SelectMany(found => found.Value);

    /// <summary>Checks what a plan took into use.</summary>
    public Task CheckAsync(IEnumerable<PlannedLoad> loads, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        loads.Where(load => load.Entry.Version.Length > 0),
        new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken },
        async (load, token) => await CheckAsync(load, token));

    /// <summary>Forgets what was found of files that nobody loads any more.</summary>
    public void Forget(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            _expected.TryRemove(path, out _);
            _findings.TryRemove(path, out _);
        }
    }

    private async Task CheckAsync(PlannedLoad load, CancellationToken cancellationToken)
    {
        var path = load.Entry.Path;
        _expected[path] = load.Entry.Version;
        var wrong = new List<Diagnostic>();
        foreach (var place in load.Shown.AsEnumerable())
        {
            if (await AskAsync(load, place, cancellationToken) is { } found)
                wrong.Add(found);
        }

        if (!_expected.TryGetValue(path, out var latest) || latest != load.Entry.Version)
            return; // a newer one is on its way, with a check of its own
        var isNews = wrong.Count > 0 || _findings.ContainsKey(path);
        if (wrong.Count > 0)
            _findings[path] = wrong.ToValueList();
        else
            _findings.TryRemove(path, out _);
        if (isNews)
            onFound();
    }

    private async Task<Diagnostic?> AskAsync(PlannedLoad load, ShownCertificate place, CancellationToken cancellationToken)
    {
        var seen = await Ask(place, load.Entry.Version, cancellationToken);
        if (seen.Fingerprint == load.Entry.Version || !seen.IsListening)
            return null; // a daemon that does not run shows nothing wrong; that it does not run is another finding
        var what = seen.Fingerprint is null ? $"none: {seen.Subject}" : $"that of {seen.Subject} with the fingerprint {seen.Fingerprint}";
        return ApplyingDiagnostics.OtherCertificate.At(
            load.Entry.Path,
            $"is published with the fingerprint {load.Entry.Version}, but clients that ask for {place} are shown {what}",
            $"journalctl -u {load.Entry.Daemons[0]}",
            domain: DomainName.TryParse(load.Entry.Unit, out var domain) ? domain : null);
    }
}
