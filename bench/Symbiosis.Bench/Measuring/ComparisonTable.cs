using System.Globalization;
using System.Text;

namespace Symbiosis.Bench.Measuring;

/// <summary>Comparisons side by side, as a Markdown table.</summary>
internal static class ComparisonTable
{
    /// <summary>One column for each number of domains.</summary>
    public static string Write(IReadOnlyList<Comparison> comparisons)
    {
        var text = new StringBuilder();
        Row(text, "domains", comparisons, taken => $"{taken.Domains}");
        text.Append("|---|").Insert(text.Length, "---:|", comparisons.Count).Append('\n');
        Row(text, "mailboxes / files", comparisons, taken => $"{taken.Counts.Mailboxes} / {taken.Counts.Files}");
        Row(text, "making the tree", comparisons, taken => Seconds(taken.Generation));
        Row(text, "floor: the kernel's part of reading it", comparisons, taken => Seconds(taken.Floor));
        Row(text, "first plan", comparisons, taken => $"{Seconds(taken.FirstPlan)}, {taken.FirstPlan.Changes} changes");
        Row(text, "first apply", comparisons, taken => Seconds(taken.FirstApply));
        Row(text, "**unchanged plan**, cold process: median (best)", comparisons, taken => $"**{Seconds(Median(taken.UnchangedPlans))}** ({Seconds(taken.UnchangedPlans[0])})");
        Row(text, "… of which reading and rendering / comparing", comparisons, taken => $"{Median(taken.UnchangedPlans).ReadMs / 1000:F2} / {Median(taken.UnchangedPlans).PlanMs / 1000:F2} s");
        Row(text, "… processor time", comparisons, taken => $"{Median(taken.UnchangedPlans).ProcessorMs / 1000:F2} s");
        Row(text, "… ratio to the floor", comparisons, taken => $"{Median(taken.UnchangedPlans).SinceStartMs / taken.Floor.TotalMilliseconds:F1}");
        Row(text, "… peak memory", comparisons, taken => $"{Median(taken.UnchangedPlans).PeakMiB:F0} MiB");
        Row(text, "opens below /srv per domain", comparisons, taken => taken.UnchangedCalls is { } calls ? $"{(double)calls.TreeOpens / taken.Domains:F1}" : "no strace");
        Row(text, "… per file or directory of the tree", comparisons, taken => taken.UnchangedCalls is { } calls ? $"{(double)calls.TreeOpens / (taken.Counts.Files + taken.Counts.Directories):F2}" : "no strace");
        Row(text, "**writes on an unchanged tree**", comparisons, taken => taken.UnchangedCalls is { } calls ? $"**{calls.Changes.Count}**" : "no strace");
        Row(text, "service: start to ready", comparisons, taken => Seconds(taken.ServiceStart));
        Row(text, "**service: resident** when ready / settled / peak", comparisons, taken => $"{taken.ServiceMiB.Ready:F0} / **{taken.ServiceMiB.Settled:F0}** / {taken.ServiceMiB.Peak:F0} MiB");
        Row(text, "… live objects, watched directories", comparisons, taken => $"{taken.Service.HeapMiB:F0} MiB, {taken.Service.Watches}");
        for (var kind = 0; kind < comparisons[0].Changes.Count; kind++)
        {
            Row(
                text,
                $"**{comparisons[0].Changes[kind].Name}** live: p50 / p99 / worst of {comparisons[0].Changes[kind].Times.Count}",
                comparisons,
                taken => $"{At(taken.Changes[kind].Times, 0.5)} / **{At(taken.Changes[kind].Times, 0.99)}** / {At(taken.Changes[kind].Times, 1)} ms");
        }

        return text.ToString();
    }

    private static RunReport Median(IReadOnlyList<RunReport> sorted) => sorted[sorted.Count / 2];

    private static string Seconds(RunReport run) => $"{run.SinceStartMs / 1000:F2} s";

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:F2} s";

    // The smallest time that at least this share of all tries kept.
    private static string At(IReadOnlyList<TimeSpan> sorted, double share) =>
        sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)].TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture);

    private static void Row(StringBuilder text, string title, IReadOnlyList<Comparison> comparisons, Func<Comparison, string> cell)
    {
        text.Append("| ").Append(title);
        foreach (var comparison in comparisons)
            text.Append(" | ").Append(cell(comparison));
        text.Append(" |\n");
    }
}
