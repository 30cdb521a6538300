using Symbiosis.Planning;
using Symbiosis.Services;

namespace Symbiosis.Cli.Output;

/// <summary>A plan for people: what would change, for whom, and why; one block for each domain, the host last.</summary>
internal static class PlanText
{
    public static void Write(ChangePlan plan, Terminal terminal)
    {
        var units = plan.Changes.Select(change => change.Unit).Concat(plan.TreeChanges.Select(change => change.Domain.Value)).Concat(Renewed(plan).Select(load => load.Entry.Unit)).Distinct(StringComparer.Ordinal);
        foreach (var unit in units.OrderBy(unit => unit == DesiredUnit.HostUnit).ThenBy(unit => unit, StringComparer.Ordinal))
        {
            terminal.Line(terminal.Bold(unit == DesiredUnit.HostUnit ? "the host" : unit));
            foreach (var change in plan.TreeChanges.Where(change => change.Domain.Value == unit))
                terminal.Line($"  {terminal.Yellow("~")} {(change.RelativePath.Length > 0 ? change.RelativePath : "the directory itself")}  {terminal.Dim(change.Because)}");
            foreach (var change in plan.Changes.Where(change => change.Unit == unit).OrderBy(change => change.Path))
                WriteChange(change, terminal);
            foreach (var load in Renewed(plan).Where(load => load.Entry.Unit == unit))
                terminal.Line($"  {terminal.Yellow("~")} {load.Entry.Path}  {terminal.Dim($"loaded by {string.Join(", ", load.Entry.Daemons)}: {load.Because}")}");
            terminal.Line();
        }

        foreach (var provision in plan.Provisions)
            terminal.Line($"{terminal.Green("+")} {Describe(provision)}  {terminal.Dim(provision.Because)}");
        foreach (var kept in plan.LeftAlone)
            terminal.Line($"{terminal.Yellow("=")} {kept.File.Path}  {terminal.Dim(DescribeVerdict(kept.Verdict))}");
        terminal.Line(Summary(plan));
    }

    /// <summary>The last line: <c>Plan: 3 to create, 1 to change, 0 to remove; reload apache2.</c></summary>
    public static string Summary(ChangePlan plan)
    {
        if (plan.IsEmpty)
            return "Nothing to change.";
        var made = plan.Changes.Count(IsNew) + plan.Provisions.Count;
        var removed = plan.Changes.Count(change => change is PlannedChange.RemoveFile or PlannedChange.RemoveLink);
        var changed = plan.Changes.Count - plan.Changes.Count(IsNew) - removed + plan.TreeChanges.Count + Renewed(plan).Count();
        var reload = plan.Daemons.Count == 0 ? "no daemon to reload" : "reload " + string.Join(", ", plan.Daemons.Select(daemon => daemon.Name));
        return $"Plan: {made} to create, {changed} to change, {removed} to remove; {reload}.";
    }

    // What is only made by this plan is shown as made.
    private static IEnumerable<PlannedLoad> Renewed(ChangePlan plan) => plan.Loads.Where(load => load.Entry.Version.Length > 0);

    internal static bool IsNew(PlannedChange change) =>
        change is PlannedChange.WriteFile { Verdict: FileVerdict.Create } || (change is PlannedChange.MakeLink && change.Found is FoundFile.Missing);

    internal static string Describe(Provision provision) => provision switch
    {
        Provision.SelfSignedCertificate wanted => $"{wanted.Directory}: self-signed certificate for {string.Join(", ", wanted.Names)}",
        _ => provision.ToString(),
    };

    internal static string DescribeVerdict(FileVerdict verdict) => verdict switch
    {
        FileVerdict.Edited => "edited by hand, left alone",
        FileVerdict.EditedAndOutOfDate => "edited by hand, left alone; newer text is waiting: symbiosis merge",
        _ => "not ours, left alone",
    };

    private static void WriteChange(PlannedChange change, Terminal terminal)
    {
        var sign = change switch
        {
            PlannedChange.RemoveFile or PlannedChange.RemoveLink => terminal.Red("-"),
            _ when IsNew(change) => terminal.Green("+"),
            _ => terminal.Yellow("~"),
        };
        var target = change is PlannedChange.MakeLink link ? $" -> {link.Target}" : "";
        terminal.Line($"  {sign} {change.Path}{target}  {terminal.Dim(change.Because)}");
        foreach (var line in PlanDifference.Lines(change))
            terminal.Line("      " + Paint(line, terminal));
    }

    internal static string Paint(string line, Terminal terminal) => line switch
    {
        ['+', ..] => terminal.Green(line),
        ['-', ..] => terminal.Red(line),
        ['@', ..] => terminal.Dim(line),
        _ => line,
    };
}
