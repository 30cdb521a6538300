using System.Text.Json;
using Symbiosis.Cli.Output;
using Symbiosis.Planning;
using Symbiosis.Watching;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis status</c>: asks the running service, or looks for itself when there is none.</summary>
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

        var report = await StatusSocket.AskAsync(StatusReport.SocketPath, cancellationToken) ?? await WorkOutAsync(prefix, cancellationToken);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, StatusJson.Default.StatusReport));
        else
            StatusText.Write(report, Terminal.StandardOutput);
        return report.Findings.Any(finding => finding.Severity == "error") ? ExitCode.Failed : ExitCode.Success;
    }

    private static async Task<StatusReport> WorkOutAsync(string prefix, CancellationToken cancellationToken)
    {
        var pipeline = HostPipeline.Create(HostPipeline.Machine(), prefix, writes: false);
        var book = new FindingBook();
        var reading = await pipeline.ReadEverythingAsync(cancellationToken);
        book.TakeScan(reading.ScanFindings);
        if (reading.Desired is { } desired)
            book.TakePlan(desired, pipeline.Plan(desired, new PlanOptions()));
        return new StatusReport
        {
            Domains = pipeline.DomainCount,
            Edited = book.Edited,
            Findings = book.All.Select(StatusReport.Finding.From).ToList(),
        };
    }
}
