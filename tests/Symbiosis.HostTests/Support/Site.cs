namespace Symbiosis.HostTests.Support;

/// <summary>A host (192.0.2.1, 2001:db8::1) and the world around it, on a wire of their own.</summary>
public sealed class Site : IAsyncDisposable
{
    private static int _count;
    private readonly string _name;
    private readonly Stack<DebianMachine> _machines = new();

    private Site(string name, Debian release)
    {
        _name = name;
        Release = release;
    }

    public Debian Release { get; }

    /// <summary>The machine under test.</summary>
    public DebianMachine Host { get; private set; } = null!; // set before BootAsync returns

    /// <summary>Name servers, the foreign mail server, and the place where clients run.</summary>
    public DebianMachine World { get; private set; } = null!; // set before BootAsync returns

    /// <summary>Boots both; about two seconds when the images exist.</summary>
    public static async Task<Site> BootAsync(Debian release, MachineKind kind)
    {
        // The process number keeps two test runs of one checkout apart.
        var site = new Site($"t{Environment.ProcessId}-{Interlocked.Increment(ref _count)}", release);
        try
        {
            // The world first: daemons of the host look up names while they start.
            site.World = await site.AddAsync("world", MachineKind.World);
            site.Host = await site.AddAsync("host", kind);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Boots one more machine on the wire.</summary>
    public async Task<DebianMachine> AddAsync(string role, MachineKind kind, int? number = null, IReadOnlyList<string>? options = null)
    {
        var machine = await DebianMachine.BootAsync(kind, Release, _name, role, number, options);
        _machines.Push(machine);
        return machine;
    }

    internal async Task CollectLogsAsync(string folder)
    {
        foreach (var machine in _machines)
        {
            await machine.CollectLogsAsync(folder);
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_machines.TryPop(out var machine))
        {
            await machine.DisposeAsync();
        }
    }
}
