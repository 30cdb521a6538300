using System.Diagnostics;
using System.Text;

namespace Symbiosis.HostTests.Support;

/// <summary>What a command said and how it ended.</summary>
public sealed record CommandOutcome(string Command, int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    public override string ToString() => $"{Command}\nexit code {ExitCode}\n{Output}{Error}";
}

/// <summary>A command in a machine, or a script of the rig, that ended otherwise than expected.</summary>
public sealed class CommandFailedException(CommandOutcome outcome) : Exception(outcome.ToString())
{
    public CommandOutcome Outcome { get; } = outcome;
}

/// <summary>Runs the scripts of <c>machine/</c>, which do all the work (machine/README.md).</summary>
internal static class RigScript
{
    /// <summary>The root of the repository.</summary>
    public static string Checkout { get; } = FindCheckout();

    public static async Task<CommandOutcome> RunAsync(
        string script, IReadOnlyList<string> arguments, string? input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Path.Combine(Checkout, "machine", script), arguments)
        {
            WorkingDirectory = Checkout,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"machine/{script} did not start.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);

        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await FeedAsync(process, input, limit.Token);
            var outcome = (Output: await output, Error: await error);
            await process.WaitForExitAsync(limit.Token);
            return new CommandOutcome(Describe(script, arguments), process.ExitCode, outcome.Output, outcome.Error);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{Describe(script, arguments)}: not finished after {timeout.TotalSeconds:0} s.", late);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    public static async Task<CommandOutcome> RunCheckedAsync(
        string script, IReadOnlyList<string> arguments, string? input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var outcome = await RunAsync(script, arguments, input, timeout, cancellationToken);
        return outcome.Succeeded ? outcome : throw new CommandFailedException(outcome);
    }

    private static async Task FeedAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command ended without reading all of it; its exit code tells more, ignoring.
        }
    }

    private static string Describe(string script, IReadOnlyList<string> arguments) =>
        script == "run" ? $"{arguments[1]}@{arguments[2]}: {string.Join(' ', arguments.Skip(3))}" : $"machine/{script} {string.Join(' ', arguments)}";

    private static string FindCheckout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Symbiosis.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Symbiosis.slnx above {AppContext.BaseDirectory}.");
    }
}
