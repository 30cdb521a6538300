using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>unistd.h</c>.</summary>
internal static partial class Unistd
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(SafeHandle fd, byte* buffer, nuint count);

    public static unsafe nint read(SafeHandle fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return read(fd, start, (nuint)buffer.Length);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(SafeHandle fd, byte* buffer, nuint count);

    public static unsafe nint write(SafeHandle fd, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
            return write(fd, start, (nuint)buffer.Length);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint readlinkat(SafeHandle dirfd, byte* path, byte* buffer, nuint size);

    /// <summary><c>readlinkat(2)</c>; an empty name reads the link the descriptor itself refers to.</summary>
    public static unsafe nint readlinkat(SafeHandle dirfd, ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        fixed (byte* name = path)
        fixed (byte* start = buffer)
            return readlinkat(dirfd, name, start, (nuint)buffer.Length);
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(SafeHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fdatasync(SafeHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int syncfs(SafeHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchown(SafeHandle fd, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int unlinkat(SafeHandle dirfd, byte* path, int flags);

    /// <summary><c>unlinkat(2)</c> with a name that need not be UTF-8.</summary>
    public static unsafe int unlinkat(SafeHandle dirfd, ReadOnlySpan<byte> path, int flags)
    {
        fixed (byte* name = path)
            return unlinkat(dirfd, name, flags);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlinkat(SafeHandle dirfd, string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int symlinkat(string target, SafeHandle dirfd, string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int linkat(SafeHandle oldDirfd, string oldPath, SafeHandle newDirfd, string newPath, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlinkat(int dirfd, string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int symlinkat(string target, int dirfd, string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int linkat(int oldDirfd, string oldPath, int newDirfd, string newPath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(SafeHandle fd, long length);

    [LibraryImport("libc")]
    public static partial uint geteuid();

    [LibraryImport("libc")]
    public static partial uint getegid();
}
