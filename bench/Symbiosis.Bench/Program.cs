using System.Diagnostics;
using Symbiosis.Bench;
using Symbiosis.Bench.Measuring;
using Symbiosis.Bench.Trees;

return args switch
{
    ["tree", var root, .. var options] => WriteTree(root, options),
    ["host", var root, .. var options] => MakeHost(root, options),
    ["once", "plan", var root] => await RunOnceAsync(root, applies: false),
    ["once", "apply", var root] => await RunOnceAsync(root, applies: true),
    ["service", var root] => await ServiceProcess.ServeAsync(root),
    ["run", .. var options] => Compare(options),
    ["split", var splitter, .. var options] => MeasureSplitting(splitter, options),
    ["certificates", .. var options] => MeasureCertificates(options),
    ["floor", var root] => MeasureFloor(root),
    ["read", var root] => MeasureReading(root),
    ["watch", var root] => MeasureWatching(root),
    ["apply-for-ever", var root] => await ApplyForEverAsync(root),
    ["web", var root, .. var options] => await MeasureWebAsync(root, options),
    ["plan", var root, .. var options] => await MeasurePlanningAsync(root, options),
    _ => ShowUsage(),
};

static int WriteTree(string root, string[] options)
{
    var count = OptionOf(options, "--domains", 1000);
    var seed = OptionOf(options, "--seed", 1);
    var owner = OptionOf(options, "--owner", 1000);
    Directory.CreateDirectory(root);
    var watch = Stopwatch.StartNew();
    var counts = TreeWriter.Write(new TreeGenerator((ulong)seed, count), root, (uint)owner, (uint)owner);
    Console.WriteLine($"{count} domains, {counts.Mailboxes} mailboxes, {counts.Files} files, {counts.Directories} directories in {watch.Elapsed.TotalSeconds:F1} s");
    return 0;
}

static int Compare(string[] options)
{
    var work = Directory.CreateDirectory(TextOf(options, "--work", "/var/tmp/symbiosis-bench")).FullName;
    var comparisons = new List<Comparison>();
    foreach (var domains in TextOf(options, "--domains", "100,1000,10000").Split(',').Select(int.Parse))
    {
        Console.Error.WriteLine($"{domains} domains …");
        comparisons.Add(Comparison.Take(domains, work, OptionOf(options, "--tries", 50)));
    }

    Console.Write(ComparisonTable.Write(comparisons));
    foreach (var change in comparisons.SelectMany(taken => taken.UnchangedCalls?.Changes ?? []).Take(20))
        Console.Error.WriteLine($"not expected on an unchanged tree: {change}");
    return comparisons.TrueForAll(taken => taken.UnchangedCalls is null or { Changes.Count: 0 }) ? 0 : 1;
}

static int MeasureSplitting(string splitter, string[] options)
{
    var work = Path.Combine(TextOf(options, "--work", "/var/tmp/symbiosis-bench"), "split");
    var peer = TextOf(options, "--peer", "");
    return new LogSplitting(work, OptionOf(options, "--hosts", 1000), OptionOf(options, "--lines", 2_000_000)).Run(splitter, peer.Length == 0 ? null : peer) ? 0 : 1;
}

static int MeasureCertificates(string[] options)
{
    foreach (var domains in TextOf(options, "--domains", "1000,10000").Split(',').Select(int.Parse))
        CertificateChecking.Run(Directory.CreateDirectory(TextOf(options, "--work", "/var/tmp/symbiosis-bench")).FullName, domains);
    return 0;
}

static int MakeHost(string root, string[] options)
{
    var counts = new BenchHost(root).Create(new TreeGenerator((ulong)OptionOf(options, "--seed", 1), OptionOf(options, "--domains", 1000)));
    Console.WriteLine($"{counts.Mailboxes} mailboxes, {counts.Files} files, {counts.Directories} directories");
    return 0;
}

static async Task<int> RunOnceAsync(string root, bool applies)
{
    (await RunReport.TakeAsync(root, applies, CancellationToken.None)).Print();
    return 0;
}

static int MeasureFloor(string root)
{
    foreach (var threads in (int[])[1, 1, Environment.ProcessorCount, Environment.ProcessorCount])
    {
        var watch = Stopwatch.StartNew();
        var count = SystemCallFloor.Read(root, threads);
        Console.WriteLine($"{threads} threads: {watch.ElapsedMilliseconds} ms, {count.Opens} opens, {count.Files} files read, {count.Calls} calls, {watch.Elapsed.TotalMicroseconds / count.Calls:F2} us a call");
    }

    return 0;
}

static int MeasureWatching(string root)
{
    TreeReading.Watch(root, Console.Out);
    return 0;
}

static int MeasureReading(string root)
{
    foreach (var threads in (int[])[1, 1, Environment.ProcessorCount, Environment.ProcessorCount])
    {
        var found = TreeReading.Read(root, threads, Console.Out);
        Console.WriteLine($"  {found.Mailboxes} mailboxes, {found.Nodes} nodes, {found.Diagnostics} diagnostics");
    }

    return 0;
}

static async Task<int> MeasurePlanningAsync(string root, string[] options)
{
    await Planning.MeasureAsync(Path.GetFullPath(root), OptionOf(options, "--domains", 1000), Console.Out);
    return 0;
}

static async Task<int> MeasureWebAsync(string root, string[] options)
{
    await WebConfiguration.MeasureAsync(Path.GetFullPath(root), OptionOf(options, "--domains", 1000), Console.Out);
    return 0;
}

static async Task<int> ApplyForEverAsync(string root)
{
    await ApplyLoop.RunAsync(Path.GetFullPath(root), Console.Out);
    return 0;
}

static int OptionOf(string[] options, string name, int standard) =>
    Array.IndexOf(options, name) is var at and >= 0 ? int.Parse(options[at + 1]) : standard;

static string TextOf(string[] options, string name, string standard) =>
    Array.IndexOf(options, name) is var at and >= 0 ? options[at + 1] : standard;

static int ShowUsage()
{
    Console.Error.WriteLine("""
        usage: Symbiosis.Bench run [--domains N,N,...] [--tries N] [--work DIRECTORY]
               Symbiosis.Bench tree DIRECTORY [--domains N] [--seed N] [--owner UID]
               Symbiosis.Bench host DIRECTORY [--domains N] [--seed N]
               Symbiosis.Bench once plan|apply DIRECTORY
               Symbiosis.Bench split PROGRAM [--hosts N] [--lines N] [--peer SPLIT-LOGFILE] [--work DIRECTORY]
               Symbiosis.Bench certificates [--domains N,N,...] [--work DIRECTORY]
               Symbiosis.Bench floor DIRECTORY
               Symbiosis.Bench read DIRECTORY
               Symbiosis.Bench watch DIRECTORY
               Symbiosis.Bench plan DIRECTORY [--domains N]
               Symbiosis.Bench web DIRECTORY [--domains N]
               Symbiosis.Bench apply-for-ever DIRECTORY
        """);
    return 64;
}
