using System.Diagnostics;
using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;

namespace Symbiosis.Bench;

/// <summary>The part of a run after rendering, alone: record, survey of the disk, plan, apply. Each domain has two tables, as a plain site with mail has.</summary>
internal static class Planning
{
    /// <summary>Applies <paramref name="domains"/> domains below a scratch root, plans again, and changes one.</summary>
    public static async Task MeasureAsync(string root, int domains, TextWriter output)
    {
        var files = new HostFiles(new HostRoot(root));
        var desired = Desired(domains);
        var store = new WrittenStore(files, TimeProvider.System);
        var applier = new Applier(new ApplyHost(new HostRoot(root), files, new NoCommands(), new Prober(TimeProvider.System), TimeProvider.System), store);
        using var held = ApplyLock.TryTake(files) ?? throw new InvalidOperationException("somebody else measures below " + root);
        await applier.RecoverAsync(held, CancellationToken.None);

        var watch = Stopwatch.StartNew();
        var written = Lap("read the record", () => store.Refresh());
        var disk = Lap("look at the disk", () => new DiskSurvey(files).Take(desired, written));
        var plan = Lap("plan", () => Planner.Plan(desired, disk, written, new PlanOptions()));
        output.WriteLine($"  together {watch.ElapsedMilliseconds} ms for {plan.Changes.Count} changes");

        watch.Restart();
        var outcome = await applier.ApplyAsync(held, plan, new ApplyOptions(), progress: null, CancellationToken.None);
        output.WriteLine($"  apply {watch.ElapsedMilliseconds} ms: {outcome.End}, {outcome.Written.Count} files");

        foreach (var round in (int[])[1, 2, 3])
        {
            watch.Restart();
            var one = desired with { Units = [Domain(domains / 2, $"version {round} {DateTime.UtcNow.Ticks}")], IsComplete = false };
            plan = Planner.Plan(one, new DiskSurvey(files).Take(one, store.Refresh()), store.Record, new PlanOptions());
            outcome = await applier.ApplyAsync(held, plan, new ApplyOptions(), progress: null, CancellationToken.None);
            output.WriteLine($"  one domain changed: {watch.Elapsed.TotalMilliseconds:F1} ms, {outcome.Written.Count} files");
        }

        T Lap<T>(string what, Func<T> work)
        {
            // Processor time as well: the machine may be busy with other things.
            var lap = Stopwatch.StartNew();
            var before = Environment.CpuUsage.TotalTime;
            var result = work();
            output.WriteLine($"  {what}: {lap.ElapsedMilliseconds} ms, {(Environment.CpuUsage.TotalTime - before).TotalMilliseconds:F0} ms of CPU");
            return result;
        }
    }

    private static DesiredState Desired(int domains) => new() { Units = Enumerable.Range(0, domains).Select(i => Domain(i, "")).ToValueList() };

    private static DesiredUnit Domain(int number, string extra)
    {
        var name = $"domain{number:00000}.example";
        return new DesiredUnit(name, [Table($"web/names/{name}", $"{name} 1000\n"), Table($"mail/users/{name}", Users(name) + extra)], [], []);
    }

    private static string Users(string domain) =>
        string.Concat(Enumerable.Range(0, 7).Select(i => $"user{i}@{domain}:{{CRYPT}}$6$abcdefghijklmnop${new string('x', 86)}:1000:1000::/srv/{domain}/mailboxes/user{i}::\n"));

    private static RenderedFile Table(string path, string content) => new() { Path = StateDirectory.Root.Join(path), Content = content, Role = FileRole.Table, Because = "bench" };

    private sealed class NoCommands : ICommandRunner
    {
        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken) => throw new UnreachableException("tables need no command");
    }
}
