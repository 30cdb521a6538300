using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>Runs programs (style section 6): never a shell, a cleared environment, both outputs read at once and capped, the whole process tree ended on timeout.</summary>
public sealed class CommandRunner(TimeProvider clock) : ICommandRunner
{
    private const int MostOutputBytes = 1 << 20;

    // .NET reports a death by signal as 128 plus its number, as shells do.
    private const int SignalBase = 128;
    private const int HighestSignal = 64;

    /// <inheritdoc />
    public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
    {
        if (!command.Program.StartsWith('/'))
            throw new ArgumentException($"'{command.Program}' is not an absolute path", nameof(command));
        using var process = new Process { StartInfo = StartInfo(command) };
        try
        {
            process.Start();
        }
        catch (Win32Exception failed) when ((Errno)failed.NativeErrorCode is Errno.ENOENT or Errno.EACCES or Errno.ENOTDIR)
        {
            return new CommandResult(command, CommandEnd.NotFound, 0, "", failed.Message);
        }

        using var deadline = new CancellationTokenSource(command.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var output = ReadAsync(process.StandardOutput.BaseStream, either.Token);
        var error = ReadAsync(process.StandardError.BaseStream, either.Token);
        try
        {
            await GiveInputAsync(process, command.Input, either.Token);
            await process.WaitForExitAsync(either.Token);
            return Ended(command, process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            // A grandchild that left the tree may still hold the pipes, so what was read up to now is all there is.
            var partialOutput = await output;
            var partialError = await error;
            cancellationToken.ThrowIfCancellationRequested();
            return new CommandResult(command, CommandEnd.TimedOut, 0, partialOutput, partialError);
        }
    }

    private static ProcessStartInfo StartInfo(Command command)
    {
        var start = new ProcessStartInfo(command.Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (var argument in command.Arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in command.Environment)
            start.Environment[name] = value;
        return start;
    }

    private static async Task GiveInputAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
                await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(input), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended, or closed its input, without reading everything; its exit code tells whether that is right, ignoring.
        }
    }

    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var buffer = new byte[8192];
        try
        {
            // Beyond the cap it is still read, so that the program does not block on a full pipe.
            while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
                kept.Write(buffer, 0, (int)Math.Min(count, MostOutputBytes - kept.Length));
        }
        catch (OperationCanceledException)
        {
            // The caller is told by its own wait; what came until now is evidence, ignoring.
        }

        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    private static CommandResult Ended(Command command, int exitCode, string output, string error) =>
        exitCode is > SignalBase and <= SignalBase + HighestSignal
            ? new CommandResult(command, CommandEnd.KilledBySignal, exitCode - SignalBase, output, error)
            : new CommandResult(command, CommandEnd.Exited, exitCode, output, error);
}
