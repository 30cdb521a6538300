using System.Text.Json;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis plan</c>: what apply would do.</summary>
internal static class PlanVerb
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var force = CommonOptions.Force();
        var domains = CommonOptions.Domains();
        var prefix = CommonOptions.Prefix();
        var command = new Command("plan", "Show what apply would change, and why. Changes nothing. Exit code 3 says that there would be changes.") { domains, json, force, prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new PlanRequest(parsed.GetValue(domains) ?? [], parsed.GetRequiredValue(prefix), parsed.GetValue(force)),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(PlanRequest request, bool asJson, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        if (request.FindFault() is { } fault)
        {
            errors.Line(errors.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var pipeline = HostPipeline.Create(HostPipeline.Machine(), request.Prefix, writes: false);
        var planned = await request.PlanAsync(pipeline, errors, cancellationToken);
        if (planned.Plan is not { } plan)
        {
            DiagnosticWriter.Write(planned.Findings, errors);
            return ExitCode.Failed;
        }

        if (asJson)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(PlanDocument.From(plan, CurrentFile.Read), PlanJson.Default.PlanDocument));
        }
        else
        {
            PlanText.Write(plan, Terminal.StandardOutput);
            DiagnosticWriter.Write(planned.Findings, errors);
        }

        if (plan.Refusal is not null || planned.Findings.Any(finding => finding.Severity == Severity.Error))
            return ExitCode.Failed;
        return plan.IsEmpty ? ExitCode.Success : ExitCode.ChangesPlanned;
    }
}
