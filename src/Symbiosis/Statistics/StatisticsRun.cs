using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Symbiosis.LogSplitting;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Statistics;

/// <summary>How statistics are made.</summary>
internal sealed record StatisticsOptions
{
    /// <summary>Directory that holds the domains.</summary>
    public string Prefix { get; init; } = "/srv";

    /// <summary>The table of hosted names.</summary>
    public string NamesDirectory { get; init; } = "/var/lib/symbiosis/web/names";

    /// <summary>Only these domains; empty: all.</summary>
    public ValueList<string> Domains { get; init; }

    /// <summary>Makes edited configuration files again.</summary>
    public bool Force { get; init; }

    /// <summary>Compressed logs that unpack to more are left out.</summary>
    public long MostBytesUnpacked { get; init; } = 1L << 30;

    /// <summary>Longest time for one run of a program.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Lowest uid and gid a domain directory may have (CORE-3).</summary>
    public uint LowestOwner { get; init; } = Owner.FirstPerson;
}

/// <summary>
/// Makes the statistics of all domains from the logs that were rotated since the last run (WEB-54 to WEB-59), so that each line counts once. Everything in a domain is done with the ids of its
/// owner, programs too; so whatever a log, a configuration or a link leads to, it is no more than he could do himself. What fails in one domain concerns no other.
/// </summary>
internal sealed partial class StatisticsRun(StatisticsOptions options, ICommandRunner runner, Func<StatisticsEngine, bool> isInstalled, Action<string> report)
{
    public const string GoAccessProgram = "/usr/bin/goaccess";
    public const string WebalizerProgram = "/usr/bin/webalizer";
    public const string SwitchPath = "config/stats";
    public const string OldSwitchPath = "config/no-stats";
    public const string EnginePath = "config/stats-engine";
    public const string WebalizerPath = "config/" + WebalizerFile.Name;
    public const string DatabasePath = "config/goaccess";

    private const string OutputPath = "public/htdocs/stats";
    private const string CountedName = "counted";
    private const string DraftName = ".index.html"; // GoAccess insists on the ending
    private const int DaysOfPages = 366;
    private const string AddressSpaceBytes = "2147483648";
    private const string FileBytes = "2147483648";
    private const uint ReadableByAll = 0x1A4; // 0644

    /// <summary>True when something could not be done; it was reported.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Works through the domains.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (domain, aliases) in HostedDomains.Read(options.NamesDirectory))
        {
            if (options.Domains.Count > 0 && !options.Domains.Contains(domain))
                continue;
            try
            {
                if (await RunDomainAsync(domain, aliases, cancellationToken) is { } fault)
                    Fail(domain, fault);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Fail(domain, e.Message);
            }
        }
    }

    private async Task<string?> RunDomainAsync(string domain, SortedSet<string> aliases, CancellationToken cancellationToken)
    {
        var path = $"{options.Prefix}/{domain}";
        // This step may follow a link: names in /srv are the administrator's (CORE-8).
        using var directory = FileDescriptor.OpenRoot(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (directory is null || directory.Stat(out var owner) != Errno.None || owner.Uid < options.LowestOwner || owner.Gid < options.LowestOwner)
            return null;
        var engine = AsOwner(owner, () => ChooseEngine(directory));
        return engine switch
        {
            StatisticsEngine.GoAccess => await RunGoAccessAsync(domain, path, directory, owner, cancellationToken),
            StatisticsEngine.Webalizer => await RunWebalizerAsync(domain, path, aliases, directory, owner, cancellationToken),
            _ => null,
        };
    }

    private StatisticsEngine ChooseEngine(FileDescriptor directory)
    {
        using var site = directory.OpenBelow("public/htdocs", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (site is null || ValueOf(OldSwitchPath).IsSet || ValueOf(SwitchPath) is SettingValue.False)
            return StatisticsEngine.None;
        var named = ValueOf(EnginePath) is SettingValue.Text(var text) ? EngineChoice.Parse(text) : null;
        if (named is { } engine)
            return isInstalled(engine) ? engine : StatisticsEngine.None; // plan says so (WEB050)
        return EngineChoice.Default(SmallFile.Read(directory, WebalizerPath) is not null, isInstalled);

        SettingValue ValueOf(string path) => SmallFile.Read(directory, path) is { } content ? new TreeNode(NodeKind.File) { Content = content }.Value : TreeNode.Absent.Value;
    }

    private async Task<string?> RunGoAccessAsync(string domain, string path, FileDescriptor directory, FileStatus owner, CancellationToken cancellationToken)
    {
        var started = DateTime.UtcNow;
        var counted = AsOwner(owner, () => TimeOf(directory, $"{DatabasePath}/{CountedName}"));
        var logs = AsOwner(owner, () => FindLogs(directory, counted));
        if (logs.Count == 0)
            return null;
        foreach (var made in (string[])[DatabasePath, OutputPath])
        {
            if (TreeAuthor.MakeDirectory(path, made, owner.Uid, owner.Gid) is { } failure)
                return $"{failure.Path}: {failure.Reason}";
        }

        using var output = AsOwner(owner, () => directory.OpenBelow(OutputPath, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _));
        if (output is null || output.Stat(out var status) != Errno.None || status.Uid != owner.Uid)
            return $"{OutputPath} does not belong to the owner of the domain (WEB-57)";
        foreach (var log in logs)
        {
            if (await CountAsync(domain, path, directory, owner, log, cancellationToken) is { } fault)
                Fail(domain, $"goaccess, {log}: {fault}"); // and on with the next: what was counted must not be counted again
        }

        return AsOwner(owner, () =>
        {
            if (Stdio.renameat2(output, DraftName, output, "index.html", 0) != 0 && FileDescriptor.LastError() is var error && error != Errno.ENOENT) // ENOENT: no line was valid
                return $"{OutputPath}/index.html cannot be written ({error})";
            using var database = directory.OpenBelow(DatabasePath, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error);
            if (database is not null)
                error = SmallFile.Replace(database, CountedName, [], ReadableByAll);
            if (error != Errno.None)
                return $"{DatabasePath}/{CountedName} cannot be written ({error})";
            using var marker = database!.OpenBelow(CountedName, Fcntl.O_WRONLY, out error); // not null: error says so
            if (marker is not null)
                File.SetLastWriteTimeUtc(new SafeFileHandle(marker.Number, ownsHandle: false), started);
            return null;
        });
    }

    private async Task<string?> CountAsync(string domain, string path, FileDescriptor directory, FileStatus owner, string log, CancellationToken cancellationToken)
    {
        string? unpacked = null;
        try
        {
            unpacked = log.EndsWith(".gz", StringComparison.Ordinal) ? AsOwner(owner, () => Unpack(directory, log)) : null;
            return await RunAsOwnerAsync(
                owner, path, [
                    GoAccessProgram, unpacked ?? $"public/logs/{log}", "--no-global-config", "--log-format=COMBINED", "--num-tests=0", "--anonymize-ip", "--no-query-string", "--restore", "--persist",
                    $"--db-path={DatabasePath}", string.Create(CultureInfo.InvariantCulture, $"--keep-last={DaysOfPages}"), $"--html-report-title={domain}", "--no-progress", $"--output={OutputPath}/{DraftName}",
                ], cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return e.Message;
        }
        finally
        {
            if (unpacked is not null)
                AsOwner(owner, () => Unistd.unlinkat(directory, unpacked, 0));
        }
    }

    private async Task<string?> RunWebalizerAsync(string domain, string path, SortedSet<string> aliases, FileDescriptor directory, FileStatus owner, CancellationToken cancellationToken)
    {
        if (TreeAuthor.MakeDirectory(path, "config", owner.Uid, owner.Gid) is { } failure)
            return $"{failure.Path}: {failure.Reason}";
        var (settings, fault) = AsOwner(owner, () => MakeWebalizerFile(domain, path, aliases, directory));
        if (fault is not null)
            return fault;
        var output = Path.GetFullPath(WebalizerFile.Find(settings, "OutputDir") ?? ".", $"{path}/config");
        var history = WebalizerFile.Find(settings, "HistoryName") ?? "webalizer.hist";
        // Webalizer goes into the output directory first; the original took it from config.
        var counted = AsOwner(owner, () => Max(TimeOf(Path.GetFullPath(history, $"{path}/config")), TimeOf(Path.GetFullPath(history, output))));
        var logs = AsOwner(owner, () => FindLogs(directory, counted));
        if (logs.Count == 0)
            return null;
        if (AsOwner(owner, () => MakeOutput(output, owner.Uid)) is { } refusal)
            return refusal;
        foreach (var log in logs)
        {
            if (await RunAsOwnerAsync(owner, $"{path}/config", [WebalizerProgram, "-Q", "-c", WebalizerFile.Name, $"../public/logs/{log}"], cancellationToken) is { } result)
                return $"webalizer, {log}: {result}";
        }

        return null;
    }

    private (byte[] Settings, string? Fault) MakeWebalizerFile(string domain, string path, SortedSet<string> aliases, FileDescriptor directory)
    {
        using var config = directory.OpenBelow("config", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        if (config is null)
            return ([], $"config cannot be opened ({error})");
        if (config.StatBelow(FileDescriptor.NulTerminated(WebalizerFile.Name), out var status) == Errno.None && status.Sort != FileSort.Regular)
            return ([], $"{WebalizerPath} is not a regular file");
        var current = SmallFile.Read(config, WebalizerFile.Name);
        if (current is null && status.SizeBytes > 0)
            return ([], $"{WebalizerPath} cannot be read or is too large");
        var isInOldPlace = TimeOf(directory, $"{OutputPath}/webalizer.hist") is not null;
        var settings = WebalizerFile.Decide(current, WebalizerFile.Render(domain, path, aliases, isInOldPlace ? OutputPath : "config"), options.Force);
        if (current is not null && settings.AsSpan().SequenceEqual(current))
            return (settings, null);
        error = SmallFile.Replace(config, WebalizerFile.Name, settings, ReadableByAll);
        return (settings, error == Errno.None ? null : $"{WebalizerPath} cannot be written ({error})");
    }

    // WEB-57, WEB-58: only in a directory of the owner, and pages of a year ago go.
    private static string? MakeOutput(string output, uint owner)
    {
        var ancestor = output;
        while (!Directory.Exists(ancestor) && Path.GetDirectoryName(ancestor) is { } parent)
            ancestor = parent;
        using (var there = FileDescriptor.OpenRoot(ancestor, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error))
        {
            if (there is null || there.Stat(out var status) != Errno.None || status.Uid != owner)
                return $"{ancestor} does not belong to the owner of the domain, so no statistics go to {output} ({error}, WEB-57)";
        }

        Directory.CreateDirectory(output);
        foreach (var page in new DirectoryInfo(output).EnumerateFiles("usage_*").Where(page => page.LastWriteTimeUtc < DateTime.UtcNow.AddDays(-365)))
            page.Delete();
        return null;
    }

    // Rotated logs that lines were written to since the last run, oldest first. Nothing but regular files: no pipe is waited for.
    private static List<string> FindLogs(FileDescriptor directory, DateTime? counted)
    {
        var found = new List<(DateTime Time, string Name)>();
        using var logs = directory.OpenBelow("public/logs", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (logs is null)
            return [];
        foreach (var name in Directory.EnumerateFileSystemEntries(logs.ProcPath).Select(entry => Path.GetFileName(entry)).Where(name => RotatedLog().IsMatch(name)))
        {
            if (logs.StatBelow(FileDescriptor.NulTerminated(name), out var status) == Errno.None && status is { Sort: FileSort.Regular, SizeBytes: > 0 }
                && TimeOf(logs, name) is { } time && (counted is null || time >= counted))
            {
                found.Add((time, name));
            }
        }

        return [.. found.Order().Select(log => log.Name)];
    }

    private static DateTime? TimeOf(FileDescriptor directory, string name)
    {
        using var file = directory.OpenBelow(name, Fcntl.O_RDONLY, out _);
        return file is null ? null : File.GetLastWriteTimeUtc(new SafeFileHandle(file.Number, ownsHandle: false));
    }

    private static DateTime? TimeOf(string path) => File.Exists(path) ? File.GetLastWriteTimeUtc(path) : null;

    private static DateTime? Max(DateTime? one, DateTime? other) => one is null || other > one ? other : one;

    // GoAccess reads no gzip, and what comes by a pipe it cannot tell apart from what it has seen.
    private string Unpack(FileDescriptor directory, string log)
    {
        const string Unpacked = DatabasePath + "/unpacked.log";
        using var source = directory.OpenBelow($"public/logs/{log}", Fcntl.O_RDONLY, out var error) ?? throw new IOException($"{log} cannot be opened ({error})");
        _ = Unistd.unlinkat(directory, Unpacked, 0); // left by a run that was ended
        using var target = directory.OpenBelow(Unpacked, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out error, ReadableByAll) ?? throw new IOException($"{Unpacked} cannot be made ({error})");
        try
        {
            using var reader = new GZipStream(new FileStream(new SafeFileHandle(source.Number, ownsHandle: false), FileAccess.Read), CompressionMode.Decompress);
            using var writer = new FileStream(new SafeFileHandle(target.Number, ownsHandle: false), FileAccess.Write);
            var buffer = new byte[128 * 1024];
            var total = 0L;
            for (int length; (length = reader.Read(buffer)) > 0; total += length)
            {
                if (total + length > options.MostBytesUnpacked)
                    throw new IOException($"{log} unpacks to more than {options.MostBytesUnpacked} bytes");
                writer.Write(buffer.AsSpan(0, length));
            }

            return Unpacked;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            _ = Unistd.unlinkat(directory, Unpacked, 0);
            throw;
        }
    }

    // Null on success, else why not.
    private async Task<string?> RunAsOwnerAsync(FileStatus owner, string directory, string[] words, CancellationToken cancellationToken)
    {
        string[] limited = ["/usr/bin/prlimit", $"--as={AddressSpaceBytes}", $"--fsize={FileBytes}", "--core=0", "--", "/usr/bin/env", $"--chdir={directory}", .. words];
        string[] all = Unistd.geteuid() != 0
            ? limited
            : [
                "/usr/bin/setpriv", string.Create(CultureInfo.InvariantCulture, $"--reuid={owner.Uid}"), string.Create(CultureInfo.InvariantCulture, $"--regid={owner.Gid}"), "--clear-groups",
                "--no-new-privs", "--", .. limited,
            ];
        var result = await runner.RunAsync(new Command(all[0], all[1..].ToValueList()) { Timeout = options.Limit }, cancellationToken);
        return result switch
        {
            { Succeeded: true } => null,
            { End: CommandEnd.TimedOut } => $"it was ended after {options.Limit.TotalMinutes:0} minutes",
            _ => $"{result.End} {result.ExitCode}: {FirstLine(result.Error)}",
        };
    }

    private static string FirstLine(string text) => text.Trim().Split('\n')[0] is { Length: > 200 } line ? line[..200] : text.Trim().Split('\n')[0];

    private static T AsOwner<T>(FileStatus owner, Func<T> action) => FileIdentity.Use(owner.Uid, owner.Gid, action);

    private void Fail(string domain, string fault)
    {
        HasFailed = true;
        report($"{options.Prefix}/{domain}: {fault}");
    }

    [GeneratedRegex(@"\A(ssl_)?access\.log\.[0-9]{1,3}(\.gz)?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RotatedLog();
}
