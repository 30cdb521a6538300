using System.ComponentModel;
using System.Security.Cryptography;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>The secret of the host, made at the first run and kept in the state directory. When it is lost a new one is made; the only effect is that salts of plain passwords change.</summary>
internal static class HostSecretFile
{
    /// <summary>Where it lies.</summary>
    public static HostPath Path { get; } = HostPath.Parse("/var/lib/symbiosis/secret");

    private const int Length = 32;
    private const uint Mode = 0x180; // 0600

    /// <summary>Reads the secret, making it when there is none.</summary>
    /// <param name="root">Where the host's file system begins.</param>
    /// <param name="isExposed">True when others than root can read it.</param>
    /// <exception cref="Win32Exception">It can be neither read nor made.</exception>
    public static HostSecret ReadOrMake(HostRoot root, out bool isExposed) =>
        TryRead(root, out isExposed) ?? Make(root) ?? TryRead(root, out isExposed) ?? throw new Win32Exception((int)Errno.EIO, Path.Value);

    /// <summary>Reads the secret, or makes one up that is good for showing a plan, when there is none or this user may not read it.</summary>
    public static HostSecret ReadOrInvent(HostRoot root, out bool isExposed)
    {
        try
        {
            return TryRead(root, out isExposed) ?? new HostSecret(RandomNumberGenerator.GetBytes(Length));
        }
        catch (Win32Exception)
        {
            isExposed = false;
            return new HostSecret(RandomNumberGenerator.GetBytes(Length));
        }
    }

    private static HostSecret? TryRead(HostRoot root, out bool isExposed)
    {
        isExposed = false;
        using var file = FileDescriptor.OpenRoot(root.PathOf(Path), Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW, out var error);
        if (file is null)
            return error == Errno.ENOENT ? null : throw new Win32Exception((int)error, Path.Value);
        if (file.Stat(out var status) != Errno.None || status.Sort != FileSort.Regular)
            throw new Win32Exception((int)Errno.EINVAL, Path.Value);
        isExposed = (status.Mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != UnixFileMode.None;
        var key = new byte[Length];
        return file.ReadFully(key, out _) == Length ? new HostSecret(key) : throw new Win32Exception((int)Errno.EIO, Path.Value);
    }

    // Null when another run was faster: its secret is the one. A link never replaces, so nobody sees two secrets, or half of one.
    private static HostSecret? Make(HostRoot root)
    {
        Directory.CreateDirectory(root.PathOf(Path.Parent));
        using var directory = FileDescriptor.OpenRoot(root.PathOf(Path.Parent), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error) ?? throw new Win32Exception((int)error, Path.Parent.Value);
        var temporary = $".{Path.Name}.{Guid.NewGuid():N}";
        var key = RandomNumberGenerator.GetBytes(Length);
        using var file = directory.OpenBelow(temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out error, Mode) ?? throw new Win32Exception((int)error, Path.Value);
        try
        {
            error = file.WriteFully(key);
            if (error != Errno.None || Unistd.fsync(file) != 0)
                throw new Win32Exception((int)(error == Errno.None ? FileDescriptor.LastError() : error), Path.Value);
            if (Unistd.linkat(directory, temporary, directory, Path.Name, 0) != 0)
                return FileDescriptor.LastError() is Errno.EEXIST ? null : throw new Win32Exception((int)FileDescriptor.LastError(), Path.Value);
            _ = Unistd.fsync(directory); // a secret that is lost with the power is made again, ignoring
            return new HostSecret(key);
        }
        finally
        {
            _ = Unistd.unlinkat(directory, temporary, 0); // a leftover is harmless, ignoring
        }
    }
}
