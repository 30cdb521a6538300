using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Symbiosis.Watching;

namespace Symbiosis.Bench.Measuring;

/// <summary>The watch service in a process of its own, so that its memory is its own and it hears of changes only from the kernel.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private ServiceProcess(Process process, TimeSpan startTime) => (_process, StartTime) = (process, startTime);

    /// <summary>From the start of the process until it said that it is ready: everything read, applied and watched.</summary>
    public TimeSpan StartTime { get; }

    /// <summary>Resident size now.</summary>
    public double ResidentMiB => StatusKiB("VmRSS:") / 1024;

    /// <summary>Largest resident size so far.</summary>
    public double PeakMiB => StatusKiB("VmHWM:") / 1024;

    /// <summary>What the service prints when it ends.</summary>
    /// <param name="HeapMiB">Objects that are alive.</param>
    /// <param name="Watches">Directories it watches.</param>
    /// <param name="Reloads">Reloads of daemons since it was ready.</param>
    internal sealed record LastWords(double HeapMiB, int Watches, int Reloads);

    /// <summary>Starts this program once more as the service and waits until it is ready.</summary>
    public static ServiceProcess Start(string root)
    {
        var address = Path.Join(Path.GetTempPath(), $"symbiosis-bench-{Environment.ProcessId}.notify");
        File.Delete(address);
        using var notify = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notify.Bind(new UnixDomainSocketEndPoint(address));
        notify.ReceiveTimeout = (int)_startLimit.TotalMilliseconds;
        var watch = Stopwatch.StartNew();
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["service", root]) // a running program has a path
        {
            Environment = { ["NOTIFY_SOCKET"] = address },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        }) ?? throw new InvalidOperationException("the service did not start");
        var message = new byte[4096];
        while (!Encoding.UTF8.GetString(message, 0, notify.Receive(message)).StartsWith("READY=1", StringComparison.Ordinal))
        {
        }

        File.Delete(address);
        return new ServiceProcess(process, watch.Elapsed);
    }

    /// <summary>The child's side: serves until standard input is closed.</summary>
    public static async Task<int> ServeAsync(string root)
    {
        var host = new BenchHost(root);
        var machine = host.Machine();
        using var manager = ServiceManager.FromEnvironment();
        using var watcher = new TreeWatcher(machine.Clock);
        var service = new WatchService(host.CreatePipeline(machine, watcher), watcher, machine, manager);
        using var stop = new CancellationTokenSource();
        var serving = service.RunAsync(stop.Token);
        await Console.In.ReadToEndAsync(stop.Token);
        var words = new LastWords(GC.GetTotalMemory(forceFullCollection: true) / 1048576.0, watcher.WatchCount, service.Report.Reloads.Values.Sum());
        await stop.CancelAsync();
        await serving;
        Console.WriteLine(JsonSerializer.Serialize(words));
        return 0;
    }

    /// <summary>Ends the service.</summary>
    public LastWords End()
    {
        _process.StandardInput.Close();
        var words = _process.StandardOutput.ReadToEnd();
        return JsonSerializer.Deserialize<LastWords>(words) ?? throw new InvalidDataException(words);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private double StatusKiB(string name) => ProcessStatus.KiB(_process.Id, name);
}
