namespace Symbiosis.HostTests.Support;

/// <summary>Somebody who works on a machine: what one account does there, with a clean environment, in its home.</summary>
public class MachineAccount
{
    private readonly string[] _account;

    internal MachineAccount(string machine, string user) => _account = ["--user", user, machine];

    /// <summary>Runs a command and returns its standard output; fails the test with all it said unless it exits with 0.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        var outcome = await TryRunAsync(command);
        return outcome.Succeeded ? outcome.Output : throw new CommandFailedException(outcome);
    }

    /// <summary>Runs a command; any exit code is fine.</summary>
    /// <param name="input">Text for standard input; null closes it.</param>
    /// <param name="timeout">Null: three minutes, against commands that hang; a busy computer is slow.</param>
    public Task<CommandOutcome> TryRunAsync(IReadOnlyList<string> command, string? input = null, TimeSpan? timeout = null) =>
        RigScript.RunAsync("run", [.. _account, .. command], input, timeout ?? TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);

    /// <summary>Runs lines of bash that stop at the first failing one; returns the standard output.</summary>
    public Task<string> ShellAsync(string script) => RunAsync("bash", "-euo", "pipefail", "-c", script);

    /// <summary>Writes a file as an editor would, making its folders.</summary>
    public async Task WriteAsync(string path, string text)
    {
        var outcome = await TryRunAsync(["sh", "-c", """mkdir -p "$(dirname "$1")" && cat >"$1" """, "write", path], text);
        if (!outcome.Succeeded)
        {
            throw new CommandFailedException(outcome);
        }
    }

    public Task<string> ReadAsync(string path) => RunAsync("cat", path);

    /// <summary>Asks again and again until a command succeeds; see <see cref="Eventually"/>.</summary>
    public async Task<string> UntilAsync(TimeSpan deadline, params string[] command) =>
        (await Eventually.BecomesAsync(() => TryRunAsync(command), outcome => outcome.Succeeded, deadline)).Output;
}
