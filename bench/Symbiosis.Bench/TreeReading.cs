using System.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Tree;

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
        var plan = ReadingPlan.For(ServiceCatalog.All.SelectMany(service => service.Settings).Concat(_standIns));
        var reader = new TreeReader(plan, new TreeReaderOptions { Srv = HostPath.Parse(root), Parallelism = threads, ReadUsers = KnowEverybody });
        var scan = reader.ScanDomains(DomainName.Parse("host.example.net"));
        var scanned = watch.ElapsedMilliseconds;
        var domains = reader.ReadDomains(scan.Domains);
        output.WriteLine($"{threads} threads: {watch.ElapsedMilliseconds} ms, of which {scanned} ms to scan; {domains.Count} domains, {GC.GetTotalAllocatedBytes() >> 20} MiB allocated so far, {GC.CollectionCount(0)} collections");
        return (domains.Count, domains.Sum(domain => domain.Tree.MailboxNames.Count), domains.Sum(domain => domain.Tree.Nodes.Count), scan.Diagnostics.Count + domains.Sum(domain => domain.Tree.Diagnostics.Count));
    }

    // The generated tree belongs to numbers that need not be accounts here.
    private static UserDatabase KnowEverybody() =>
        UserDatabase.Parse(
            string.Concat(Enumerable.Range(1000, 100).Select(id => $"user{id}:x:{id}:{id}::/:\n")), string.Concat(Enumerable.Range(1000, 100).Select(id => $"group{id}:x:{id}:\n")));
}
