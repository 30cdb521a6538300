using System.Text;
using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Services;

namespace Symbiosis.Bench;

/// <summary>
/// Applies two states of an imaginary host in turn until it is killed. Tests kill it at random moments and look at what is on disk (CORE-T16); left alone, it shows how many whole applies a
/// second are possible.
/// </summary>
public static class ApplyLoop
{
    private const int Domains = 12;

    // Long enough that half of a file is not taken for a whole one.
    private const int LinesPerFile = 120;

    private static readonly Daemon _webd = new()
    {
        Name = "webd",
        Unit = "webd.service",
        ConfigurationRoot = HostPath.Parse("/etc/webd"),
        Check = staged => new Command("/bin/test", ["-d", staged.PathOf(HostPath.Parse("/etc/webd"))]),
    };

    /// <summary>Every generated file and the texts it may have. A file that is not listed must not exist.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> WholeTexts() => new[] { State(0), State(1) }
        .SelectMany(state => state.Units.SelectMany(unit => unit.Files.AsEnumerable()))
        .GroupBy(file => file.Path.Value, StringComparer.Ordinal)
        .ToDictionary(files => files.Key, IReadOnlySet<string> (files) => files.Select(file => Encoding.UTF8.GetString(Planner.ContentOf(file))).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);

    /// <summary>Runs for ever.</summary>
    internal static async Task RunAsync(string root, TextWriter output)
    {
        var files = new HostFiles(new HostRoot(root));
        var store = new WrittenStore(files, TimeProvider.System);
        var machine = new ApplyHost(new HostRoot(root), files, new CommandRunner(TimeProvider.System), new Prober(TimeProvider.System), TimeProvider.System);
        var applier = new Applier(machine, store);
        // Not the state it died in, or after a restart nothing would change for a round.
        var first = IsInPlace(State(0)) ? 1 : 0;
        for (var round = first; ; round++)
        {
            using var held = ApplyLock.TryTake(files) ?? throw new InvalidOperationException("somebody else applies below " + root);
            foreach (var recovered in (await applier.RecoverAsync(held, CancellationToken.None)).AsEnumerable())
                await output.WriteLineAsync(recovered.ToString());
            var desired = State(round % 2);
            var plan = Planner.Plan(desired, new DiskSurvey(files).Take(desired, store.Refresh()), store.Record, new PlanOptions { Force = true });
            foreach (var found in plan.Diagnostics.AsEnumerable())
                await output.WriteLineAsync(found.ToString());
            var outcome = await applier.ApplyAsync(held, plan, new ApplyOptions { Reloads = false }, progress: null, CancellationToken.None);
            await output.WriteLineAsync($"{outcome.End}: {outcome.Written.Count} written, {outcome.Removed.Count} removed");
        }

        bool IsInPlace(DesiredState state) => Planner.Plan(state, new DiskSurvey(files).Take(state, store.Refresh()), store.Record, new PlanOptions { Force = true }).IsEmpty;
    }

    // Half of the domains change, some come and go.
    private static DesiredState State(int version) => new()
    {
        Units = Enumerable.Range(0, Domains).Where(i => i % 4 != 3 || version == 0).Select(i => Unit($"d{i:00}.example", i % 2 == 0 ? 0 : version)).ToValueList(),
        Daemons = [_webd],
    };

    private static DesiredUnit Unit(string domain, int version) => new(
        domain,
        [
            new RenderedFile
            {
                Path = HostPath.Parse($"/etc/webd/sites-available/{domain}.conf"),
                Content = Text(domain, version),
                Because = "bench",
                Daemon = _webd.Name,
                EnabledLink = HostPath.Parse($"/etc/webd/sites-enabled/{domain}.conf"),
            },
            new RenderedFile { Path = StateDirectory.Root.Join($"names/{domain}"), Content = Text(domain, version), Role = FileRole.Table, Because = "bench", AdvancesMtimeBySeconds = true },
        ],
        [],
        []);

    private static string Text(string domain, int version) => string.Concat(Enumerable.Range(0, LinesPerFile).Select(line => $"{domain} version {version} line {line}\n"));
}
