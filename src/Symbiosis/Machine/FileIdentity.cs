using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>
/// Touches files with the rights of a tenant (CORE-16). The kernel keeps file-system ids for each thread, so the work is done on a thread of its own that ends afterwards and is never used with
/// other rights.
/// </summary>
internal static class FileIdentity
{
    /// <summary>Runs <paramref name="action"/> with the file rights of the given ids and no supplementary groups. Without root nothing is switched: the caller has the only rights there are.</summary>
    public static T Use<T>(uint uid, uint gid, Func<T> action)
    {
        if (Unistd.geteuid() != 0)
            return action();
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                TakeIdentity(uid, gid);
                result = action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception); // thrown again on the caller's thread
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!; // set, or failure was thrown
    }

    private static void TakeIdentity(uint uid, uint gid)
    {
        if (Grp.setgroups_thread([]) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "setgroups");
        _ = SysFsuid.setfsgid(gid);
        _ = SysFsuid.setfsuid(uid);

        // They never fail visibly; asking again tells what is in force (setfsuid(2)).
        if (SysFsuid.setfsgid(gid) != gid || SysFsuid.setfsuid(uid) != uid)
            throw new Win32Exception((int)Errno.EPERM, $"cannot act as {uid}:{gid}");
    }
}
