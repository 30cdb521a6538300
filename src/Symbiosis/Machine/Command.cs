using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>A program to run, as a value. It is never given to a shell; the environment is only PATH, <c>LC_ALL=C.UTF-8</c> and <see cref="Environment"/>.</summary>
public sealed record Command(string Program, ValueList<string> Arguments)
{
    /// <summary>Text for standard input; null closes it.</summary>
    public string? Input { get; init; }

    /// <summary>Additional variables.</summary>
    public ValueList<KeyValuePair<string, string>> Environment { get; init; }

    /// <summary>How long it may take before its process tree is killed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Exit codes that count as success.</summary>
    public ValueList<int> AcceptedExitCodes { get; init; } = [0];

    /// <summary>The command as one could paste it into a shell.</summary>
    public override string ToString() => string.Join(' ', Arguments.Prepend(Program).Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:,@%+".Contains(c)) ? word : "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
}

/// <summary>How a command ended.</summary>
public enum CommandEnd
{
    /// <summary>It ended with an exit code.</summary>
    Exited,

    /// <summary>The program does not exist or may not be executed.</summary>
    NotFound,

    /// <summary>It was killed after its timeout.</summary>
    TimedOut,

    /// <summary>A signal ended it.</summary>
    KilledBySignal,
}

/// <summary>What a command did.</summary>
/// <param name="Command">What was run.</param>
/// <param name="End">How it ended.</param>
/// <param name="ExitCode">Exit code, or the signal number for <see cref="CommandEnd.KilledBySignal"/>.</param>
/// <param name="Output">Standard output, at most 1 MiB.</param>
/// <param name="Error">Standard error, at most 1 MiB.</param>
public sealed record CommandResult(Command Command, CommandEnd End, int ExitCode, string Output, string Error)
{
    /// <summary>True when it exited with an accepted code.</summary>
    public bool Succeeded => End == CommandEnd.Exited && Command.AcceptedExitCodes.Contains(ExitCode);
}

/// <summary>Runs commands. The only way of this program to start another.</summary>
public interface ICommandRunner
{
    /// <summary>Runs a command to its end. A command that cannot be started or fails is a result, not an exception.</summary>
    Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken);
}
