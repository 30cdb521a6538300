using System.Diagnostics;
using Symbiosis.Machine;

namespace Symbiosis.Tests.Machine;

public sealed class CommandRunnerTests
{
    private readonly CommandRunner _runner = new(TimeProvider.System);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_outputs_and_the_exit_code_come_back()
    {
        var result = await RunAsync("echo out; echo err >&2; exit 3");

        (result.End, result.ExitCode, result.Output, result.Error, result.Succeeded).ShouldBe((CommandEnd.Exited, 3, "out\n", "err\n", false));
    }

    [Fact]
    public async Task The_environment_is_cleared()
    {
        var result = await _runner.RunAsync(new Command("/usr/bin/env", []) { Environment = [KeyValuePair.Create("EXTRA", "1")] }, Now);

        result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
            .ShouldBe(["EXTRA=1", "LC_ALL=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
    }

    [Fact]
    public async Task Input_is_given_and_otherwise_closed()
    {
        (await _runner.RunAsync(new Command("/bin/cat", []) { Input = "héllo" }, Now)).Output.ShouldBe("héllo");
        (await _runner.RunAsync(new Command("/bin/cat", []), Now)).Output.ShouldBe("");
        (await _runner.RunAsync(new Command("/bin/true", []) { Input = new string('x', 1 << 20) }, Now)).Succeeded.ShouldBeTrue(); // does not read it
    }

    [Fact]
    public async Task Arguments_are_never_seen_by_a_shell() =>
        (await _runner.RunAsync(new Command("/bin/echo", ["$HOME", "a b", ";", "*"]), Now)).Output.ShouldBe("$HOME a b ; *\n");

    [Fact]
    public async Task A_program_that_is_not_there_is_a_result_of_its_own() =>
        (await _runner.RunAsync(new Command("/nonexistent/program", []), Now)).End.ShouldBe(CommandEnd.NotFound);

    [Fact]
    public async Task A_signal_is_a_result_of_its_own()
    {
        var result = await RunAsync("kill -TERM $$");

        (result.End, result.ExitCode).ShouldBe((CommandEnd.KilledBySignal, 15));
    }

    [Fact]
    public async Task After_its_timeout_the_whole_tree_is_killed_and_what_was_said_is_kept()
    {
        var watch = Stopwatch.StartNew();
        var result = await _runner.RunAsync(new Command("/bin/sh", ["-c", "echo begun; sleep 600 & echo $!; wait"]) { Timeout = TimeSpan.FromMilliseconds(500) }, Now);

        result.End.ShouldBe(CommandEnd.TimedOut);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        var lines = result.Output.Split('\n');
        lines[0].ShouldBe("begun");
        SpinWait.SpinUntil(() => !IsRunning(lines[1]), TimeSpan.FromSeconds(30)).ShouldBeTrue("a killed process takes a moment to leave the table of processes");
    }

    [Fact]
    public async Task A_cancelled_command_is_killed_and_reported_as_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Now);
        cancel.CancelAfter(TimeSpan.FromMilliseconds(200));

        await Should.ThrowAsync<OperationCanceledException>(() => _runner.RunAsync(new Command("/bin/sleep", ["600"]), cancel.Token));
    }

    [Fact]
    public async Task More_than_a_mebibyte_of_output_is_cut_and_does_not_block_the_program()
    {
        var result = await RunAsync("head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2");

        (result.Output.Length, result.Error).ShouldBe((1 << 20, "end\n"));
    }

    private Task<CommandResult> RunAsync(string script) => _runner.RunAsync(new Command("/bin/sh", ["-c", script]), Now);

    // A killed process that nobody waited for yet is a zombie: it runs no more.
    private static bool IsRunning(string pid) => File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].StartsWith('Z');
}
