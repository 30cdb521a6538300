using System.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Tree;
using Symbiosis.Watching;

namespace Symbiosis.Bench;

/// <summary>Reads a whole tree with the program's own reader, to be compared with <see cref="SystemCallFloor"/>.</summary>
internal static class TreeReading
{
    /// <summary>Settings of the mail chapter, so that mailboxes are read even when no module declares them yet.</summary>
    private static readonly Setting[] _standIns =
    [
        new("config/ip", SettingForm.Text, ""),
        new("config/mailbox-quota", SettingForm.Size, ""),
        new("config/mailbox-dont-encrypt-passwords", SettingForm.Flag, ""),
        new("config/aliases", SettingForm.DaemonReads, ""),
        new("config/default_forward", SettingForm.DaemonReads, ""),
        new("mailboxes/*/password", SettingForm.Secret, ""),
        new("mailboxes/*/quota", SettingForm.Size, ""),
        new("mailboxes/*/forward", SettingForm.DaemonReads, ""),
        new("mailboxes/*/sieve", SettingForm.DaemonReads, ""),
        new("mailboxes/*/vacation", SettingForm.DaemonReads, ""),
        new("public/htdocs", SettingForm.Directory, ""),
    ];

    /// <summary>One complete reading.</summary>
    public static (int Domains, int Mailboxes, int Nodes, int Diagnostics) Read(string root, int threads, TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        var cpu = Environment.CpuUsage;
        var plan = ReadingPlan.For(ServiceCatalog.All.SelectMany(service => service.Settings).Concat(_standIns));
        var reader = new TreeReader(plan, new TreeReaderOptions { Srv = HostPath.Parse(root), Parallelism = threads, ReadUsers = KnowEverybody });
        var scan = reader.ScanDomains(DomainName.Parse("host.example.net"));
        var scanned = (Wall: watch.ElapsedMilliseconds, Cpu: Environment.CpuUsage);
        var domains = reader.ReadDomains(scan.Domains);
        var read = (Wall: watch.ElapsedMilliseconds, Cpu: Environment.CpuUsage);
        output.WriteLine($"{threads} threads: {read.Wall} ms, of which {scanned.Wall} ms to scan; {domains.Count} domains, {GC.GetTotalAllocatedBytes() >> 20} MiB allocated so far, {GC.CollectionCount(0)} collections");
        output.WriteLine($"  processor: scan {Since(cpu, scanned.Cpu)}, read {Since(scanned.Cpu, read.Cpu)}");
        return (domains.Count, domains.Sum(domain => domain.Tree.MailboxNames.Count), domains.Sum(domain => domain.Tree.Nodes.Count), scan.Diagnostics.Count + domains.Sum(domain => domain.Tree.Diagnostics.Count));
    }

    /// <summary>Reads a tree with a watcher and says what the watching costs: processor time, and memory of ours and of the kernel.</summary>
    public static void Watch(string root, TextWriter output)
    {
        var plan = ReadingPlan.For(ServiceCatalog.All.SelectMany(service => service.Settings).Concat(_standIns));
        using var watcher = new TreeWatcher(TimeProvider.System);
        var reader = new TreeReader(plan, new TreeReaderOptions { Srv = HostPath.Parse(root), ReadUsers = KnowEverybody, Observer = watcher });
        for (var pass = 0; pass < 3; pass++)
        {
            var heap = GC.GetTotalMemory(forceFullCollection: true);
            var slab = KernelSlabKiB();
            var cpu = Environment.CpuUsage;
            var scan = reader.ScanDomains(DomainName.Parse("host.example.net"));
            var count = reader.ReadDomains(scan.Domains).Count;
            var after = Environment.CpuUsage;
            output.WriteLine($"{count} domains, {watcher.WatchCount} watches: {Since(cpu, after)}; heap {(GC.GetTotalMemory(forceFullCollection: true) - heap) >> 10} KiB more, kernel {KernelSlabKiB() - slab} KiB more");
        }
    }

    private static long KernelSlabKiB() =>
        long.Parse(File.ReadLines("/proc/meminfo").First(line => line.StartsWith("Slab:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private static string Since(Environment.ProcessCpuUsage before, Environment.ProcessCpuUsage after) =>
        $"{(after.UserTime - before.UserTime).TotalMilliseconds:F0} ms user + {(after.PrivilegedTime - before.PrivilegedTime).TotalMilliseconds:F0} ms system";

    // The generated tree belongs to numbers that need not be accounts here.
    private static UserDatabase KnowEverybody() =>
        UserDatabase.Parse(
            string.Concat(Enumerable.Range(1000, 100).Select(id => $"user{id}:x:{id}:{id}::/:\n")), string.Concat(Enumerable.Range(1000, 100).Select(id => $"group{id}:x:{id}:\n")));
}
