using System.Net.Sockets;
using Symbiosis.Machine;
using Symbiosis.PasswordChanging;
using Symbiosis.Services.Mail;

namespace Symbiosis.Cli.Verbs;

/// <summary>
/// <c>symbiosis mail password-server</c>: one conversation of poppassd (MAIL-64) on standard input, which is the connection. Started by systemd for each connection to port 106 of the host
/// itself.
/// </summary>
internal static class MailPasswordServerVerb
{
    public static System.CommandLine.Command Create()
    {
        var command = new System.CommandLine.Command("password-server", "Talk with one client that wants to change a mail password (poppassd). Run by systemd for each connection to port 106.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var machine = HostPipeline.Machine();
        var hostName = await HostNames.ReadAsync("", (_, _) => Task.FromResult<string?>(null), cancellationToken); // no network here to ask a resolver
        var store = new TreePasswordStore(machine.Commands, MailPaths.Users.Value, hostName);
        var conversation = new PasswordConversation(store, machine.Clock, Console.Error.WriteLine);

        // Standard input is the connection itself (systemd.exec(5), StandardInput=socket), read and written.
        using var handle = new SafeSocketHandle(0, ownsHandle: false);
        using var socket = new Socket(handle);
        try
        {
            await using var stream = new NetworkStream(socket);
            await conversation.RunAsync(stream, cancellationToken);
            return ExitCode.Success;
        }
        catch (IOException)
        {
            return ExitCode.Success; // the client went away
        }
    }
}
