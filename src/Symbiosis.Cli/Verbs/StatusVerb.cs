using System.Text.Json;
using Symbiosis.Cli.Output;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;
using Symbiosis.Watching;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis status</c>: what the running service did, and what a look at the tree and the host finds now. The look is its own, so that it also sees what no event tells: edited files.</summary>
internal static class StatusVerb
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var prefix = CommonOptions.Prefix();
        var command = new Command("status", "Show how the host stands: what was applied last, what is held back, what was edited by hand, what is wrong.") { json, prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(json), parsed.GetRequiredValue(prefix), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool asJson, string prefix, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        if (new PlanRequest([], prefix, Force: false).FindFault() is { } fault)
        {
            errors.Line(errors.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var report = await LookAsync(prefix, await StatusSocket.AskAsync(StatusReport.SocketPath, cancellationToken), cancellationToken);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, StatusJson.Default.StatusReport));
        else
            StatusText.Write(report, Terminal.StandardOutput);
        return report.Findings.Any(finding => finding.Severity == "error") ? ExitCode.Failed : ExitCode.Success;
    }

    private static async Task<StatusReport> LookAsync(string prefix, StatusReport? ofService, CancellationToken cancellationToken)
    {
        var machine = HostPipeline.Machine();
        var pipeline = HostPipeline.Create(machine, prefix, writes: false);
        var book = new FindingBook();
        var reading = await pipeline.ReadEverythingAsync(cancellationToken);
        book.TakeScan(reading.ScanFindings);
        if (reading.Desired is { } desired)
            book.TakePlan(desired, pipeline.Plan(desired, new PlanOptions()));

        // What a daemon refused is known only to the service that asked it.
        var refused = ofService?.Findings.Where(finding => finding.Id.StartsWith("APPLY", StringComparison.Ordinal)) ?? [];
        var ended = await SupervisedUnitSurvey.FindEndedAsync(machine.Commands, ServiceCatalog.All.SelectMany(service => service.Supervised), HostPath.Parse(prefix), cancellationToken);
        return (ofService ?? new StatusReport()) with
        {
            Domains = pipeline.DomainCount,
            Edited = book.Edited,
            Findings = ended.Concat(book.All).Select(StatusReport.Finding.From).Concat(refused).Distinct().ToList(),
        };
    }
}
