using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.LogSplitting;

/// <summary>
/// Opens logs. This process is root and the directories are a customer's, who may exchange any of them at any moment; so everything below the domain is opened by descriptor without following a
/// link, and what was opened is judged before anything is written or changed (WEB-42, CORE-14).
/// </summary>
internal sealed class LogOpener(SplitterOptions options)
{
    private const int AppendFlags = Fcntl.O_WRONLY | Fcntl.O_APPEND;

    // O_SYNC is not one of the flags openat2(2) lets differ between architectures Debian has .NET for.
    private const int O_SYNC = 0x101000;

    private const uint OwnerOnlyDirectory = 0x1C0; // 0700
    private const uint OwnerOnlyFile = 0x180; // 0600
    private const uint ReadWriteBits = 0x1B6; // 0666

    private int Flags => options.Synchronous ? AppendFlags | O_SYNC : AppendFlags;

    /// <summary>Opens, or makes, a log of a domain. Null when the domain is gone or refused (CORE-3), or when something is in the place of the log that must not be written to.</summary>
    public FileDescriptor? OpenDomainLog(string domain, string fileName, out string refusal)
    {
        // This step may follow a link: names in /srv are the administrator's, and a link that leads out of it is a domain of its own (CORE-8).
        using var directory = FileDescriptor.OpenRoot($"{options.Prefix}/{domain}", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        if (directory is null)
            return Refuse($"{options.Prefix}/{domain} cannot be opened ({error})", out refusal);
        if (directory.Stat(out var owner) != Errno.None || owner.Uid < options.LowestOwner || owner.Gid < options.LowestOwner)
            return Refuse($"{options.Prefix}/{domain} belongs to a system user or group", out refusal);

        using var publicDirectory = Enter(directory, "public", owner.Uid, out refusal);
        using var logs = publicDirectory is null ? null : Enter(publicDirectory, "logs", owner.Uid, out refusal);
        return logs is null ? null : OpenLog(logs, fileName, owner.Uid, out refusal);
    }

    /// <summary>Opens, or makes, a default log; its owner and mode follow its directory (WEB-41).</summary>
    public FileDescriptor? OpenDefaultLog(string path, out string refusal)
    {
        using var directory = FileDescriptor.OpenRoot(Path.GetDirectoryName(path) ?? "/", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        return directory is null
            ? Refuse($"{path} cannot be opened ({error})", out refusal)
            : OpenLog(directory, Path.GetFileName(path), uint.MaxValue, out refusal);
    }

    // WEB-40: made if missing, with owner and mode of the directory it is in, but not below a system user's.
    private FileDescriptor? Enter(FileDescriptor parent, string name, uint domainOwner, out string refusal)
    {
        refusal = "";
        var directory = parent.OpenBelow(name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        if (directory is null && error == Errno.ENOENT)
        {
            if (parent.Stat(out var above) != Errno.None || above.Uid < options.LowestOwner || above.Gid < options.LowestOwner)
                return Refuse($"'{name}' is missing and is not made below a directory of a system user", out refusal);
            if (SysStat.mkdirat(parent, name, OwnerOnlyDirectory) != 0 && FileDescriptor.LastError() != Errno.EEXIST)
                return Refuse($"'{name}' cannot be made ({FileDescriptor.LastError()})", out refusal);
            directory = parent.OpenBelow(name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error);
            // Only what still is as we made it gets an owner: whoever put something else there meanwhile owns that already.
            if (directory is not null && directory.Stat(out var made) == Errno.None && made.Uid == Unistd.geteuid() && ((uint)made.Mode & 0x1FF) == OwnerOnlyDirectory
                && (Unistd.fchown(directory, above.Uid, above.Gid) != 0 || SysStat.fchmod(directory, (uint)above.Mode) != 0))
            {
                error = FileDescriptor.LastError();
                directory.Dispose();
                directory = null;
            }
        }

        if (directory is null)
            return Refuse(error is Errno.ELOOP or Errno.ENOTDIR ? $"'{name}' is not a directory" : $"'{name}' cannot be opened ({error})", out refusal);
        if (directory.Stat(out var status) == Errno.None && IsTrusted(status.Uid, domainOwner))
            return directory;
        directory.Dispose();
        return Refuse($"'{name}' belongs neither to the owner of the domain nor to root", out refusal);
    }

    private FileDescriptor? OpenLog(FileDescriptor directory, string name, uint domainOwner, out string refusal)
    {
        refusal = "";
        var bytes = FileDescriptor.NulTerminated(name);
        // Twice: between the two calls somebody may make or remove the file, but not for ever.
        for (var attempt = 0; attempt < 8; attempt++)
        {
            var file = directory.OpenBelow(bytes, Flags, out var error);
            if (file is not null)
            {
                if (FindFault(file, domainOwner) is not { } fault)
                    return file;
                file.Dispose();
                return Refuse($"'{name}' {fault}", out refusal);
            }

            if (error != Errno.ENOENT)
                return Refuse(error is Errno.ELOOP ? $"'{name}' is a symbolic link" : $"'{name}' cannot be opened ({error})", out refusal);
            file = directory.OpenBelow(bytes, Flags | Fcntl.O_CREAT | Fcntl.O_EXCL, out error, mode: OwnerOnlyFile);
            if (file is not null)
            {
                // WEB-41: owner of the directory, its mode without execution.
                if (directory.Stat(out var parent) == Errno.None && Unistd.fchown(file, parent.Uid, parent.Gid) == 0 && SysStat.fchmod(file, (uint)parent.Mode & ReadWriteBits) == 0)
                    return file;
                error = FileDescriptor.LastError();
                file.Dispose();
                return Refuse($"'{name}' cannot be given to the owner of its directory ({error})", out refusal);
            }

            if (error != Errno.EEXIST)
                return Refuse($"'{name}' cannot be made ({error})", out refusal);
        }

        return Refuse($"'{name}' comes and goes", out refusal);
    }

    // uint.MaxValue stands for a log that is no customer's: its directory is trusted, so its owner may be anybody.
    private static string? FindFault(FileDescriptor file, uint domainOwner)
    {
        if (file.Stat(out var status) != Errno.None)
            return "cannot be looked at";
        if (status.Sort != FileSort.Regular)
            return "is not a regular file";
        if (status.LinkCount > 1)
            return "has another name elsewhere (a hard link)";
        return domainOwner == uint.MaxValue || IsTrusted(status.Uid, domainOwner) ? null : "belongs neither to the owner of the domain nor to root";
    }

    private static bool IsTrusted(uint uid, uint domainOwner) => uid == domainOwner || uid == 0;

    private static FileDescriptor? Refuse(string reason, out string refusal)
    {
        refusal = reason;
        return null;
    }
}
