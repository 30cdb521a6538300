using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>An open file or directory. Everything below a tree root is reached relative to one of these and decided on what is open, never on a name looked up before (CORE-14).</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Takes a descriptor that the kernel just returned.</summary>
    public FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, for calls within the lifetime of this object.</summary>
    public int Number => (int)handle;

    /// <summary>Opens an absolute path that only root can change, such as <c>/srv</c>, following links.</summary>
    public static FileDescriptor? OpenRoot(string path, int flags, out Errno error)
    {
        var number = Open(Fcntl.AT_FDCWD, NulTerminated(path), flags, 0, 0, out error);
        return number < 0 ? null : new FileDescriptor(number);
    }

    /// <summary>
    /// Opens a name below this directory without following any link and without leaving the directory. A link gives <see cref="Errno.ELOOP"/>, an escape <see cref="Errno.EXDEV"/>.
    /// </summary>
    /// <param name="name">NUL-terminated name, or relative path.</param>
    /// <param name="flags">Flags of <c>open(2)</c>; close-on-exec, non-blocking and no controlling terminal are added (a FIFO must not hang a run, CORE-15).</param>
    /// <param name="error">Why it failed.</param>
    /// <param name="mode">Mode of a file that is made.</param>
    public FileDescriptor? OpenBelow(ReadOnlySpan<byte> name, int flags, out Errno error, uint mode = 0)
    {
        const ulong resolve = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS;
        var number = Open(Number, name, flags, mode, resolve, out error);
        return number < 0 ? null : new FileDescriptor(number);
    }

    /// <inheritdoc cref="OpenBelow(ReadOnlySpan{byte}, int, out Errno, uint)" />
    public FileDescriptor? OpenBelow(string name, int flags, out Errno error, uint mode = 0) => OpenBelow(NulTerminated(name), flags, out error, mode);

    /// <summary>What the open object is.</summary>
    public Errno Stat(out SysStat.statx_t status) =>
        SysStat.statx(Number, [0], Fcntl.AT_EMPTY_PATH, out status) == 0 ? Errno.None : LastError();

    /// <summary>What a name below this directory is; a link is not followed unless asked.</summary>
    public Errno StatBelow(ReadOnlySpan<byte> name, out SysStat.statx_t status, bool follow = false) =>
        SysStat.statx(Number, name, (follow ? 0 : Fcntl.AT_SYMLINK_NOFOLLOW) | Fcntl.AT_NO_AUTOMOUNT, out status) == 0 ? Errno.None : LastError();

    /// <summary>Reads at most <paramref name="buffer"/>'s length; fewer only at the end of the file. Returns -1 on failure.</summary>
    public int ReadFully(Span<byte> buffer, out Errno error)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var count = Unistd.read(Number, buffer[total..]);
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

    /// <summary>The next entries of this directory as raw records of <c>getdents64(2)</c>; 0 at the end, -1 on failure.</summary>
    public int ReadEntries(Span<byte> buffer, out Errno error)
    {
        while (true)
        {
            var count = Dirent.getdents64(Number, buffer);
            error = count >= 0 ? Errno.None : LastError();
            if (error != Errno.EINTR)
                return (int)count;
        }
    }

    /// <summary>The text of the link this descriptor (opened with <c>O_PATH | O_NOFOLLOW</c>) refers to, as bytes; null when it is no link.</summary>
    public byte[]? ReadLink()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4096); // PATH_MAX: a longer text cannot be made
        try
        {
            var length = Unistd.readlinkat(Number, [0], buffer);
            return length < 0 ? null : buffer.AsSpan(0, (int)length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A name as the kernel wants it. Names with a NUL character do not exist; they are cut by the caller's name rules.</summary>
    public static byte[] NulTerminated(string name)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(name) + 1];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }

    internal static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    /// <inheritdoc />
    protected override bool ReleaseHandle() => Unistd.close((int)handle) == 0;

    internal static int Open(int directory, ReadOnlySpan<byte> name, int flags, uint mode, ulong resolve, out Errno error)
    {
        // EAGAIN: the kernel could not prove that a path with ".." stayed below while something was renamed; it asks to try again (openat2(2)).
        for (var attempt = 0; ; attempt++)
        {
            var number = Fcntl.openat2(directory, name, flags | Fcntl.O_CLOEXEC | ((flags & Fcntl.O_PATH) != 0 ? 0 : Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY), mode, resolve);
            error = number >= 0 ? Errno.None : LastError();
            if (number >= 0 || (error != Errno.EINTR && (error != Errno.EAGAIN || attempt >= 16)))
                return number;
        }
    }
}
