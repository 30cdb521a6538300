using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>sys/inotify.h</c>.</summary>
internal static partial class SysInotify
{
    public const int IN_CLOEXEC = 0x80000;
    public const int IN_NONBLOCK = 0x800;

    public const uint IN_ATTRIB = 0x4;
    public const uint IN_CLOSE_WRITE = 0x8;
    public const uint IN_MOVED_FROM = 0x40;
    public const uint IN_MOVED_TO = 0x80;
    public const uint IN_CREATE = 0x100;
    public const uint IN_DELETE = 0x200;
    public const uint IN_DELETE_SELF = 0x400;
    public const uint IN_MOVE_SELF = 0x800;
    public const uint IN_UNMOUNT = 0x2000;
    public const uint IN_Q_OVERFLOW = 0x4000;
    public const uint IN_IGNORED = 0x8000;
    public const uint IN_ONLYDIR = 0x01000000;
    public const uint IN_EXCL_UNLINK = 0x04000000;
    public const uint IN_ISDIR = 0x40000000;

    // struct inotify_event: s32 wd, u32 mask, u32 cookie, u32 len, char name[len].
    public const int EventSize = 16;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int inotify_add_watch(SafeHandle fd, byte* path, uint mask);

    public static unsafe int inotify_add_watch(SafeHandle fd, ReadOnlySpan<byte> path, uint mask)
    {
        fixed (byte* name = path)
            return inotify_add_watch(fd, name, mask);
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_rm_watch(SafeHandle fd, int wd);
}
