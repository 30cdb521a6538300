using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>sys/stat.h</c>. Only <c>statx</c> is used to look: its structure is the same on every architecture.</summary>
internal static partial class SysStat
{
    public const int S_IFMT = 0xF000;
    public const int S_IFSOCK = 0xC000;
    public const int S_IFLNK = 0xA000;
    public const int S_IFREG = 0x8000;
    public const int S_IFBLK = 0x6000;
    public const int S_IFDIR = 0x4000;
    public const int S_IFCHR = 0x2000;
    public const int S_IFIFO = 0x1000;

    public const uint STATX_BASIC_STATS = 0x7ff;

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statx(int dirfd, byte* path, int flags, uint mask, statx_t* buffer);

    /// <summary><c>statx(2)</c> of an absolute path; the directory is <c>AT_FDCWD</c>.</summary>
    public static unsafe int statx(int dirfd, ReadOnlySpan<byte> path, int flags, out statx_t buffer)
    {
        fixed (byte* name = path)
        fixed (statx_t* result = &buffer)
            return statx(dirfd, name, flags, STATX_BASIC_STATS, result);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int statx(SafeHandle dirfd, byte* path, int flags, uint mask, statx_t* buffer);

    /// <summary><c>statx(2)</c> of a name below a directory, or of the descriptor itself with an empty name and <c>AT_EMPTY_PATH</c>.</summary>
    public static unsafe int statx(SafeHandle dirfd, ReadOnlySpan<byte> path, int flags, out statx_t buffer)
    {
        fixed (byte* name = path)
        fixed (statx_t* result = &buffer)
            return statx(dirfd, name, flags, STATX_BASIC_STATS, result);
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchmod(SafeHandle fd, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int futimens(SafeHandle fd, timespec* times);

    /// <summary><c>futimens(3)</c>: sets access and modification time.</summary>
    public static unsafe int futimens(SafeHandle fd, long nanoseconds)
    {
        var time = new timespec { tv_sec = (nint)(nanoseconds / 1_000_000_000), tv_nsec = (nint)(nanoseconds % 1_000_000_000) };
        var times = stackalloc[] { time, time };
        return futimens(fd, times);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdirat(int dirfd, string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdirat(SafeHandle dirfd, string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int mkdirat(SafeHandle dirfd, byte* path, uint mode);

    /// <summary><c>mkdirat(2)</c> with a name that need not be UTF-8.</summary>
    public static unsafe int mkdirat(SafeHandle dirfd, ReadOnlySpan<byte> path, uint mode)
    {
        fixed (byte* name = path)
            return mkdirat(dirfd, name, mode);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkfifo(string path, uint mode);

    [StructLayout(LayoutKind.Sequential)]
    private struct timespec
    {
        public nint tv_sec;
        public nint tv_nsec;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct statx_timestamp
    {
        public long tv_sec;
        public uint tv_nsec;
        private readonly int _reserved;
    }

    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct statx_t
    {
        public uint stx_mask;
        public uint stx_blksize;
        public ulong stx_attributes;
        public uint stx_nlink;
        public uint stx_uid;
        public uint stx_gid;
        public ushort stx_mode;
        private readonly ushort _spare0;
        public ulong stx_ino;
        public ulong stx_size;
        public ulong stx_blocks;
        public ulong stx_attributes_mask;
        public statx_timestamp stx_atime;
        public statx_timestamp stx_btime;
        public statx_timestamp stx_ctime;
        public statx_timestamp stx_mtime;
        public uint stx_rdev_major;
        public uint stx_rdev_minor;
        public uint stx_dev_major;
        public uint stx_dev_minor;
    }
}
