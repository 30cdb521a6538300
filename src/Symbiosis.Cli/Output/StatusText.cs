using Symbiosis.Diagnostics;
using Symbiosis.Watching;

namespace Symbiosis.Cli.Output;

/// <summary>A status report for people: what runs, what happened last, and what needs a hand.</summary>
internal static class StatusText
{
    public static void Write(StatusReport report, Terminal terminal)
    {
        terminal.Line(Headline(report, terminal));
        if (report.LastApplied is { } applied)
        {
            var reloads = report.LastReloads.Count == 0 ? "no reload" : "reloaded " + string.Join(", ", report.LastReloads);
            terminal.Line($"  last applied {applied.ToLocalTime():yyyy-MM-dd HH:mm:ss}, {report.LastFilesWritten} file{(report.LastFilesWritten == 1 ? "" : "s")} in {report.LastAppliedMilliseconds:0} ms, {reloads}");
        }

        if (report.Reloads.Count > 0)
            terminal.Line("  reloads since the start: " + string.Join(", ", report.Reloads.OrderBy(reload => reload.Key, StringComparer.Ordinal).Select(reload => $"{reload.Key} {reload.Value}")));
        WriteList("Held back, serving their last good state:", report.Quarantined, terminal);
        if (report.Edited.Count > 0)
        {
            terminal.Line();
            terminal.Line(terminal.Bold("Edited by hand, left alone:"));
            foreach (var edited in report.Edited)
            {
                terminal.Line($"  {edited.Path}");
                foreach (var line in edited.Difference.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    terminal.Line("      " + PlanText.Paint(Printable.Text(line), terminal));
            }
        }

        if (report.Findings.Count == 0)
            return;
        terminal.Line();
        terminal.Line(terminal.Bold("Findings:"));
        foreach (var finding in report.Findings)
            terminal.Line($"  {Paint(finding, terminal)}");
    }

    private static string Headline(StatusReport report, Terminal terminal)
    {
        var domains = $"{report.Domains} domain{(report.Domains == 1 ? "" : "s")}";
        return report is { FromService: true, RunningSince: { } since }
            ? $"{terminal.Green("●")} symbiosis watches since {since.ToLocalTime():yyyy-MM-dd HH:mm:ss}: {domains}, {report.WatchedDirectories} directories"
            : $"{terminal.Red("●")} symbiosis does not watch: {domains}; changes go live with 'symbiosis apply' (start it with: systemctl start symbiosis)";
    }

    private static void WriteList(string title, IReadOnlyList<string> lines, Terminal terminal)
    {
        if (lines.Count == 0)
            return;
        terminal.Line();
        terminal.Line(terminal.Bold(title));
        foreach (var line in lines)
            terminal.Line($"  {line}");
    }

    private static string Paint(StatusReport.Finding finding, Terminal terminal)
    {
        var place = finding.Line > 0 ? $"{finding.Path}:{finding.Line}{(finding.Column > 0 ? $":{finding.Column}" : "")}" : finding.Path;
        var text = Printable.Text($"{place}: {finding.Severity} {finding.Id}: {finding.Message}{(finding.Hint is null ? "" : $" (hint: {finding.Hint})")}");
        return finding.Severity switch
        {
            "error" => terminal.Red(text),
            "warning" => terminal.Yellow(text),
            _ => text,
        };
    }
}
