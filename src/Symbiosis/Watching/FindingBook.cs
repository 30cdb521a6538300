using Symbiosis.Applying;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Planning;

namespace Symbiosis.Watching;

/// <summary>
/// What stands against the tree now, kept by unit: a new plan of a unit replaces what was known of it and of nothing else. Notes are for the one who makes the plan: nothing has to be done about
/// them, and ten thousand domains have many. Written by one thread; what it gives out is never changed afterwards.
/// </summary>
internal sealed class FindingBook
{
    private readonly Dictionary<string, Page> _pages = new(StringComparer.Ordinal);
    private ValueList<Diagnostic> _scan = [];

    private sealed class Page
    {
        public HashSet<Diagnostic> Findings { get; } = [];

        public List<StatusReport.EditedFile> Edited { get; } = [];

        public SortedSet<string> HeldBackFrom { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>All warnings and errors: about <c>/srv</c>, the host, and every domain; errors first.</summary>
    public IReadOnlyList<Diagnostic> All => _scan
        .Concat(_pages.Values.SelectMany(page => page.Findings))
        .OrderByDescending(finding => finding.Severity)
        .ThenBy(finding => finding.Path, StringComparer.Ordinal)
        .ThenBy(finding => finding.Line)
        .ToList();

    /// <summary>Units held back, with the daemon whose checker refused them.</summary>
    public IReadOnlyList<string> Quarantined => _pages
        .Where(page => page.Value.HeldBackFrom.Count > 0)
        .OrderBy(page => page.Key, StringComparer.Ordinal)
        .Select(page => $"{page.Key} ({string.Join(", ", page.Value.HeldBackFrom)})")
        .ToList();

    /// <summary>Files edited by hand.</summary>
    public IReadOnlyList<StatusReport.EditedFile> Edited => _pages.Values.SelectMany(page => page.Edited).OrderBy(file => file.Path, StringComparer.Ordinal).ToList();

    /// <summary>Replaces what is known about <c>/srv</c> itself.</summary>
    public void TakeScan(ValueList<Diagnostic> findings) => _scan = findings.Where(Stands).ToValueList();

    /// <summary>Replaces what is known of the units of a plan.</summary>
    public void TakePlan(DesiredState desired, ChangePlan plan)
    {
        if (desired.IsComplete)
            _pages.Clear();
        foreach (var unit in desired.Units)
            _pages.Remove(unit.Name);
        foreach (var finding in plan.Diagnostics.Where(Stands))
            PageOf(finding).Findings.Add(finding);
        foreach (var kept in plan.LeftAlone)
            PageOf(kept.Unit).Edited.Add(new StatusReport.EditedFile(kept.File.Path.Value, string.Join('\n', PlanDifference.Lines(kept))));
    }

    /// <summary>Adds what applying found.</summary>
    public void TakeOutcome(ValueList<Diagnostic> findings, ValueList<QuarantinedUnit> quarantined)
    {
        foreach (var finding in findings.Where(Stands))
            PageOf(finding).Findings.Add(finding);
        foreach (var held in quarantined)
            PageOf(held.Unit).HeldBackFrom.Add(held.Daemon);
    }

    private static bool Stands(Diagnostic finding) => finding.Severity > Severity.Note;

    private Page PageOf(Diagnostic finding) => PageOf(finding.Domain?.Value ?? DesiredUnit.HostUnit);

    private Page PageOf(string unit)
    {
        if (!_pages.TryGetValue(unit, out var page))
            _pages[unit] = page = new Page();
        return page;
    }
}
