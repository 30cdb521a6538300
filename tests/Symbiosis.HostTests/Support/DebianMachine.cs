using System.Globalization;

namespace Symbiosis.HostTests.Support;

/// <summary>What is installed on a machine; the kinds of <c>machine/image</c>.</summary>
public enum MachineKind
{
    /// <summary>A bare Debian with systemd.</summary>
    Base,

    /// <summary>A Debian with all daemons our packages need, as Debian configures them.</summary>
    Host,

    /// <summary>A Debian with our packages installed.</summary>
    Product,

    /// <summary>The rest of the internet.</summary>
    World,
}

/// <summary>A throw-away Debian with real systemd and a network of its own. It is gone when disposed.</summary>
public sealed class DebianMachine : IAsyncDisposable
{
    private DebianMachine(string site, string role, MachineKind kind, Debian release)
    {
        Name = $"{site}-{role}";
        Role = role;
        Kind = kind;
        Release = release;
    }

    /// <summary>The name for the scripts in <c>machine/</c>.</summary>
    public string Name { get; }

    /// <summary>What it is in its site; its logs are in a folder of that name.</summary>
    public string Role { get; }

    public MachineKind Kind { get; }

    public Debian Release { get; }

    /// <summary>Boots a machine and returns when its systemd has started everything.</summary>
    /// <param name="site">Machines of a site are on one wire.</param>
    /// <param name="role">Unique in the site.</param>
    /// <param name="number">Its addresses are 192.0.2.number and 2001:db8::number; null: 53 for the world, otherwise 1.</param>
    /// <param name="options">Further options of <c>machine/boot</c>.</param>
    public static async Task<DebianMachine> BootAsync(
        MachineKind kind, Debian release, string site, string role, int? number = null, IReadOnlyList<string>? options = null)
    {
        var kindName = kind.ToString().ToLowerInvariant();
        var machine = new DebianMachine(site, role, kind, release);
        string[] arguments =
        [
            machine.Name, kindName, ((int)release).ToString(CultureInfo.InvariantCulture), "--site", site,
            .. number is { } given ? ["--number", given.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            .. options ?? [],
        ];

        // Long, because the first use of an image builds it; machine/boot itself limits the boot to a minute.
        await RigScript.RunCheckedAsync("boot", arguments, input: null, TimeSpan.FromMinutes(30), TestContext.Current.CancellationToken);
        return machine;
    }

    /// <summary>Runs a command as root and returns its standard output; fails the test with all it said unless it exits with 0.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        var outcome = await TryRunAsync(command);
        return outcome.Succeeded ? outcome.Output : throw new CommandFailedException(outcome);
    }

    /// <summary>Runs a command as root; any exit code is fine.</summary>
    /// <param name="input">Text for standard input; null closes it.</param>
    /// <param name="timeout">Null: one minute.</param>
    public Task<CommandOutcome> TryRunAsync(IReadOnlyList<string> command, string? input = null, TimeSpan? timeout = null) =>
        RigScript.RunAsync("run", [Name, .. command], input, timeout ?? TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

    /// <summary>Runs lines of bash that stop at the first failing one; returns the standard output.</summary>
    public Task<string> ShellAsync(string script) => RunAsync("bash", "-euo", "pipefail", "-c", script);

    /// <summary>Writes a file as an editor of root would, making its folders.</summary>
    public async Task WriteAsync(string path, string text)
    {
        var outcome = await TryRunAsync(["sh", "-c", """mkdir -p "$(dirname "$1")" && cat >"$1" """, "write", path], text);
        if (!outcome.Succeeded)
        {
            throw new CommandFailedException(outcome);
        }
    }

    public Task<string> ReadAsync(string path) => RunAsync("cat", path);

    /// <summary>Copies a file or folder of this computer into the machine.</summary>
    public Task PushAsync(string source, string destination) =>
        RigScript.RunCheckedAsync("push", [Name, source, destination], input: null, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

    /// <summary>Asks again and again until a command succeeds; see <see cref="Eventually"/>.</summary>
    public async Task<string> UntilAsync(TimeSpan deadline, params string[] command) =>
        (await Eventually.BecomesAsync(() => TryRunAsync(command), outcome => outcome.Succeeded, deadline)).Output;

    /// <summary>Copies journal, logs, configuration and process list to artifacts/machines.</summary>
    internal async Task CollectLogsAsync(string folder)
    {
        // Not the test's token: a cancelled test wants its logs too.
        await RigScript.RunAsync("logs", [Name, Path.Combine(folder, Role)], input: null, TimeSpan.FromMinutes(3), CancellationToken.None);
    }

    public async ValueTask DisposeAsync() =>
        await RigScript.RunCheckedAsync("stop", [Name], input: null, TimeSpan.FromMinutes(2), CancellationToken.None);
}
