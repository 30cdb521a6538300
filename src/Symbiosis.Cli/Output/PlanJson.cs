using System.Text.Json;
using System.Text.Json.Serialization;
using Symbiosis.Applying;
using Symbiosis.Planning;
using Symbiosis.Watching;

namespace Symbiosis.Cli.Output;

/// <summary>What <c>plan --json</c> and <c>apply --json</c> print.</summary>
internal sealed record PlanDocument
{
    /// <summary>One document for a plan, and for what became of it.</summary>
    public static PlanDocument From(ChangePlan plan, Func<string, string?> readCurrent, ApplyOutcome? outcome = null) => new()
    {
        Changes = [.. plan.Changes.Select(change => Change.From(change, readCurrent))],
        TreeChanges = [.. plan.TreeChanges.Select(change => new TreeChangeItem(change.Domain.Value, change.RelativePath, change.Because))],
        Provisions = [.. plan.Provisions.Select(PlanText.Describe)],
        Loads = [.. plan.Loads.Select(load => load.Entry.Path)],
        LeftAlone = [.. plan.LeftAlone.Select(kept => new LeftAloneItem(kept.File.Path.Value, PlanText.DescribeVerdict(kept.Verdict), string.Join('\n', PlanDifference.Lines(kept))))],
        Reload = [.. plan.Daemons.Select(daemon => daemon.Name)],
        Refused = plan.Refusal?.ToString(),
        Findings = [.. plan.Diagnostics.Concat(outcome is null ? [] : outcome.Diagnostics).Select(StatusReport.Finding.From)],
        Outcome = outcome is null ? null : OutcomeItem.From(outcome),
    };

    public required IReadOnlyList<Change> Changes { get; init; }

    public required IReadOnlyList<TreeChangeItem> TreeChanges { get; init; }

    public required IReadOnlyList<string> Provisions { get; init; }

    /// <summary>Files of others, such as renewed certificates, that daemons load again.</summary>
    public required IReadOnlyList<string> Loads { get; init; }

    public required IReadOnlyList<LeftAloneItem> LeftAlone { get; init; }

    public required IReadOnlyList<string> Reload { get; init; }

    public required IReadOnlyList<StatusReport.Finding> Findings { get; init; }

    public string? Refused { get; init; }

    public OutcomeItem? Outcome { get; init; }

    internal sealed record Change(string Action, string Path, string? Domain, string Because, IReadOnlyList<string> Daemons, string? Difference)
    {
        public static Change From(PlannedChange change, Func<string, string?> readCurrent)
        {
            var difference = string.Join('\n', PlanDifference.Lines(change, readCurrent));
            return new Change(
                change switch
                {
                    PlannedChange.RemoveFile => "remove",
                    PlannedChange.RemoveLink => "unlink",
                    PlannedChange.MakeLink => "link",
                    _ => PlanText.IsNew(change) ? "create" : "change",
                },
                change.Path.Value,
                change.Unit == DesiredUnit.HostUnit ? null : change.Unit,
                change.Because,
                [.. change.Daemons],
                difference.Length == 0 ? null : difference);
        }
    }

    internal sealed record TreeChangeItem(string Domain, string Path, string Because);

    internal sealed record LeftAloneItem(string Path, string Verdict, string Difference);

    internal sealed record OutcomeItem(string End, IReadOnlyList<string> Written, IReadOnlyList<string> Removed, IReadOnlyList<string> Quarantined, IReadOnlyList<string> RolledBack, IReadOnlyList<string> Reloaded, int TreeChanges)
    {
        public static OutcomeItem From(ApplyOutcome outcome) => new(
            JsonNamingPolicy.CamelCase.ConvertName(outcome.End.ToString()),
            [.. outcome.Written.Select(path => path.Value)],
            [.. outcome.Removed.Select(path => path.Value)],
            [.. outcome.Quarantined.Select(unit => unit.Unit)],
            [.. outcome.RolledBack],
            [.. outcome.Reloaded],
            outcome.TreeChanges);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PlanDocument))]
internal sealed partial class PlanJson : JsonSerializerContext;
