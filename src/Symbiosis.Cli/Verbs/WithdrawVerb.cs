using System.CommandLine;
using Symbiosis.Applying;
using Symbiosis.Cli.Output;
using Symbiosis.Machine;
using Symbiosis.Planning;
using Symbiosis.Services;

namespace Symbiosis.Cli.Verbs;

/// <summary>
/// <c>symbiosis withdraw SERVICE</c>: removes everything that was written for a service. Hidden: the package of a service calls it before it is removed, with the watching service stopped.
/// </summary>
internal static class WithdrawVerb
{
    // Another apply may be under way: a checker has a minute, and a removal of packages should not fail for that.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Command Create()
    {
        var service = new Argument<string>("SERVICE") { Description = "Whose files." };
        service.AcceptOnlyFromAmong([.. ServiceCatalog.All.Select(module => module.Name)]);
        var command = new Command("withdraw", "Remove everything that was written for a service.") { service };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => WithdrawAsync(parsed.GetRequiredValue(service), Terminal.StandardError, cancellationToken));
        return command;
    }

    private static async Task<int> WithdrawAsync(string service, Terminal errors, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            errors.Line(errors.Red("symbiosis: withdraw needs root"));
            return ExitCode.NotPermitted;
        }

        var clock = TimeProvider.System;
        var root = new HostRoot();
        var files = new HostFiles(root);
        using var held = await ApplyLock.TakeAsync(files, Patience, clock, cancellationToken);
        if (held is null)
        {
            errors.Line(errors.Red("symbiosis: another run holds the lock"));
            return ExitCode.Busy;
        }

        var store = new WrittenStore(files, clock);
        var applier = new Applier(new ApplyHost(root, files, new CommandRunner(clock), new Prober(clock), clock), store);
        DiagnosticWriter.Write(await applier.RecoverAsync(held, cancellationToken), errors);
        var written = store.Refresh();
        var disk = new DiskSurvey(files).Take(Withdrawal.EntriesOf(service, written), written);
        var plan = Withdrawal.Plan(service, disk, written);
        var outcome = await applier.ApplyAsync(held, plan, new ApplyOptions { Reloads = false }, progress: null, cancellationToken);
        DiagnosticWriter.Write(plan.Diagnostics.Concat(outcome.Diagnostics), errors);
        return outcome.End is ApplyEnd.Applied or ApplyEnd.NothingToDo ? ExitCode.Success : ExitCode.Failed;
    }
}
