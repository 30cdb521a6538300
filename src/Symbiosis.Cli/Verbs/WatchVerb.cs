using Symbiosis.CertificateKeeping;
using Symbiosis.Cli.Output;
using Symbiosis.Journals;
using Symbiosis.Services.Mail;
using Symbiosis.Watching;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis watch</c>: the service.</summary>
internal static class WatchVerb
{
    public static Command Create()
    {
        var prefix = CommonOptions.Prefix();
        var command = new Command("watch", "Apply every change of the tree within a second, until stopped. Run by systemd as symbiosis.service.") { prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(prefix), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string prefix, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        if (new PlanRequest([], prefix, Force: false).FindFault() is { } fault)
        {
            errors.Line(errors.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var machine = HostPipeline.Machine();
        using var manager = ServiceManager.FromEnvironment();
        using var watcher = new TreeWatcher(machine.Clock);
        using var certificates = CertificateHost.Create(prefix, machine.Commands, machine.Files);
        using var keeping = certificates.Service(line => errors.Line($"symbiosis: {line}"));
        var service = new WatchService(HostPipeline.Create(machine, prefix, writes: true, watcher), watcher, machine, manager) { Applied = touched => keeping.Touch(touched.Units, touched.IsEverything) };
        using var socket = StatusSocket.Listen(StatusReport.SocketPath);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var noting = new MailNotes(machine.Clock, prefix, MailPaths.Users.Value).FollowAsync(stop.Token);
        var answering = socket.ServeAsync(() => service.Report, stop.Token);
        var looking = KeepCertificatesAsync(keeping, service, errors, stop.Token);
        try
        {
            await service.RunAsync(stop.Token);
            return ExitCode.Success;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(answering, noting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // they end by being cancelled
            await looking;
        }
    }

    // Begins when everything is applied. A bug in it must not end the service: the tree goes live without it, and daemons keep the certificates they have.
    private static async Task KeepCertificatesAsync(CertificateService keeping, WatchService service, Terminal errors, CancellationToken cancellationToken)
    {
        try
        {
            await service.Ready.WaitAsync(cancellationToken);
            await keeping.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The service ends.
        }
        catch (Exception bug)
        {
            errors.Line($"symbiosis: certificates are not looked after any more, restart the service: {bug}");
        }
    }
}
