using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>pwd.h</c>: asks the name service, for accounts that are not in <c>/etc/passwd</c> (LDAP, systemd-userdb).</summary>
internal static partial class Pwd
{
    // struct passwd on Linux: name, passwd, uid, gid, gecos, dir, shell.
    [StructLayout(LayoutKind.Sequential)]
    private struct passwd
    {
        public nint pw_name;
        public nint pw_passwd;
        public uint pw_uid;
        public uint pw_gid;
        public nint pw_gecos;
        public nint pw_dir;
        public nint pw_shell;
    }

    [LibraryImport("libc")]
    private static unsafe partial int getpwuid_r(uint uid, passwd* entry, byte* buffer, nuint size, passwd** result);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int getpwnam_r(string name, passwd* entry, byte* buffer, nuint size, passwd** result);

    /// <summary><c>getpwnam_r(3)</c>: the account's uid, or null when there is none.</summary>
    public static unsafe uint? getpwnam(string name)
    {
        for (var size = 1024; size <= 65536; size *= 4)
        {
            var buffer = new byte[size];
            passwd entry;
            passwd* result;
            fixed (byte* start = buffer)
            {
                var error = (Errno)getpwnam_r(name, &entry, start, (nuint)size, &result);
                if (error == Errno.ERANGE)
                    continue;
                return error == Errno.None && result != null ? entry.pw_uid : null;
            }
        }

        return null;
    }

    /// <summary><c>getpwuid_r(3)</c>: the account's name, or null when there is none.</summary>
    public static unsafe string? getpwuid(uint uid)
    {
        for (var size = 1024; size <= 65536; size *= 4)
        {
            var buffer = new byte[size];
            passwd entry;
            passwd* result;
            fixed (byte* start = buffer)
            {
                var error = (Errno)getpwuid_r(uid, &entry, start, (nuint)size, &result);
                if (error == Errno.ERANGE)
                    continue;
                return error == Errno.None && result != null ? Marshal.PtrToStringUTF8(entry.pw_name) : null;
            }
        }

        return null;
    }
}
