using Symbiosis.CertificateKeeping;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.CertificateKeeping;

/// <summary>Hooks after a change of certificates (CORE-49 to CORE-51, TLS-51).</summary>
public sealed class HookDirectoryTests : IDisposable
{
    private readonly TemporaryTree _tree = new();
    private readonly Recorder _commands = new();

    public void Dispose() => _tree.Dispose();

    [Fact] // TLS-T2, TLS-T16: the hook gets domains, one a line
    public async Task CORE_49_hooks_run_in_order_with_the_changed_domains()
    {
        Hook("b-second");
        Hook("a_first");
        Hook("not.this");
        Hook("nor-this", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await RunAsync("example.org", "example.com")).ShouldBeEmpty();

        _commands.Commands.Select(command => Path.GetFileName(command.Program)).ShouldBe(["a_first", "b-second"]);
        _commands.Commands[0].Arguments.ShouldBe(["live-update"]);
        _commands.Commands[0].Input.ShouldBe("example.com\nexample.org\n");
    }

    [Fact] // TLS-T18
    public async Task CORE_50_without_a_change_nothing_runs_and_a_failure_does_not_stop_the_others()
    {
        Hook("a");
        Hook("b");
        (await RunAsync()).ShouldBeEmpty();
        _commands.Commands.ShouldBeEmpty();
        _commands.ExitCode = 1;
        (await RunAsync("example.com")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task CORE_51_what_others_may_write_is_not_run()
    {
        Hook("a", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        (await RunAsync("example.com")).ShouldHaveSingleItem().ShouldContain("writable by nobody else");
        _commands.Commands.ShouldBeEmpty();
    }

    private Task<IReadOnlyList<string>> RunAsync(params string[] changed) =>
        new HookDirectory(new HostRoot(_tree.Root), _commands).RunAsync(changed.Select(DomainName.Parse).ToList(), TestContext.Current.CancellationToken);

    private void Hook(string name, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute) =>
        File.SetUnixFileMode(_tree.MakeSystemFile($"etc/symbiosis/ssl-hooks.d/{name}", "#!/bin/sh\n"), mode);

    private sealed class Recorder : ICommandRunner
    {
        public List<Command> Commands { get; } = [];

        public int ExitCode { get; set; }

        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
        {
            Commands.Add(command);
            return Task.FromResult(new CommandResult(command, CommandEnd.Exited, ExitCode, "", ""));
        }
    }
}

/// <summary>Which addresses root talks to at a customer's word (TLS-43).</summary>
public sealed class AddressRuleTests
{
    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("8.8.8.8", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.9.9.9", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    public void An_internal_address_is_never_asked(string address, bool isPublic) => AddressRule.IsPublic(System.Net.IPAddress.Parse(address)).ShouldBe(isPublic);
}
