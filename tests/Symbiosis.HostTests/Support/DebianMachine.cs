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

/// <summary>
/// A throw-away Debian with real systemd and a network of its own, gone when disposed. Commands are root's;
/// <see cref="Admin"/> runs those of the account that owns /srv.
/// </summary>
public sealed class DebianMachine : MachineAccount, IAsyncDisposable
{
    private DebianMachine(string site, string role, MachineKind kind, Debian release)
        : base($"{site}-{role}", "root")
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

    /// <summary>The administrator's account, which our packages make (CORE-62): what it makes in /srv is a domain.</summary>
    public MachineAccount Admin => As("admin");

    /// <summary>Another account of the machine, a customer's for instance.</summary>
    public MachineAccount As(string user) => new(Name, user);

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

    /// <summary>Copies a file or folder of this computer into the machine.</summary>
    public Task PushAsync(string source, string destination) =>
        RigScript.RunCheckedAsync("push", [Name, source, destination], input: null, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

    /// <summary>Copies journal, logs, configuration and process list to artifacts/machines.</summary>
    internal async Task CollectLogsAsync(string folder)
    {
        // Not the test's token: a cancelled test wants its logs too.
        await RigScript.RunAsync("logs", [Name, Path.Combine(folder, Role)], input: null, TimeSpan.FromMinutes(3), CancellationToken.None);
    }

    public async ValueTask DisposeAsync() =>
        await RigScript.RunCheckedAsync("stop", [Name], input: null, TimeSpan.FromMinutes(2), CancellationToken.None);
}
