using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>fcntl.h</c> and <c>linux/openat2.h</c>.</summary>
internal static partial class Fcntl
{
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_NO_AUTOMOUNT = 0x800;
    public const int AT_EMPTY_PATH = 0x1000;

    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    // These four differ between architectures: x86 has the generic numbers, ARM its own.
    public static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;
    public static readonly int O_TMPFILE = 0x400000 | (IsArm ? 0x4000 : 0x10000);

    public const int F_SETPIPE_SZ = 1031;

    public const ulong RESOLVE_NO_XDEV = 0x01;
    public const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    public const ulong RESOLVE_NO_SYMLINKS = 0x04;
    public const ulong RESOLVE_BENEATH = 0x08;

    private const int SYS_openat2 = 437; // the same on every architecture: it came after the numbers were unified

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary><c>openat2(2)</c>; glibc has no wrapper for it (Debian 12 and 13). Returns a descriptor or -1.</summary>
    public static unsafe int openat2(SafeHandle dirfd, ReadOnlySpan<byte> path, int flags, uint mode, ulong resolve)
    {
        var how = new open_how { flags = (uint)flags, mode = mode, resolve = resolve };
        fixed (byte* name = path)
            return (int)syscall(SYS_openat2, dirfd, name, &how, (nuint)sizeof(open_how));
    }

    /// <summary><c>fcntl(2)</c> with a number.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(SafeHandle fd, int command, nint argument);

    /// <summary><c>open(2)</c> of an absolute path.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint syscall(nint number, SafeHandle dirfd, byte* path, open_how* how, nuint size);

    [StructLayout(LayoutKind.Sequential)]
    private struct open_how
    {
        public ulong flags;
        public ulong mode;
        public ulong resolve;
    }
}
