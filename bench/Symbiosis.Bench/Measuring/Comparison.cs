using System.Diagnostics;
using System.Text.Json;
using Symbiosis.Bench.Trees;

namespace Symbiosis.Bench.Measuring;

/// <summary>Everything of issue 2, item 13, for one number of domains. Made in one run, so that the numbers can be compared with each other whatever the machine does meanwhile.</summary>
internal sealed record Comparison
{
    /// <summary>Domains in <c>/srv</c>, bad ones included.</summary>
    public required int Domains { get; init; }

    /// <summary>What the tree holds.</summary>
    public required TreeCounts Counts { get; init; }

    /// <summary>Making the tree.</summary>
    public required TimeSpan Generation { get; init; }

    /// <summary>The kernel's part of reading it, on all processors.</summary>
    public required TimeSpan Floor { get; init; }

    /// <summary>The first plan ever.</summary>
    public required RunReport FirstPlan { get; init; }

    /// <summary>The first apply ever.</summary>
    public required RunReport FirstApply { get; init; }

    /// <summary>Plans when nothing changed, each in a fresh process, fastest first.</summary>
    public required IReadOnlyList<RunReport> UnchangedPlans { get; init; }

    /// <summary>What an apply does when nothing changed; null without strace.</summary>
    public SystemCallTrace? UnchangedCalls { get; init; }

    /// <summary>Starting the service.</summary>
    public required TimeSpan ServiceStart { get; init; }

    /// <summary>Resident size of the service when it was ready, after the changes, and at its largest.</summary>
    public required (double Ready, double Settled, double Peak) ServiceMiB { get; init; }

    /// <summary>What the service said at its end.</summary>
    public required ServiceProcess.LastWords Service { get; init; }

    /// <summary>Times of single changes, by kind, sorted.</summary>
    public required IReadOnlyList<(string Name, IReadOnlyList<TimeSpan> Times)> Changes { get; init; }

    /// <summary>Makes a tree below <paramref name="work"/>, measures, and removes it.</summary>
    public static Comparison Take(int domains, string work, int tries)
    {
        var root = $"{work}/{domains}";
        Directory.CreateDirectory(root);
        try
        {
            var watch = Stopwatch.StartNew();
            var counts = new BenchHost(root).Create(new TreeGenerator(seed: 1, domains));
            var generation = watch.Elapsed;
            var floor = Enumerable.Range(0, 3).Select(_ => Time(() => SystemCallFloor.Read(root + "/srv", Environment.ProcessorCount))).Min();
            var firstPlan = RunOnce("plan", root);
            var firstApply = RunOnce("apply", root);
            RunOnce("apply", root); // stamps of files that were written in the last moment are taken now
            var unchanged = Enumerable.Range(0, 5).Select(_ => RunOnce("plan", root)).OrderBy(run => run.SinceStartMs).ToList();
            var calls = SystemCallTrace.IsPossible ? SystemCallTrace.Of(root, [Environment.ProcessPath!, "once", "apply", root]) : null; // a running program has a path
            using var service = ServiceProcess.Start(root);
            var ready = service.ResidentMiB;
            var changes = new List<(string, IReadOnlyList<TimeSpan>)>();
            using (var live = new LiveChanges(root, new Customer(root + "/srv", BenchHost.Customer)))
            {
                foreach (var kind in live.Kinds)
                    changes.Add((kind.Name, live.Measure(kind, tries)));
            }

            var sizes = (ready, service.ResidentMiB, service.PeakMiB);
            return new Comparison
            {
                Domains = domains,
                Counts = counts,
                Generation = generation,
                Floor = floor,
                FirstPlan = firstPlan,
                FirstApply = firstApply,
                UnchangedPlans = unchanged,
                UnchangedCalls = calls,
                ServiceStart = service.StartTime,
                ServiceMiB = sizes,
                Service = service.End(),
                Changes = changes,
            };
        }
        finally
        {
            using var removal = Process.Start("/bin/rm", ["-rf", root]); // System.IO cannot remove a name that is not UTF-8
            removal.WaitForExit();
        }
    }

    private static TimeSpan Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed;
    }

    // A fresh process each time: starting and compiling are part of what an administrator waits for.
    private static RunReport RunOnce(string what, string root)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["once", what, root]) { RedirectStandardOutput = true, UseShellExecute = false })
            ?? throw new InvalidOperationException("the run did not start");
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<RunReport>(line)! : throw new InvalidOperationException($"{what} ended with {process.ExitCode}: {line}");
    }
}
