using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>sys/eventfd.h</c>: wakes a thread that waits in <c>poll</c>.</summary>
internal static partial class SysEventfd
{
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);
}
