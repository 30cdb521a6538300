using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>sys/socket.h</c>, as far as netlink needs it; .NET's sockets do not know that family.</summary>
internal static partial class SysSocket
{
    public const int AF_NETLINK = 16;
    public const int SOCK_RAW = 3;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOCK_NONBLOCK = 0x800;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int bind(SafeHandle socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint send(SafeHandle socket, byte* message, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint recv(SafeHandle socket, byte* buffer, nuint length, int flags);

    public static unsafe int bind(SafeHandle socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* start = address)
            return bind(socket, start, (uint)address.Length);
    }

    public static unsafe nint send(SafeHandle socket, ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
            return send(socket, start, (nuint)message.Length, 0);
    }

    public static unsafe nint recv(SafeHandle socket, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return recv(socket, start, (nuint)buffer.Length, 0);
    }
}
