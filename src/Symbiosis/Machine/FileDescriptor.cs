using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>An open file or directory. Everything below a tree root is reached relative to one of these and decided on what is open, never on a name looked up before (CORE-14).</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    private const ulong ResolveBelow = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS;

    /// <summary>Takes a descriptor that the kernel just returned.</summary>
    public FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, for calls that take no handle. Only while this object is in use.</summary>
    public int Number => (int)handle;

    /// <summary>Opens an absolute path that only root can change, such as <c>/srv</c>, following links unless the flags forbid it in the last place.</summary>
    public static FileDescriptor? OpenRoot(string path, int flags, out Errno error, uint mode = 0)
    {
        while (true)
        {
            var number = Fcntl.open(path, WithCommonFlags(flags), mode);
            error = number >= 0 ? Errno.None : LastError();
            if (error != Errno.EINTR)
                return number < 0 ? null : new FileDescriptor(number);
        }
    }

    /// <summary>
    /// Opens a name below this directory without following any link and without leaving the directory. A link gives <see cref="Errno.ELOOP"/>, an escape <see cref="Errno.EXDEV"/>.
    /// </summary>
    /// <param name="name">NUL-terminated name, or relative path.</param>
    /// <param name="flags">Flags of <c>open(2)</c>; close-on-exec, non-blocking and no controlling terminal are added (a FIFO must not hang a run, CORE-15).</param>
    /// <param name="error">Why it failed.</param>
    /// <param name="mode">Mode of a file that is made.</param>
    public FileDescriptor? OpenBelow(ReadOnlySpan<byte> name, int flags, out Errno error, uint mode = 0) => Open(name, flags, mode, ResolveBelow, out error);

    /// <inheritdoc cref="OpenBelow(ReadOnlySpan{byte}, int, out Errno, uint)" />
    public FileDescriptor? OpenBelow(string name, int flags, out Errno error, uint mode = 0) => OpenBelow(NulTerminated(name), flags, out error, mode);

    /// <summary>
    /// Opens one name in this directory, or its parent by <c>..</c>, as a place and not for reading: nothing happens to a device, and a link is opened itself instead of followed.
    /// </summary>
    public FileDescriptor? OpenPlace(ReadOnlySpan<byte> name, out Errno error) =>
        Open(name, Fcntl.O_PATH | Fcntl.O_NOFOLLOW, 0, Fcntl.RESOLVE_NO_MAGICLINKS, out error);

    /// <summary>Opens the very object this descriptor refers to once more, to read it. Needs <c>/proc</c>.</summary>
    public FileDescriptor? Reopen(int flags, out Errno error) => OpenRoot(ProcPath, flags, out error);

    /// <summary>The path by which the kernel finds exactly this object again, whatever its name is by now.</summary>
    public string ProcPath => $"/proc/self/fd/{handle}";

    /// <summary>What the open object is.</summary>
    public Errno Stat(out FileStatus status) => Status(SysStat.statx(this, [0], Fcntl.AT_EMPTY_PATH, out var raw), ref raw, out status);

    /// <summary>When the open object was last changed in any way, which nobody can set (statx(2), <c>stx_ctime</c>); null when it cannot be told.</summary>
    public DateTimeOffset? ChangeTime() => SysStat.statx(this, [0], Fcntl.AT_EMPTY_PATH, out var raw) == 0
        ? DateTimeOffset.FromUnixTimeSeconds(raw.stx_ctime.tv_sec).AddTicks(raw.stx_ctime.tv_nsec / 100)
        : null;

    /// <summary>What a name below this directory is; a link is not followed unless asked.</summary>
    /// <param name="name">NUL-terminated name.</param>
    /// <param name="status">What it is.</param>
    /// <param name="follow">Follow links, wherever they lead. Only for looking: the answer is no base for a later open.</param>
    public Errno StatBelow(ReadOnlySpan<byte> name, out FileStatus status, bool follow = false) =>
        Status(SysStat.statx(this, name, (follow ? 0 : Fcntl.AT_SYMLINK_NOFOLLOW) | Fcntl.AT_NO_AUTOMOUNT, out var raw), ref raw, out status);

    /// <summary>Reads at most <paramref name="buffer"/>'s length; fewer only at the end of the file. Returns -1 on failure.</summary>
    public int ReadFully(Span<byte> buffer, out Errno error)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var count = Unistd.read(this, buffer[total..]);
            if (count > 0)
            {
                total += (int)count;
                continue;
            }

            error = count == 0 ? Errno.None : LastError();
            if (error == Errno.EINTR)
                continue;
            return error == Errno.None ? total : -1;
        }

        error = Errno.None;
        return total;
    }

    /// <summary>Writes everything.</summary>
    public Errno WriteFully(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Unistd.write(this, bytes);
            if (count >= 0)
                bytes = bytes[(int)count..];
            else if (LastError() is var error && error != Errno.EINTR)
                return error;
        }

        return Errno.None;
    }

    /// <summary>The next entries of this directory as raw records of <c>getdents64(2)</c>; 0 at the end, -1 on failure.</summary>
    public int ReadEntries(Span<byte> buffer, out Errno error)
    {
        while (true)
        {
            var count = Dirent.getdents64(this, buffer);
            error = count >= 0 ? Errno.None : LastError();
            if (error != Errno.EINTR)
                return (int)count;
        }
    }

    /// <summary>The text of the link this descriptor refers to (see <see cref="OpenPlace"/>), as bytes; null when it is no link.</summary>
    public byte[]? ReadLink()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4096); // PATH_MAX: a longer text cannot be made
        try
        {
            var length = Unistd.readlinkat(this, [0], buffer);
            return length < 0 ? null : buffer.AsSpan(0, (int)length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A name as the kernel wants it.</summary>
    public static byte[] NulTerminated(string name)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(name) + 1];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }

    internal static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    /// <inheritdoc />
    protected override bool ReleaseHandle() => Unistd.close((int)handle) == 0;

    private FileDescriptor? Open(ReadOnlySpan<byte> name, int flags, uint mode, ulong resolve, out Errno error)
    {
        // EAGAIN: the kernel could not prove that a path with ".." stayed below while something was renamed; it asks to try again (openat2(2)).
        for (var attempt = 0; ; attempt++)
        {
            var number = Fcntl.openat2(this, name, WithCommonFlags(flags), mode, resolve);
            error = number >= 0 ? Errno.None : LastError();
            if (number >= 0)
                return new FileDescriptor(number);
            if (error != Errno.EINTR && (error != Errno.EAGAIN || attempt >= 16))
                return null;
        }
    }

    private static int WithCommonFlags(int flags) => flags | Fcntl.O_CLOEXEC | ((flags & Fcntl.O_PATH) != 0 ? 0 : Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY);

    private static Errno Status(int result, ref SysStat.statx_t raw, out FileStatus status)
    {
        status = result == 0 ? FileStatus.Of(ref raw) : default;
        return result == 0 ? Errno.None : LastError();
    }
}
