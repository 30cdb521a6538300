using System.Globalization;
using System.Net;
using System.Text;
using Symbiosis.Applying;
using Symbiosis.Cli.Output;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Planning;
using Symbiosis.Services;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Scenarios;

/// <summary>The host of a scenario in a temporary directory, with the whole pipeline of the program over it. Needs no root.</summary>
internal sealed class ScenarioHost : IDisposable
{
    // What Debian 12 brings; "package" lines add to it or change it.
    private static readonly Dictionary<string, string> _debian12 = new(StringComparer.Ordinal)
    {
        ["apache2"] = "2.4.62-1~deb12u2",
        ["fcgiwrap"] = "1.1.0-14",
        ["php8.2-fpm"] = "8.2.29-1~deb12u1",
        ["exim4-daemon-heavy"] = "4.96-15+deb12u7",
        ["dovecot-core"] = "1:2.3.19.1+dfsg1-2.1+deb12u1",
    };

    private readonly Scenario _scenario;
    private readonly ManualClock _clock = new();
    private readonly Dictionary<DeviceInode, (uint Uid, uint Gid)> _owners = [];
    private readonly bool _isReversed;
    private readonly string _root = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/symbiosis-scenario-{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory("symbiosis-scenario-").FullName;

    /// <summary>Makes the host of a scenario, without its <c>/srv</c>.</summary>
    /// <param name="scenario">What is on the host.</param>
    /// <param name="isReversed">Makes files in the opposite order, so that directories list them in another.</param>
    public ScenarioHost(Scenario scenario, bool isReversed = false)
    {
        _scenario = scenario;
        _isReversed = isReversed;
        WriteSystemFiles();
        Copy(Path.Combine(scenario.Directory, "disk"), "", 0);
    }

    private HostRoot Root => new(_root);

    /// <summary>Makes <c>/srv</c> a directory with nothing in it.</summary>
    public void PutEmptyTree()
    {
        var srv = _root + "/srv";
        if (Directory.Exists(srv))
            RemoveAll(srv);
        Directory.CreateDirectory(srv);
        Own(Encoding.UTF8.GetBytes("/srv"), (1000, 1000));
    }

    /// <summary>Puts a directory of the scenario in the place of <c>/srv</c>, with what meta says of it.</summary>
    public void PutTree(string directory)
    {
        PutEmptyTree();
        Copy(Path.Combine(_scenario.Directory, directory), "/srv", 1000);
        var isBefore = directory == "before";
        foreach (var line in InOrder(_scenario.Meta.Where(line => line.Verb is "dir" or "link" or "fifo" or "size")))
            Make(line);
        foreach (var line in _scenario.Meta.Where(line => line.Verb is "owner" or "mode"))
        {
            // An older tree need not have what the new one has.
            if (!isBefore || Path.Exists(_root + line.Text(0)))
                Change(line);
        }
    }

    /// <summary>Reads, renders and plans, as a new process would.</summary>
    public async Task<PlannedHost> PlanAsync(CancellationToken cancellationToken)
    {
        var pipeline = NewPipeline();
        var reading = await pipeline.ReadEverythingAsync(cancellationToken);
        var plan = reading.Desired is null ? null : pipeline.Plan(reading.Desired, new PlanOptions());
        var findings = plan is null ? reading.Findings : reading.ScanFindings.Concat(plan.Diagnostics);
        return new PlannedHost(pipeline, plan, [.. findings.Select(found => found.ToString()).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Makes a plan true; every daemon and checker of this host agrees with everything.</summary>
    public async Task<ApplyOutcome> ApplyAsync(PlannedHost planned, CancellationToken cancellationToken)
    {
        using var held = ApplyLock.TryTake(new HostFiles(Root)).ShouldNotBeNull();
        return await planned.Pipeline.ApplyAsync(held, planned.Plan.ShouldNotBeNull(), new ApplyOptions(), progress: null, cancellationToken);
    }

    public string? Read(string path) => File.Exists(_root + path) ? File.ReadAllText(_root + path) : null;

    public void Write(string path, string content) => File.WriteAllText(_root + path, content);

    public void Dispose() => RemoveAll(_root);

    private Pipeline NewPipeline()
    {
        var options = new TreeReaderOptions { Root = Root, ReadUsers = () => UserDatabase.Parse(File.ReadAllText(_root + "/etc/passwd"), File.ReadAllText(_root + "/etc/group")), View = View };
        var plan = ReadingPlan.For(ServiceCatalog.All.SelectMany(service => service.Settings));
        var hostReader = new HostReader(plan, [.. ServiceCatalog.All.SelectMany(service => service.Packages)], options, _clock)
        {
            AskResolver = (_, _) => Task.FromResult<string?>(null),
            ReadNetwork = () => new NetworkState(
                [new(2, IPAddress.Parse("192.0.2.1"), 24, IsGlobal: true, IsStable: true), new(2, IPAddress.Parse("2001:db8::1"), 64, IsGlobal: true, IsStable: true)], [new DefaultRoute(2, 0)]),
        };
        return new Pipeline(hostReader, new TreeReader(plan, options), ServiceCatalog.All, new ApplyHost(Root, new HostFiles(Root), new AgreeingDaemons(), new AnsweringDaemons(), _clock));
    }

    private FileStatus View(FileStatus status) =>
        _owners.TryGetValue(status.Identity, out var owner) ? status with { Uid = owner.Uid, Gid = owner.Gid }
        : status.Uid == Unistd.geteuid() ? status with { Uid = 0, Gid = 0 }
        : status;

    private void WriteSystemFiles()
    {
        Directory.CreateDirectory(_root + "/etc");
        var name = _scenario.Meta.FirstOrDefault(line => line.Verb == "host")?.Text(0) ?? "host.example.net";
        File.WriteAllText(_root + "/etc/hostname", name + "\n");
        File.WriteAllText(_root + "/etc/hosts", "127.0.0.1 localhost\n");
        var users = _scenario.Meta.Where(line => line.Verb == "user").ToList();
        File.WriteAllText(_root + "/etc/passwd", TemporaryTree.Passwd + "Debian-exim:x:109:109::/var/spool/exim4:/usr/sbin/nologin\n" + string.Concat(users.Select(line => $"{line.Text(0)}:x:{line.Text(1)}:{line.Text(1)}::/home/{line.Text(0)}:/bin/bash\n")));
        File.WriteAllText(_root + "/etc/group", TemporaryTree.Group + string.Concat(users.Select(line => $"{line.Text(0)}:x:{line.Text(1)}:\n")));

        var packages = new SortedDictionary<string, string>(_debian12, StringComparer.Ordinal);
        foreach (var line in _scenario.Meta.Where(line => line.Verb == "package"))
            packages[line.Text(0)] = line.Text(1);
        Directory.CreateDirectory(_root + "/var/lib/dpkg");
        File.WriteAllText(
            _root + "/var/lib/dpkg/status",
            string.Concat(packages.Where(package => package.Value != "-").Select(package => $"Package: {package.Key}\nStatus: install ok installed\nVersion: {package.Value}\n\n")));

        // Fixed, so that hashes of plain passwords are the same in every run.
        Directory.CreateDirectory(_root + "/var/lib/symbiosis");
        File.WriteAllBytes(Root.PathOf(HostSecretFile.Path), [.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        File.SetUnixFileMode(Root.PathOf(HostSecretFile.Path), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void Copy(string source, string target, uint owner)
    {
        if (!Directory.Exists(source))
            return;
        foreach (var path in InOrder(Directory.EnumerateFileSystemEntries(source, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = default }).Order(StringComparer.Ordinal)))
        {
            var relative = $"{target}/{path[(source.Length + 1)..]}";
            if (Directory.Exists(path))
                Directory.CreateDirectory(_root + relative);
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(_root + relative)!); // below the root
                File.Copy(path, _root + relative, overwrite: true);
                File.SetUnixFileMode(_root + relative, (UnixFileMode)Convert.ToInt32("644", 8));
            }

            OwnUpTo(Encoding.UTF8.GetBytes(relative), Encoding.UTF8.GetBytes(target), (owner, owner));
        }
    }

    private void Make(MetaLine line)
    {
        var path = line.Words[0];
        using var parent = OpenParent(path, out var name);
        var owner = (1000u, 1000u);
        switch (line.Verb)
        {
            case "dir":
                if (SysStat.mkdirat(parent, name, 0x1ED) != 0)
                    FileDescriptor.LastError().ShouldBe(Errno.EEXIST, line.Text(0)); // something in it was made before
                owner = line.Words.Count > 1 ? line.Owner(1) : owner;
                break;
            case "link":
                Unistd.symlinkat(line.Text(1), parent, Encoding.UTF8.GetString(name.AsSpan(..^1))).ShouldBe(0, line.Text(0));
                owner = line.Words.Count > 2 ? line.Owner(2) : owner;
                break;
            case "fifo":
                SysStat.mkfifo(_root + line.Text(0), 0x1A4).ShouldBe(0, line.Text(0));
                break;
            default:
                using (var file = File.Create(_root + line.Text(0)))
                    file.SetLength(long.Parse(line.Text(1), CultureInfo.InvariantCulture));
                break;
        }

        Own(path, owner);
    }

    private void Change(MetaLine line)
    {
        if (line.Verb == "owner")
            Own(line.Words[0], line.Owner(1));
        else
            File.SetUnixFileMode(_root + line.Text(0), (UnixFileMode)line.Mode(1));
    }

    private FileDescriptor OpenParent(byte[] path, out byte[] name)
    {
        var slash = path.AsSpan().LastIndexOf((byte)'/');
        name = [.. path.AsSpan(slash + 1), 0];
        var parent = _root + Encoding.UTF8.GetString(path.AsSpan(0, slash));
        Directory.CreateDirectory(parent);
        OwnUpTo(path.AsSpan(0, slash).ToArray(), "/srv"u8.ToArray(), (1000, 1000));
        return FileDescriptor.OpenRoot(parent, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _).ShouldNotBeNull();
    }

    // Tells who owns a path and the directories above it, as far as nobody was told before.
    private void OwnUpTo(byte[] path, byte[] top, (uint Uid, uint Gid) owner)
    {
        while (path.Length > top.Length)
        {
            if (!_owners.ContainsKey(IdentityOf(path)))
                Own(path, owner);
            path = path[..path.AsSpan().LastIndexOf((byte)'/')];
        }
    }

    // Also for real where that is possible: tree changes are made with the owner's rights.
    private void Own(byte[] path, (uint Uid, uint Gid) owner)
    {
        _owners[IdentityOf(path)] = owner;
        if (Unistd.geteuid() != 0)
            return;
        using var directory = FileDescriptor.OpenRoot(_root + Encoding.UTF8.GetString(path.AsSpan(0, path.AsSpan().LastIndexOf((byte)'/'))), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _).ShouldNotBeNull();
        using var file = directory.OpenBelow([.. path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1), 0], Fcntl.O_RDONLY, out _);
        if (file is not null)
            Unistd.fchown(file, owner.Uid, owner.Gid).ShouldBe(0); // links stay root's; only the view matters for them
    }

    private DeviceInode IdentityOf(byte[] path)
    {
        SysStat.statx(Fcntl.AT_FDCWD, [.. Encoding.UTF8.GetBytes(_root), .. path, 0], Fcntl.AT_SYMLINK_NOFOLLOW, out var raw).ShouldBe(0, Encoding.UTF8.GetString(path));
        return FileStatus.Of(ref raw).Identity;
    }

    private IEnumerable<T> InOrder<T>(IEnumerable<T> items) => _isReversed ? items.Reverse() : items;

    // Also names that .NET cannot say.
    private static void RemoveAll(string path)
    {
        using var directory = FileDescriptor.OpenRoot(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, out _);
        if (directory is not null)
            RemoveRawNames(directory);
        Directory.Delete(path, recursive: true);
    }

    private static void RemoveRawNames(FileDescriptor directory)
    {
        var names = new List<(byte[] Name, bool IsDirectory)>();
        var buffer = new byte[32 << 10];
        int filled;
        while ((filled = directory.ReadEntries(buffer, out _)) > 0)
        {
            for (var at = 0; at < filled;)
            {
                var record = buffer.AsSpan(at);
                at += BitConverter.ToUInt16(record[Dirent.RecordLengthOffset..]);
                var name = record[Dirent.NameOffset..];
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                    names.Add((name.ToArray(), record[Dirent.TypeOffset] == Dirent.DT_DIR));
            }
        }

        foreach (var (name, isDirectory) in names)
        {
            if (isDirectory)
            {
                using var inner = directory.OpenBelow(name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
                if (inner is not null)
                    RemoveRawNames(inner);
            }

            if (!System.Text.Unicode.Utf8.IsValid(name))
                _ = Unistd.unlinkat(directory, name, isDirectory ? Fcntl.AT_REMOVEDIR : 0); // what stays fails the caller
        }
    }

    private sealed class AgreeingDaemons : ICommandRunner
    {
        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken) =>
            Task.FromResult(new CommandResult(command, CommandEnd.Exited, 0, command.Arguments.Contains("show") ? "active\n" : "", ""));
    }

    private sealed class AnsweringDaemons : IProber
    {
        public Task<ProbeResult> ProbeAsync(Probe probe, TimeSpan deadline, CancellationToken cancellationToken) => Task.FromResult(new ProbeResult(ProbeEnd.Answered, probe.Expect));
    }
}

/// <summary>What a host asks for.</summary>
/// <param name="Pipeline">Made the plan.</param>
/// <param name="Plan">Null when <c>/srv</c> cannot be used.</param>
/// <param name="Findings">As the program prints them, sorted.</param>
internal sealed record PlannedHost(Pipeline Pipeline, ChangePlan? Plan, IReadOnlyList<string> Findings)
{
    /// <summary>What will be done to the disk; nothing when nothing is planned.</summary>
    public IReadOnlyList<PlannedChange> Changes => Plan is null ? [] : [.. Plan.Changes];

    /// <summary>What <c>symbiosis plan</c> prints.</summary>
    public string PlanText
    {
        get
        {
            if (Plan is null)
                return "Nothing is planned.\n";
            using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
            Symbiosis.Cli.Output.PlanText.Write(Plan, new Terminal(text, isTerminal: false));
            return text.ToString();
        }
    }

    /// <summary>Every file and link with mode and owner.</summary>
    public string FilesText => string.Concat(Changes.OrderBy(change => change.Path).Select(change => change switch
    {
        PlannedChange.WriteFile write => $"{Convert.ToString((int)write.File.Mode, 8),5} {write.File.Owner}:{write.File.Group} {write.Path}\n",
        PlannedChange.MakeLink link => $" link {link.Path} -> {link.Target}\n",
        _ => $" gone {change.Path}\n",
    }));
}
