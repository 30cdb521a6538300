using System.Text;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>The real files, below a root that tests may move.</summary>
internal sealed class HostFiles(HostRoot root) : IHostFiles
{
    // Syncing a file system writes everything dirty on it, mail spools included; a few single files are cheaper, many are not.
    private const int FewPaths = 16;

    public string PathOf(HostPath path) => root.PathOf(path);

    public FileStat? Stat(string path)
    {
        var bytes = new PathBytes(root.Prefix, path, stackalloc byte[PathBytes.StackBytes]);
        if (SysStat.statx(Fcntl.AT_FDCWD, bytes.Terminated, Fcntl.AT_SYMLINK_NOFOLLOW | Fcntl.AT_NO_AUTOMOUNT, out var status) != 0)
        {
            var error = FileDescriptor.LastError();
            return error is Errno.ENOENT or Errno.ENOTDIR ? null : throw new HostFileException("look at", HostPath.Parse(path), error);
        }

        return new FileStat(
            (status.stx_mode & SysStat.S_IFMT) switch
            {
                SysStat.S_IFREG => FileKind.Regular,
                SysStat.S_IFDIR => FileKind.Directory,
                SysStat.S_IFLNK => FileKind.Link,
                _ => FileKind.Special,
            },
            new FileStamp((long)status.stx_size, Nanoseconds(status.stx_mtime), Nanoseconds(status.stx_ctime), status.stx_ino),
            (UnixFileMode)(status.stx_mode & 0xFFF),
            status.stx_uid,
            status.stx_gid,
            ((ulong)status.stx_dev_major << 32) | status.stx_dev_minor);
    }

    public byte[]? Read(HostPath path, long offsetBytes = 0)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(path));
            var bytes = new byte[Math.Max(0, RandomAccess.GetLength(file) - offsetBytes)];
            var total = 0;
            while (total < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(total), offsetBytes + total) is > 0 and var count)
                total += count;
            return total == bytes.Length ? bytes : bytes[..total];
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public string? ReadLink(string path) => new FileInfo(root.Prefix + path).LinkTarget;

    public IReadOnlyList<string> List(HostPath directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(PathOf(directory)).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    // Below a moved root nothing is owned by anybody else than who runs the test.
    public uint? FindUser(string name) => root.IsReal ? Pwd.getpwnam(name) : Unistd.geteuid();

    public uint? FindGroup(string name) => root.IsReal ? Grp.getgrnam(name) : Unistd.getegid();

    public IReadOnlyList<HostPath> MakeDirectories(HostPath directory)
    {
        var made = new List<HostPath>();
        for (var missing = directory; !Directory.Exists(PathOf(missing)); missing = missing.Parent)
            made.Insert(0, missing);
        foreach (var path in made)
        {
            if (SysStat.mkdirat(Fcntl.AT_FDCWD, PathOf(path), 0x1ED) != 0 && FileDescriptor.LastError() is not Errno.EEXIST and var error)
                throw new HostFileException("make the directory", path, error);
        }

        return made;
    }

    public void WriteNew(HostPath path, ReadOnlySpan<byte> content, IHostFiles.FileAttributes attributes)
    {
        using var file = Open(path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, "make");
        WriteAll(file, path, content);
        if (root.IsReal && Unistd.fchown(file, attributes.Uid, attributes.Gid) != 0)
            throw new HostFileException("set the owner of", path, FileDescriptor.LastError());
        if (SysStat.fchmod(file, (uint)attributes.Mode) != 0) // after the owner, which would clear set-id bits
            throw new HostFileException("set the mode of", path, FileDescriptor.LastError());
        if (SysStat.futimens(file, attributes.ModifiedNs) != 0)
            throw new HostFileException("set the time of", path, FileDescriptor.LastError());
    }

    public void Append(HostPath path, ReadOnlySpan<byte> content, bool isDurable)
    {
        using var file = Open(path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_APPEND, "append to");
        WriteAll(file, path, content);
        if (isDurable && Unistd.fsync(file) != 0)
            throw new HostFileException("sync", path, FileDescriptor.LastError());
    }

    public void Truncate(HostPath path, long lengthBytes)
    {
        using var file = Open(path, Fcntl.O_WRONLY, "cut");
        if (Unistd.ftruncate(file, lengthBytes) != 0)
            throw new HostFileException("cut", path, FileDescriptor.LastError());
    }

    public void MakeLink(HostPath path, string target)
    {
        if (Unistd.symlinkat(target, Fcntl.AT_FDCWD, PathOf(path)) != 0)
            throw new HostFileException("make the link", path, FileDescriptor.LastError());
    }

    public bool TryExchange(HostPath first, HostPath second)
    {
        var error = Rename(first, second, Stdio.RENAME_EXCHANGE);
        if (error is not (Errno.None or Errno.EINVAL))
            throw new HostFileException("replace", second, error);
        return error == Errno.None;
    }

    public void MakeHardLink(HostPath existing, HostPath path)
    {
        if (Unistd.linkat(Fcntl.AT_FDCWD, PathOf(existing), Fcntl.AT_FDCWD, PathOf(path), 0) != 0)
            throw new HostFileException("make a second name of", existing, FileDescriptor.LastError());
    }

    public void MoveNew(HostPath from, HostPath to)
    {
        var error = Rename(from, to, Stdio.RENAME_NOREPLACE);
        if (error == Errno.EINVAL) // ZFS on Debian 12
        {
            MakeHardLink(from, to);
            Remove(from);
        }
        else if (error != Errno.None)
        {
            throw new HostFileException("make", to, error);
        }
    }

    public void Replace(HostPath from, HostPath to)
    {
        if (Rename(from, to, 0) is not Errno.None and var error)
            throw new HostFileException("replace", to, error);
    }

    public void Remove(HostPath path)
    {
        if (Unistd.unlinkat(Fcntl.AT_FDCWD, PathOf(path), 0) != 0 && FileDescriptor.LastError() is not (Errno.ENOENT or Errno.ENOTDIR) and var error)
            throw new HostFileException("remove", path, error);
    }

    public void RemoveEmptyDirectory(HostPath path)
    {
        if (Unistd.unlinkat(Fcntl.AT_FDCWD, PathOf(path), Fcntl.AT_REMOVEDIR) != 0 && FileDescriptor.LastError() is not (Errno.ENOENT or Errno.ENOTEMPTY or Errno.EEXIST) and var error)
            throw new HostFileException("remove", path, error);
    }

    public void Sync(IReadOnlyCollection<HostPath> paths)
    {
        var isMany = paths.Count > FewPaths;
        var done = new HashSet<ulong>();
        foreach (var path in paths)
        {
            if (isMany && (Stat(path.Value) is not { } stat || !done.Add(stat.Device)))
                continue;
            using var file = Open(path, Fcntl.O_RDONLY, "sync");
            if ((isMany ? Unistd.syncfs(file) : Unistd.fsync(file)) != 0)
                throw new HostFileException("sync", path, FileDescriptor.LastError());
        }
    }

    private FileDescriptor Open(HostPath path, int flags, string action) =>
        FileDescriptor.OpenRoot(PathOf(path), flags | Fcntl.O_NOFOLLOW, out var error, (flags & Fcntl.O_CREAT) != 0 ? 0x180u : 0) ?? throw new HostFileException(action, path, error);

    private Errno Rename(HostPath from, HostPath to, uint flags) =>
        Stdio.renameat2(Fcntl.AT_FDCWD, PathOf(from), Fcntl.AT_FDCWD, PathOf(to), flags) == 0 ? Errno.None : FileDescriptor.LastError();

    private static void WriteAll(FileDescriptor file, HostPath path, ReadOnlySpan<byte> content)
    {
        if (file.WriteFully(content) is not Errno.None and var error)
            throw new HostFileException("write", path, error);
    }

    private static long Nanoseconds(SysStat.statx_timestamp time) => (time.tv_sec * 1_000_000_000) + time.tv_nsec;

    // A path as the kernel wants it, without an allocation for each of ten thousand look-ups.
    private readonly ref struct PathBytes
    {
        public const int StackBytes = 512;

        public PathBytes(string prefix, string path, Span<byte> space)
        {
            var needed = Encoding.UTF8.GetMaxByteCount(prefix.Length + path.Length) + 1;
            var bytes = needed <= space.Length ? space : new byte[needed];
            var length = Encoding.UTF8.GetBytes(prefix, bytes);
            length += Encoding.UTF8.GetBytes(path, bytes[length..]);
            bytes[length] = 0;
            Terminated = bytes[..(length + 1)];
        }

        public ReadOnlySpan<byte> Terminated { get; }
    }
}
