using Symbiosis.Applying;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Services;
using Symbiosis.Tree;

namespace Symbiosis;

/// <summary>
/// Tree, model, render, plan, apply: the one way from files to running daemons. <c>plan</c>, <c>apply</c> and <c>watch</c> are views of it. Keeps what it read, so that the next
/// reading is of what changed only. Used by one thread at a time.
/// </summary>
internal sealed class Pipeline
{
    private readonly HostReader _hostReader;
    private readonly TreeReader _treeReader;
    private readonly Renderer _renderer;
    private readonly WrittenStore _written;
    private readonly DiskSurvey _survey;
    private readonly Applier _applier;
    private readonly Merger _merger;
    private DomainScan? _scan;

    public Pipeline(HostReader hostReader, TreeReader treeReader, ValueList<IServiceModule> services, ApplyHost machine)
    {
        _hostReader = hostReader;
        _treeReader = treeReader;
        _renderer = new Renderer(services);
        _written = new WrittenStore(machine.Files, machine.Clock);
        _survey = new DiskSurvey(machine.Files);
        _applier = new Applier(machine, _written);
        _merger = new Merger(machine.Files, _written, _applier);
    }

    /// <summary>What the tree asks for, and the findings about <c>/srv</c> itself.</summary>
    /// <param name="Desired">Null when <c>/srv</c> cannot be taken for the truth; nothing may be changed then (CORE-5).</param>
    /// <param name="ScanFindings">Directories that are no domains, or why <c>/srv</c> cannot be used.</param>
    public sealed record Reading(DesiredState? Desired, ValueList<Diagnostic> ScanFindings)
    {
        /// <summary>Everything found while reading and rendering.</summary>
        public IEnumerable<Diagnostic> Findings => Desired is null ? ScanFindings : ScanFindings.Concat(Desired.Diagnostics);
    }

    /// <summary>Number of domains known after the last reading.</summary>
    public int DomainCount => _scan?.Domains.Count ?? 0;

    /// <summary>The domains of the last reading, sorted.</summary>
    public ValueList<DomainEntry> Domains => _scan?.Domains ?? [];

    /// <summary>Reads and renders the whole host.</summary>
    public async Task<Reading> ReadEverythingAsync(CancellationToken cancellationToken)
    {
        var host = await _hostReader.ReadAsync(cancellationToken);
        return ReadEverything(host);
    }

    /// <summary>Reads and renders what was touched. The cost depends on how much that is, not on how many domains there are; a change in <c>/srv</c> itself costs one look at each entry.</summary>
    public async Task<Reading> ReadTouchedAsync(IReadOnlySet<WatchedUnit> touched, CancellationToken cancellationToken)
    {
        if (_scan is null)
            return await ReadEverythingAsync(cancellationToken);
        if (touched.Contains(WatchedUnit.Host))
        {
            var host = await _hostReader.ReadAsync(cancellationToken);
            if (_renderer.UseHost(host))
                return ReadEverything(host);
        }

        var names = touched.Where(unit => unit.Domain is not null).Select(unit => unit.Domain!).ToHashSet();
        if (touched.Contains(WatchedUnit.Srv) && !Rescan(names, out var faulty))
            return faulty;

        // A domain that cannot be read as scanned has been replaced or removed since; only another look at /srv can tell.
        var isRescanDue = false;
        foreach (var name in names)
            isRescanDue |= !Refresh(name);
        if (isRescanDue)
        {
            if (!Rescan(names, out faulty))
                return faulty;
            foreach (var name in names.Where(name => !Refresh(name)))
                _renderer.Remove(name.Value); // gone again; its removal is an event of its own
        }

        return new Reading(_renderer.Take(names.Select(name => name.Value).ToList()), _scan.Diagnostics);
    }

    /// <summary>Compares what is wanted with what is there. The lock must be held, or the plan only be shown.</summary>
    public ChangePlan Plan(DesiredState desired, PlanOptions options)
    {
        var written = _written.Refresh();
        return Planner.Plan(desired, _survey.Take(desired, written), written, options);
    }

    /// <summary>Makes the plan true, or leaves the host as it was.</summary>
    public Task<ApplyOutcome> ApplyAsync(ApplyLock held, ChangePlan plan, ApplyOptions options, IProgress<ApplyStep>? progress, CancellationToken cancellationToken) =>
        _applier.ApplyAsync(held, plan, options, progress, cancellationToken);

    /// <summary>Merges newly generated text into a file that was edited by hand, and takes the result into use.</summary>
    public Task<MergeOutcome> MergeAsync(ApplyLock held, LeftAlone edited, DesiredState desired, IProgress<ApplyStep>? progress, CancellationToken cancellationToken) =>
        _merger.MergeAsync(held, edited, desired.Daemons, new ApplyOptions(), progress, cancellationToken);

    /// <summary>Undoes or finishes an apply that was killed.</summary>
    public Task<ValueList<Diagnostic>> RecoverAsync(ApplyLock held, CancellationToken cancellationToken) => _applier.RecoverAsync(held, cancellationToken);

    private Reading ReadEverything(Host host)
    {
        var scan = _treeReader.ScanDomains(host.Name);
        if (scan.Fault != ScanFault.None)
            return new Reading(null, scan.Diagnostics);

        _renderer.UseHost(host);
        ForgetAllBut(scan);
        foreach (var unit in _treeReader.ReadDomains(scan.Domains, _renderer.Render))
            _renderer.Put(unit);
        _scan = scan;
        return new Reading(_renderer.TakeAll(), scan.Diagnostics);
    }

    private bool Rescan(HashSet<DomainName> names, out Reading faulty)
    {
        var before = _scan!; // the caller checked
        var now = _treeReader.ScanDomains(before.HostName);
        faulty = new Reading(null, now.Diagnostics);
        if (now.Fault != ScanFault.None)
            return false;
        foreach (var entry in now.Domains)
        {
            if (before[entry.Name] != entry)
                names.Add(entry.Name);
        }

        foreach (var entry in before.Domains)
        {
            if (now[entry.Name] is null)
                names.Add(entry.Name);
        }

        _scan = now;
        return true;
    }

    // True when the domain is rendered as it is now, or known to be gone.
    private bool Refresh(DomainName name)
    {
        if (_scan![name] is not { } entry) // set by every caller
        {
            _renderer.Remove(name.Value);
            return true;
        }

        if (_treeReader.ReadDomain(entry) is not { } domain)
            return false;
        _renderer.Put(domain);
        return true;
    }

    private void ForgetAllBut(DomainScan scan)
    {
        var present = scan.Domains.Select(entry => entry.Name.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _renderer.DomainNames.Where(name => !present.Contains(name)).ToList())
            _renderer.Remove(name);
    }
}
