using System.Diagnostics;
using Symbiosis.Bench;
using Symbiosis.Bench.Trees;

return args switch
{
    ["tree", var root, .. var options] => WriteTree(root, options),
    ["floor", var root] => MeasureFloor(root),
    ["read", var root] => MeasureReading(root),
    ["apply-for-ever", var root] => await ApplyForEverAsync(root),
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

static async Task<int> ApplyForEverAsync(string root)
{
    await ApplyLoop.RunAsync(Path.GetFullPath(root), Console.Out);
    return 0;
}

static int OptionOf(string[] options, string name, int standard) =>
    Array.IndexOf(options, name) is var at and >= 0 ? int.Parse(options[at + 1]) : standard;

static int ShowUsage()
{
    Console.Error.WriteLine("""
        usage: Symbiosis.Bench tree DIRECTORY [--domains N] [--seed N] [--owner UID]
               Symbiosis.Bench floor DIRECTORY
               Symbiosis.Bench read DIRECTORY
               Symbiosis.Bench plan DIRECTORY [--domains N]
               Symbiosis.Bench apply-for-ever DIRECTORY
        """);
    return 64;
}
