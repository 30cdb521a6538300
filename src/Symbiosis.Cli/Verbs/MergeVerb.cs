using System.CommandLine;
using Symbiosis.Applying;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Planning;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis merge FILE</c>: brings newer generated text into a file that was edited by hand.</summary>
internal static class MergeVerb
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A generated file that 'symbiosis status' lists as edited by hand." };
        var prefix = CommonOptions.Prefix();
        var command = new Command("merge", "Merge newer generated text into a file that was edited by hand. Conflicts go into a side file; the file itself stays whole.") { file, prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(file), parsed.GetRequiredValue(prefix), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string file, string prefix, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        var request = new PlanRequest([], prefix, Force: false);
        if (request.FindFault() is { } fault)
        {
            errors.Line(errors.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var machine = HostPipeline.Machine();
        using var held = await ApplyLock.TakeForCommandAsync(machine.Files, LockPatience, machine.Clock, cancellationToken);
        if (held is null)
        {
            errors.Line(errors.Red("symbiosis: another run is at work; nothing was changed, try again when it is done"));
            return ExitCode.Busy;
        }

        var pipeline = HostPipeline.Create(machine, prefix, writes: true);
        DiagnosticWriter.Write(await pipeline.RecoverAsync(held, cancellationToken), errors);
        var reading = await pipeline.ReadEverythingAsync(cancellationToken);
        if (reading.Desired is not { } desired)
        {
            DiagnosticWriter.Write(reading.ScanFindings, errors);
            return ExitCode.Failed;
        }

        var path = Path.GetFullPath(file);
        var edited = pipeline.Plan(desired, new PlanOptions()).LeftAlone.FirstOrDefault(kept => kept.File.Path.Value == path);
        if (edited is null)
        {
            errors.Line(errors.Red($"symbiosis: {Printable.Text(path)} is not a generated file that was edited by hand; 'symbiosis status' lists those"));
            return ExitCode.Usage;
        }

        var outcome = await pipeline.MergeAsync(held, edited, desired, progress: null, cancellationToken);
        return Report(outcome, path, errors);
    }

    private static int Report(MergeOutcome outcome, string path, Terminal errors)
    {
        switch (outcome.Merge)
        {
            case FileMerge.Conflicted conflicted:
                DiagnosticWriter.Write(conflicted.Conflicts, errors);
                errors.Line($"{path} is unchanged. Edit {outcome.SideFile}, take out the lines with <<<<<<<, ======= and >>>>>>>, then run: symbiosis merge {path}");
                return ExitCode.Failed;
            case FileMerge.Merged when outcome.Applied is { End: ApplyEnd.Applied }:
                Terminal.StandardOutput.Line($"Merged: {path} has your edit and the newer text.");
                return ExitCode.Success;
            case FileMerge.Merged:
                DiagnosticWriter.Write(outcome.Applied?.Diagnostics ?? [], errors);
                errors.Line(errors.Red($"symbiosis: the merged text was refused; {path} is unchanged"));
                return ExitCode.Failed;
            default:
                Terminal.StandardOutput.Line($"{path} already has everything that is generated now.");
                return ExitCode.Success;
        }
    }
}
