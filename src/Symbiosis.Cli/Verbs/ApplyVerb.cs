using System.CommandLine;
using System.Text.Json;
using Symbiosis.Applying;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Planning;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis apply</c>: makes the tree true, as one transaction.</summary>
internal static class ApplyVerb
{
    // The service holds the lock for moments; another apply may take as long as it likes, and two at once are a mistake (CORE-70).
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var json = CommonOptions.Json();
        var force = CommonOptions.Force();
        var domains = CommonOptions.Domains();
        var prefix = CommonOptions.Prefix();
        var noReload = new Option<bool>("--no-reload", "-n") { Description = "Write and check the configuration, but reload no daemon." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print findings only." };
        var command = new Command("apply", "Check the configuration the tree asks for and take it into use; undo what a daemon refuses.") { domains, json, force, noReload, quiet, prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new PlanRequest(parsed.GetValue(domains) ?? [], parsed.GetRequiredValue(prefix), parsed.GetValue(force)),
            new ApplyOptions { Reloads = !parsed.GetValue(noReload) },
            parsed.GetValue(json) ? Verbosity.Json : parsed.GetValue(quiet) ? Verbosity.Quiet : Verbosity.Text,
            cancellationToken));
        return command;
    }

    /// <summary>Applies everything and prints findings only, for a verb that is part of an apply.</summary>
    public static Task<int> ApplyQuietlyAsync(PlanRequest request, CancellationToken cancellationToken) => RunAsync(request, new ApplyOptions(), Verbosity.Quiet, cancellationToken);

    private enum Verbosity
    {
        Text,
        Quiet,
        Json,
    }

    private static async Task<int> RunAsync(PlanRequest request, ApplyOptions options, Verbosity verbosity, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        if (request.FindFault() is { } fault)
        {
            errors.Line(errors.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var machine = HostPipeline.Machine();
        using var held = await ApplyLock.TakeForCommandAsync(machine.Files, LockPatience, machine.Clock, cancellationToken);
        if (held is null)
        {
            errors.Line(errors.Red("symbiosis: another run is at work and holds /var/lib/symbiosis/lock; nothing was changed, try again when it is done"));
            return ExitCode.Busy;
        }

        var pipeline = HostPipeline.Create(machine, request.Prefix, writes: true);
        DiagnosticWriter.Write(await pipeline.RecoverAsync(held, cancellationToken), errors);
        var planned = await request.PlanAsync(pipeline, errors, cancellationToken);
        if (planned.Plan is not { } plan)
        {
            DiagnosticWriter.Write(planned.Findings, errors);
            return ExitCode.Failed;
        }

        var outcome = await pipeline.ApplyAsync(held, plan, options, new StepLine(errors), cancellationToken);
        if (plan.Provisions.Count > 0 && outcome.End == ApplyEnd.Applied && request.Domains.Length == 0)
        {
            // What was made (a certificate) may be what other files were waiting for.
            planned = await request.PlanAsync(pipeline, errors, cancellationToken);
            if (planned.Plan is { IsEmpty: false } second)
                outcome = outcome.And(await pipeline.ApplyAsync(held, second, options, new StepLine(errors), cancellationToken));
        }

        errors.EndProgress();
        if (verbosity == Verbosity.Json)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(PlanDocument.From(plan, CurrentFile.Read, outcome), PlanJson.Default.PlanDocument));
        }
        else
        {
            if (verbosity == Verbosity.Text)
                Terminal.StandardOutput.Line(Describe(outcome, plan));
            DiagnosticWriter.Write(planned.Findings.Concat(outcome.Diagnostics), errors);
        }

        var isGood = outcome.End is ApplyEnd.Applied or ApplyEnd.NothingToDo && !planned.Findings.Concat(outcome.Diagnostics).Any(finding => finding.Severity == Severity.Error);
        return isGood ? ExitCode.Success : ExitCode.Failed;
    }

    private static string Describe(ApplyOutcome outcome, ChangePlan plan) => outcome.End switch
    {
        ApplyEnd.NothingToDo => "Nothing to change.",
        ApplyEnd.Refused => "Nothing was changed.",
        ApplyEnd.Failed => "The host refused; everything is as it was.",
        ApplyEnd.Cancelled => "Cancelled; everything is as it was.",
        _ => $"{(outcome.End == ApplyEnd.Applied ? "Applied" : "Applied in part")}: {outcome.Written.Count} written, {outcome.Removed.Count} removed"
            + (outcome.TreeChanges > 0 ? $", {outcome.TreeChanges} changed in the tree" : "")
            + (plan.Provisions.Count > 0 ? $", {plan.Provisions.Count} made" : "")
            + (outcome.Reloaded.Count > 0 ? $"; reloaded {string.Join(", ", outcome.Reloaded)}." : "; no reload."),
    };

    /// <summary>Progress on one line of a terminal.</summary>
    private sealed class StepLine(Terminal terminal) : IProgress<ApplyStep>
    {
        public void Report(ApplyStep value)
        {
            var verb = value.Phase switch
            {
                ApplyPhase.Recover => "finishing an interrupted run",
                ApplyPhase.Provision => "making",
                ApplyPhase.Stage => "writing",
                ApplyPhase.Check => "checking",
                ApplyPhase.Swap => "switching",
                ApplyPhase.Reload => "reloading",
                ApplyPhase.Probe => "asking",
                ApplyPhase.RollBack => "rolling back",
                ApplyPhase.Tree => "changing",
                _ => "finishing",
            };
            terminal.Progress($"{verb} {value.Subject}".TrimEnd() + " …");
        }
    }
}
