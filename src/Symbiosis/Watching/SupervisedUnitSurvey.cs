using System.Globalization;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;

namespace Symbiosis.Watching;

/// <summary>Asks systemd which of the units that run customers' programs do not run, and the journal what they said last.</summary>
public static class SupervisedUnitSurvey
{
    private const string Systemctl = "/usr/bin/systemctl";
    private const int LongestWords = 200;

    // A program that ends and is started again is running at some moments; one that began so shortly ago after a restart is not over the hill yet.
    private static readonly TimeSpan _settleTime = TimeSpan.FromSeconds(10);

    /// <summary>A finding for each unit that has failed, waits to be started again, or has just been.</summary>
    public static async Task<ValueList<Diagnostic>> FindEndedAsync(ICommandRunner commands, IEnumerable<SupervisedUnits> units, HostPath srv, CancellationToken cancellationToken)
    {
        var found = new List<Diagnostic>();
        foreach (var kind in units)
        {
            var shown = await commands.RunAsync(
                new Command(Systemctl, ["show", "--property=Id,ActiveState,SubState,NRestarts,ActiveEnterTimestampMonotonic,ExecMainCode,ExecMainStatus", $"{kind.Template}@*.service"]), cancellationToken);
            if (!shown.Succeeded)
                continue; // no systemd here: nothing runs that could have ended
            foreach (var block in shown.Output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
            {
                var unit = UnitState.Parse(block);
                if (unit.Id.Length > 0 && HasEnded(unit))
                    found.Add(await ReportAsync(commands, kind, unit, srv, cancellationToken));
            }
        }

        return found.ToValueList();
    }

    private static bool HasEnded(UnitState unit) =>
        unit.Active == "failed"
        || unit.Sub.StartsWith("auto-restart", StringComparison.Ordinal)
        || (unit.Restarts > 0 && TimeSpan.FromMilliseconds(Environment.TickCount64) - unit.Since < _settleTime);

    private static async Task<Diagnostic> ReportAsync(ICommandRunner commands, SupervisedUnits kind, UnitState unit, HostPath srv, CancellationToken cancellationToken)
    {
        var instance = unit.Id[(kind.Template.Length + 1)..^".service".Length];
        var said = await commands.RunAsync(new Command("/usr/bin/journalctl", [$"_SYSTEMD_UNIT={unit.Id}", "--boot", "--lines=5", "--output=cat", "--no-pager", "--quiet"]), cancellationToken);
        var words = said.Output.Split('\n').Select(line => line.Trim()).LastOrDefault(line => line.Length > 0) ?? "";
        var how = unit.EndedBySignal ? $"by signal {unit.Status}" : $"with status {unit.Status}";
        return kind.NotRunning.At(
            $"{srv}/{instance}/{kind.SettingPath}",
            $"the program ended {how}{(words.Length == 0 ? " and said nothing" : $"; it said last: {(words.Length > LongestWords ? words[..LongestWords] + "..." : words)}")}",
            $"journalctl -u {unit.Id}",
            domain: DomainName.TryParse(instance, out var domain) ? domain : null);
    }

    private sealed record UnitState(string Id, string Active, string Sub, int Restarts, TimeSpan Since, bool EndedBySignal, string Status)
    {
        private const string Killed = "2"; // CLD_KILLED, CLD_DUMPED (waitid(2))
        private const string Dumped = "3";

        public static UnitState Parse(string block)
        {
            var values = block.Split('\n').Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
            string Of(string key) => values.GetValueOrDefault(key, "");
            _ = int.TryParse(Of("NRestarts"), CultureInfo.InvariantCulture, out var restarts);
            _ = long.TryParse(Of("ActiveEnterTimestampMonotonic"), CultureInfo.InvariantCulture, out var microseconds);
            return new UnitState(Of("Id"), Of("ActiveState"), Of("SubState"), restarts, TimeSpan.FromMicroseconds(microseconds), Of("ExecMainCode") is Killed or Dumped, Of("ExecMainStatus"));
        }
    }
}
