using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.LogSplitting;

/// <summary>How logs are rotated.</summary>
internal sealed record RotationOptions
{
    /// <summary>Directory that holds the domains.</summary>
    public string Prefix { get; init; } = "/srv";

    /// <summary>The table of hosted names; each domain is named in it.</summary>
    public string NamesDirectory { get; init; } = "/var/lib/symbiosis/web/names";

    /// <summary>The highest number, for all domains; null: what each domain says, or the host.</summary>
    public int? Keep { get; init; }

    /// <summary>The highest number for domains that say nothing.</summary>
    public int DefaultKeep { get; init; } = DaysKept.Default;

    /// <summary>A log that gets this number is compressed.</summary>
    public int CompressFrom { get; init; } = 2;

    /// <summary>Lowest uid and gid a domain directory may have (CORE-3).</summary>
    public uint LowestOwner { get; init; } = 1000;
}

/// <summary>
/// Rotates the logs of all domains, each as the owner of its domain (WEB-49 to WEB-51): <c>access.log</c> becomes <c>access.log.1</c>, that one <c>.2.gz</c>, and so on. Nothing is followed out of the
/// directory, and what is wrong in one domain concerns no other.
/// </summary>
internal sealed class LogRotation(RotationOptions options, Action<string> report)
{
    private const uint OwnerOnly = 0x180; // 0600
    private const uint PermissionBits = 0x1FF; // 0777

    private static readonly string[] _logs = ["access.log", "ssl_access.log", "error.log", "ssl_error.log"];

    /// <summary>True when something could not be done; it was reported.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Rotates everything. Returns true when at least one log that was written to got a new name, so its writers must open a new one.</summary>
    public bool Run() => HostedDomains.Read(options.NamesDirectory).Keys.Aggregate(seed: false, (isRotated, domain) => RotateDomain(domain) || isRotated);

    private bool RotateDomain(string domain)
    {
        var isRotated = false;
        // This step may follow a link: names in /srv are the administrator's (CORE-8).
        using var directory = FileDescriptor.OpenRoot($"{options.Prefix}/{domain}", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (directory is null || directory.Stat(out var owner) != Errno.None || owner.Uid < options.LowestOwner || owner.Gid < options.LowestOwner)
            return false;
        var fault = FileIdentity.Use(owner.Uid, owner.Gid, () =>
        {
            using var logs = directory.OpenBelow("public/logs", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
            if (logs is null)
                return error == Errno.ENOENT ? null : $"public/logs cannot be opened ({error})";
            try
            {
                var keep = options.Keep ?? (SmallFile.Read(directory, DaysKept.SettingPath) is { } days ? DaysKept.Parse(Encoding.UTF8.GetString(days)) : null) ?? options.DefaultKeep;
                foreach (var log in _logs)
                    isRotated |= Rotate(logs, log, keep);
                return null;
            }
            catch (IOException e)
            {
                return e.Message;
            }
        });
        if (fault is null)
            return isRotated;
        HasFailed = true;
        report($"{options.Prefix}/{domain}: {fault}");
        return isRotated;
    }

    private bool Rotate(FileDescriptor logs, string log, int keep)
    {
        // What is too old because more days were kept before.
        for (var number = keep + 1; number <= DaysKept.Most; number++)
        {
            _ = Unistd.unlinkat(logs, $"{log}.{number}", 0);
            _ = Unistd.unlinkat(logs, $"{log}.{number}.gz", 0);
        }

        // The highest number first, or each would overwrite the next.
        for (var number = keep - 1; number >= 1; number--)
        {
            var (from, to) = ($"{log}.{number}", $"{log}.{number + 1}");
            var isCompressed = Move(logs, $"{from}.gz", $"{to}.gz");
            var isPlain = Move(logs, from, to);
            // The last of the other sort, which nothing would ever overwrite.
            if (number + 1 == keep && isCompressed != isPlain)
                _ = Unistd.unlinkat(logs, isPlain ? $"{to}.gz" : to, 0);
        }

        var isRotated = Move(logs, log, $"{log}.1");
        Compress(logs, $"{log}.{options.CompressFrom}");
        return isRotated;
    }

    private static bool Move(FileDescriptor logs, string from, string to)
    {
        if (Stdio.renameat2(logs, from, logs, to, 0) == 0)
            return true;
        return FileDescriptor.LastError() == Errno.ENOENT ? false : throw Failure($"{from} cannot be renamed");
    }

    private static void Compress(FileDescriptor logs, string name)
    {
        using var source = logs.OpenBelow(name, Fcntl.O_RDONLY, out var error);
        if (source is null && error == Errno.ENOENT)
            return;
        if (source is null || source.Stat(out var status) != Errno.None || status.Sort != FileSort.Regular)
            throw new IOException($"{name} is not a log");
        var temporary = $".{name}.gz.new";
        _ = Unistd.unlinkat(logs, temporary, 0); // left by a run that was ended
        using var target = logs.OpenBelow(temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out error, OwnerOnly) ?? throw new IOException($"{temporary} cannot be made ({error})");
        try
        {
            using (var reader = new FileStream(new SafeFileHandle(source.Number, ownsHandle: false), FileAccess.Read))
            using (var writer = new FileStream(new SafeFileHandle(target.Number, ownsHandle: false), FileAccess.Write))
            using (var gzip = new GZipStream(writer, CompressionLevel.SmallestSize))
                reader.CopyTo(gzip);
            // As gzip(1) does: the time of the last line, by which statistics know what they have counted.
            File.SetLastWriteTimeUtc(new SafeFileHandle(target.Number, ownsHandle: false), File.GetLastWriteTimeUtc(new SafeFileHandle(source.Number, ownsHandle: false)));
            if (SysStat.fchmod(target, (uint)status.Mode & PermissionBits) != 0 || Unistd.fsync(target) != 0 || Stdio.renameat2(logs, temporary, logs, $"{name}.gz", 0) != 0)
                throw Failure($"{name}.gz cannot be written");
        }
        catch (IOException)
        {
            _ = Unistd.unlinkat(logs, temporary, 0); // the plain one is still there
            throw;
        }

        if (Unistd.unlinkat(logs, name, 0) != 0)
            throw Failure($"{name} cannot be removed");
    }

    private static IOException Failure(string what) => new($"{what} ({FileDescriptor.LastError()})");
}
