using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>grp.h</c>: asks the name service, for groups that are not in <c>/etc/group</c>.</summary>
internal static partial class Grp
{
    // struct group on Linux: name, passwd, gid, members.
    [StructLayout(LayoutKind.Sequential)]
    private struct group
    {
        public nint gr_name;
        public nint gr_passwd;
        public uint gr_gid;
        public nint gr_mem;
    }

    [LibraryImport("libc")]
    private static unsafe partial int getgrgid_r(uint gid, group* entry, byte* buffer, nuint size, group** result);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int getgrnam_r(string name, group* entry, byte* buffer, nuint size, group** result);

    /// <summary><c>getgrnam_r(3)</c>: the group's gid, or null when there is none.</summary>
    public static unsafe uint? getgrnam(string name)
    {
        for (var size = 1024; size <= 1 << 20; size *= 4)
        {
            var buffer = new byte[size];
            group entry;
            group* result;
            fixed (byte* start = buffer)
            {
                var error = (Errno)getgrnam_r(name, &entry, start, (nuint)size, &result);
                if (error == Errno.ERANGE)
                    continue;
                return error == Errno.None && result != null ? entry.gr_gid : null;
            }
        }

        return null;
    }

    /// <summary><c>getgrgid_r(3)</c>: the group's name, or null when there is none.</summary>
    public static unsafe string? getgrgid(uint gid)
    {
        for (var size = 1024; size <= 1 << 20; size *= 4) // a group may have thousands of members
        {
            var buffer = new byte[size];
            group entry;
            group* result;
            fixed (byte* start = buffer)
            {
                var error = (Errno)getgrgid_r(gid, &entry, start, (nuint)size, &result);
                if (error == Errno.ERANGE)
                    continue;
                return error == Errno.None && result != null ? Marshal.PtrToStringUTF8(entry.gr_name) : null;
            }
        }

        return null;
    }

    /// <summary>
    /// <c>setgroups(2)</c> for the calling thread only. glibc's wrapper changes every thread of the process (nptl(7)), so the system call is made directly.
    /// </summary>
    public static unsafe int setgroups_thread(ReadOnlySpan<uint> groups)
    {
        var number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 116,
            Architecture.Arm64 => 159,
            var other => throw new PlatformNotSupportedException($"setgroups on {other}"),
        };
        fixed (uint* list = groups)
            return (int)syscall(number, (nuint)groups.Length, list);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint syscall(nint number, nuint size, uint* list);
}
