using System.Diagnostics;
using Symbiosis.Applying;
using Symbiosis.Bench.Measuring;
using Symbiosis.Bench.Trees;
using Symbiosis.Machine;
using Symbiosis.Planning;

namespace Symbiosis.Bench;

/// <summary>
/// All of a host's configuration, Apache's above all, when a tenth of the domains have addresses of their own and so a site file each: made by a fresh process, and made anew by one that runs already
/// because a template changed. Apache's own time for its test and its reload is not in it; how often they are asked for is.
/// </summary>
internal static class WebConfiguration
{
    // Of five domains one has no pages and so no site.
    private const int OwnAddressPercent = 13;

    /// <summary>Makes a host below <paramref name="root"/>, which must be empty, and measures.</summary>
    public static async Task MeasureAsync(string root, int domains, TextWriter output)
    {
        var start = Environment.CpuUsage.TotalTime; // of a fresh process, its start counts
        Directory.CreateDirectory(root);
        new BenchHost(root).Create(new TreeGenerator(seed: 1, domains, OwnAddressPercent));
        var asked = new List<Command>();
        var machine = new BenchHost(root).Machine(asked.Add);
        using var held = ApplyLock.TryTake(machine.Files) ?? throw new IOException("somebody else measures below " + root);
        var pipeline = new BenchHost(root).CreatePipeline(machine);
        await ApplyAsync("fresh process", start);

        foreach (var round in (int[])[1, 2, 3])
        {
            var template = root + "/etc/symbiosis/apache.d/non_ssl.template.hbs";
            Directory.CreateDirectory(Path.GetDirectoryName(template)!); // it has a directory
            await File.WriteAllTextAsync(template, $"{Services.Web.SiteTemplate.NonSsl.Shipped}# round {round}\n");
            await ApplyAsync("running process", TimeSpan.Zero);
        }

        async Task ApplyAsync(string what, TimeSpan alreadyUsed)
        {
            asked.Clear();
            var before = Environment.CpuUsage.TotalTime - alreadyUsed;
            var watch = Stopwatch.StartNew();
            var reading = await pipeline.ReadEverythingAsync(CancellationToken.None);
            var plan = pipeline.Plan(reading.Desired ?? throw new IOException("nothing to read below " + root), new PlanOptions());
            var outcome = await pipeline.ApplyAsync(held, plan, new ApplyOptions(), progress: null, CancellationToken.None);
            var used = Environment.CpuUsage.TotalTime - before;
            output.WriteLine(
                $"{what}: {used.TotalSeconds:F2} s of processor time, {watch.Elapsed.TotalSeconds:F2} s; {outcome.Written.Count} files written, {outcome.Written.Count(path => path.Value.Contains("/sites-available/", StringComparison.Ordinal))} sites; "
                + $"{asked.Count(command => command.Program.EndsWith("/apache2ctl", StringComparison.Ordinal))} configuration test(s) of Apache, {outcome.Reloaded.Count(daemon => daemon == "apache2")} reload(s)");
        }
    }
}
