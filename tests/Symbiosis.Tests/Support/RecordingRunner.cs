using Symbiosis.Machine;

namespace Symbiosis.Tests.Support;

/// <summary>Runs nothing: notes the commands, does what the test does for them, and says how they ended.</summary>
internal sealed class RecordingRunner(Func<Command, int> run) : ICommandRunner
{
    public List<Command> Commands { get; } = [];

    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
    {
        Commands.Add(command);
        return Task.FromResult(new CommandResult(command, CommandEnd.Exited, run(command), "", "it went wrong\n"));
    }
}
