using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Planning;
using Symbiosis.Services;

namespace Symbiosis.Applying;

/// <summary>
/// Asks a daemon's own checker about the configuration that would result, and when it refuses, finds the units at fault so that the others go live (WEB-31, CORE-40). Units named in the
/// checker's output are suspected first; without a name, halves are tried: a culprit among n units takes about log n checks.
/// </summary>
internal sealed class ConfigurationCheck(IHostFiles files, ICommandRunner commands)
{
    // Every check of a large configuration takes a second or so; a host where most units are broken must still end.
    private const int MostChecks = 64;

    private const int EvidenceLines = 5;

    /// <summary>What the checker thinks.</summary>
    /// <param name="Refused">Units held back, with the check that failed because of them. Empty: everything may go live.</param>
    /// <param name="Kind">Why they are held back.</param>
    /// <param name="Culprit">The one of them that stands for all, when they are held back together; null when each has a mistake of its own.</param>
    public sealed record Verdict(IReadOnlyDictionary<string, CommandResult> Refused, DiagnosticKind Kind, string? Culprit = null);

    /// <summary>Judges the operations of one daemon.</summary>
    public async Task<Verdict> JudgeAsync(Daemon daemon, IReadOnlyList<Operation> operations, CancellationToken cancellationToken)
    {
        var view = StageView.Make(files, daemon, operations);
        var units = operations.Select(operation => operation.Unit).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var search = new Search(daemon, view, commands, cancellationToken);
        var everything = await search.CheckAsync(units);
        if (everything.Succeeded)
            return new Verdict(new Dictionary<string, CommandResult>(), ApplyingDiagnostics.CheckerRefused);
        if (everything.End != CommandEnd.Exited)
            return All(ApplyingDiagnostics.CheckerFailed, everything);

        // Most checkers stop at the first mistake, so the next one is named when the first is out of the way.
        var suspects = new List<string>();
        var unsuspected = units;
        for (var result = everything; search.MayCheck;)
        {
            var named = view.FindUnitsNamedIn(result.Error + result.Output).Where(unit => unit != DesiredUnit.HostUnit && !suspects.Contains(unit)).Order(StringComparer.Ordinal).ToList();
            if (named.Count == 0)
                break;
            suspects.AddRange(named);
            unsuspected = [.. units.Where(unit => !suspects.Contains(unit))];
            result = await search.CheckAsync(unsuspected);
            if (!result.Succeeded)
                continue;
            await search.AddGoodAsync(suspects, unsuspected, everything);
            return Refused();
        }

        // The host's own part is needed by all others, so it is judged first and alone; with a broken one nothing of the daemon goes live.
        List<string> good = [];
        if (units.Contains(DesiredUnit.HostUnit))
        {
            var host = await search.CheckAsync([DesiredUnit.HostUnit]);
            if (!host.Succeeded)
                return All(await IsBrokenBeforeAsync() ? ApplyingDiagnostics.BrokenBefore : ApplyingDiagnostics.CheckerRefused, host);
            good.Add(DesiredUnit.HostUnit);
        }

        await search.AddGoodAsync([.. units.Where(unit => unit != DesiredUnit.HostUnit)], good, everything);
        return search.Refused.Count == units.Count && await IsBrokenBeforeAsync() ? All(ApplyingDiagnostics.BrokenBefore, everything) : Refused();

        async Task<bool> IsBrokenBeforeAsync() => !(await search.CheckAsync([])).Succeeded;

        Verdict All(DiagnosticKind kind, CommandResult evidence) =>
            new(units.ToDictionary(unit => unit, _ => evidence, StringComparer.Ordinal), kind, units.Contains(DesiredUnit.HostUnit) ? DesiredUnit.HostUnit : units[0]);

        Verdict Refused() => new(search.Refused, ApplyingDiagnostics.CheckerRefused);
    }

    /// <summary>The evidence in one sentence: command, how it ended, the first lines it wrote.</summary>
    public static string Describe(CommandResult result)
    {
        var end = result.End switch
        {
            CommandEnd.Exited => $"exit code {result.ExitCode}",
            CommandEnd.NotFound => "not found",
            CommandEnd.TimedOut => $"no end within {result.Command.Timeout.TotalSeconds:0} s",
            CommandEnd.KilledBySignal => $"killed by signal {result.ExitCode}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var said = string.Join(" | ", (result.Error + "\n" + result.Output).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(EvidenceLines));
        return said.Length == 0 ? $"{result.Command}: {end}" : $"{result.Command}: {end}: {said}";
    }

    private sealed class Search(Daemon daemon, StageView view, ICommandRunner commands, CancellationToken cancellationToken)
    {
        private int _checks;

        public bool MayCheck => _checks < MostChecks;

        public Dictionary<string, CommandResult> Refused { get; } = new(StringComparer.Ordinal);

        public Task<CommandResult> CheckAsync(IReadOnlyCollection<string> units)
        {
            _checks++;
            view.Show(units.ToHashSet(StringComparer.Ordinal));
            return commands.RunAsync(daemon.Check(view.Paths), cancellationToken);
        }

        /// <summary>Adds the good ones of some candidates to units known to be good together; the others become <see cref="Refused"/>.</summary>
        public async Task AddGoodAsync(List<string> candidates, List<string> good, CommandResult evidence)
        {
            if (candidates.Count == 0)
                return;
            var result = MayCheck ? await CheckAsync([.. good, .. candidates]) : evidence;
            if (result.Succeeded)
            {
                good.AddRange(candidates);
            }
            else if (candidates.Count == 1 || !MayCheck)
            {
                foreach (var candidate in candidates)
                    Refused[candidate] = result;
            }
            else
            {
                var half = candidates.Count / 2;
                await AddGoodAsync([.. candidates.Take(half)], good, result);
                await AddGoodAsync([.. candidates.Skip(half)], good, result);
            }
        }
    }
}
