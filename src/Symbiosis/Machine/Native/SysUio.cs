using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>sys/uio.h</c>.</summary>
internal static unsafe partial class SysUio
{
    /// <summary>A piece of memory.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct iovec
    {
        public byte* iov_base;
        public nuint iov_len;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint writev(SafeHandle fd, iovec* iov, int iovcnt);

    /// <summary><c>writev(2)</c>: all pieces in one call.</summary>
    public static nint writev(SafeHandle fd, ReadOnlySpan<iovec> pieces)
    {
        fixed (iovec* first = pieces)
            return writev(fd, first, pieces.Length);
    }
}
