using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>sys/xattr.h</c>, on descriptors only.</summary>
internal static partial class SysXattr
{
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint fgetxattr(SafeHandle fd, string name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int fsetxattr(SafeHandle fd, string name, byte* value, nuint size, int flags);

    /// <summary><c>fgetxattr(2)</c>: length of the value, or -1.</summary>
    public static unsafe nint fgetxattr(SafeHandle fd, string name, Span<byte> value)
    {
        fixed (byte* start = value)
            return fgetxattr(fd, name, start, (nuint)value.Length);
    }

    /// <summary><c>fsetxattr(2)</c>: 0, or -1.</summary>
    public static unsafe int fsetxattr(SafeHandle fd, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value)
            return fsetxattr(fd, name, start, (nuint)value.Length, 0);
    }
}
