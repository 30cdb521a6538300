using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>poll.h</c>.</summary>
internal static partial class Poll
{
    public const short POLLIN = 1;

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(pollfd* fds, nuint count, int timeoutMilliseconds);

    public static unsafe int poll(Span<pollfd> fds, int timeoutMilliseconds)
    {
        fixed (pollfd* start = fds)
            return poll(start, (nuint)fds.Length, timeoutMilliseconds);
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }
}
