using System.Text;
using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Services;

namespace Symbiosis.Tests.Support;

/// <summary>
/// A host in a temporary directory: everything the program writes below <c>/etc</c> and <c>/var/lib</c> lands there, nothing needs root. It has one imaginary daemon, <c>webd</c>, whose checker
/// refuses any enabled site that says BROKEN.
/// </summary>
internal sealed class ScratchHost : IDisposable
{
    // In memory where that is possible: these tests sync a lot, and a disk would make seconds of it.
    private readonly string _directory = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/symbiosis-test-{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory("symbiosis-test-").FullName;

    public ScratchHost()
    {
        Files = new HostFiles(Root);
        Commands = new ScriptedCommands(this);
        Reopen();
    }

    public HostRoot Root => new(_directory);

    /// <summary>The files as the program sees them; tests put a failing layer in front.</summary>
    public IHostFiles Files { get; set; }

    public ScriptedCommands Commands { get; }

    public ScriptedProber Prober { get; } = new();

    public WrittenStore Store { get; private set; } = null!; // set by Reopen

    public Applier Applier { get; private set; } = null!; // set by Reopen

    /// <summary>The imaginary daemon.</summary>
    public static Daemon Webd { get; } = new()
    {
        Name = "webd",
        Unit = "webd.service",
        ConfigurationRoot = HostPath.Parse("/etc/webd"),
        Check = staged => new Command("/usr/sbin/webd", ["-t", "-d", staged.PathOf(HostPath.Parse("/etc/webd"))]),
        Probes = [new Probe("HTTP answers", 80, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.")],
    };

    /// <summary>A site of a domain, with its enabled link.</summary>
    public static RenderedFile Site(string domain, string content) => new()
    {
        Path = HostPath.Parse($"/etc/webd/sites-available/{domain}.conf"),
        Content = content,
        Because = $"/srv/{domain}",
        Daemon = Webd.Name,
        EnabledLink = HostPath.Parse($"/etc/webd/sites-enabled/{domain}.conf"),
    };

    /// <summary>A table of a domain.</summary>
    public static RenderedFile Table(string domain, string content) => new()
    {
        Path = HostPath.Parse($"/var/lib/symbiosis/names/{domain}"),
        Content = content,
        Because = $"/srv/{domain}",
        Role = FileRole.Table,
    };

    public static DesiredUnit Unit(string name, params RenderedFile[] files) => new(name, files.ToValueList(), [], []);

    public static DesiredState Wants(params DesiredUnit[] units) => new() { Units = units.ToValueList(), Daemons = [Webd] };

    /// <summary>As a new process would: nothing remembered but what is on disk.</summary>
    public void Reopen()
    {
        Store = new WrittenStore(Files, TimeProvider.System);
        Applier = new Applier(new ApplyHost(Root, Files, Commands, Prober, TimeProvider.System), Store);
    }

    public ChangePlan Plan(DesiredState desired, PlanOptions? options = null)
    {
        var written = Store.Refresh();
        return Planner.Plan(desired, new DiskSurvey(Files).Take(desired, written), written, options ?? new PlanOptions());
    }

    /// <summary>Recovers, plans and applies, as the program does.</summary>
    public async Task<ApplyOutcome> ApplyAsync(DesiredState desired, PlanOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var held = ApplyLock.TryTake(Files).ShouldNotBeNull();
        await Applier.RecoverAsync(held, cancellationToken);
        return await Applier.ApplyAsync(held, Plan(desired, options), new ApplyOptions(), progress: null, cancellationToken);
    }

    public string Real(string path) => _directory + path;

    public string? Read(string path) => File.Exists(Real(path)) ? File.ReadAllText(Real(path)) : null;

    public void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Real(path))!); // always below the scratch directory
        File.WriteAllText(Real(path), content);
    }

    /// <summary>Every file and link below a directory with its content, for comparing before and after.</summary>
    public string Snapshot(params string[] directories)
    {
        var text = new StringBuilder();
        foreach (var path in directories.Select(Real).Where(Directory.Exists)
            .SelectMany(directory => Directory.EnumerateFileSystemEntries(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = default }))
            .Order(StringComparer.Ordinal))
        {
            var file = new FileInfo(path);
            var name = path[_directory.Length..];
            if (file.LinkTarget is { } target)
                text.Append(name).Append(" -> ").Append(target).Append('\n');
            else if (file.Exists)
                text.Append(name).Append(' ').Append(File.GetUnixFileMode(path)).Append('\n').Append(File.ReadAllText(path)).Append('\n');
        }

        return text.ToString();
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}

/// <summary>Answers commands by what the imaginary daemon would do, and remembers them.</summary>
internal sealed class ScriptedCommands(ScratchHost host) : ICommandRunner
{
    /// <summary>Every command, as one would type it.</summary>
    public List<string> Ran { get; } = [];

    public IEnumerable<string> Reloads => Ran.Where(command => command.Contains(" reload ", StringComparison.Ordinal));

    public int Checks => Ran.Count(command => command.StartsWith("/usr/sbin/webd -t", StringComparison.Ordinal));

    /// <summary>Answers before the script does; null leaves it to the script.</summary>
    public Func<Command, CommandResult?> Override { get; set; } = _ => null;

    /// <summary>False: the checker complains without naming a file.</summary>
    public bool NamesFiles { get; set; } = true;

    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Ran.Add(command.ToString());
        return Task.FromResult(Override(command) ?? Script(command));
    }

    /// <summary>What the daemon reads now.</summary>
    public string LiveConfiguration() => string.Concat(EnabledSites(host.Real("/etc/webd")).Select(site => File.ReadAllText(site)));

    private CommandResult Script(Command command)
    {
        if (command.Arguments.Contains("show"))
            return new CommandResult(command, CommandEnd.Exited, 0, "active\n", "");
        if (command.Program != "/usr/sbin/webd")
            return new CommandResult(command, CommandEnd.Exited, 0, "", "");
        var broken = EnabledSites(command.Arguments[2]).FirstOrDefault(site => File.ReadAllText(site).Contains("BROKEN", StringComparison.Ordinal));
        return broken is null
            ? new CommandResult(command, CommandEnd.Exited, 0, "", "Syntax OK\n")
            : new CommandResult(command, CommandEnd.Exited, 1, "", $"webd: syntax error in {(NamesFiles ? broken : "some file")}:1\n");
    }

    private static IEnumerable<string> EnabledSites(string root) =>
        Directory.Exists(root + "/sites-enabled") ? Directory.EnumerateFiles(root + "/sites-enabled", "*.conf").Order(StringComparer.Ordinal) : [];
}

/// <summary>Answers probes as told, and remembers them.</summary>
internal sealed class ScriptedProber : IProber
{
    public List<string> Asked { get; } = [];

    public Func<Probe, ProbeResult> Answer { get; set; } = probe => new ProbeResult(ProbeEnd.Answered, probe.Expect);

    public Task<ProbeResult> ProbeAsync(Probe probe, TimeSpan deadline, CancellationToken cancellationToken)
    {
        Asked.Add(probe.Name);
        return Task.FromResult(Answer(probe));
    }
}
