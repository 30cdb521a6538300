using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>Reads and writes small files below a directory that somebody else owns, following no link (CORE-14). The caller has the owner's rights.</summary>
internal static class SmallFile
{
    private const int MostBytes = 64 * 1024;

    /// <summary>The content of a regular file; null when there is none, or when it cannot be read or is too large.</summary>
    public static byte[]? Read(FileDescriptor directory, string path)
    {
        using var file = directory.OpenBelow(path, Fcntl.O_RDONLY, out _);
        if (file is null || file.Stat(out var status) != Errno.None || status.Sort != FileSort.Regular || status.SizeBytes > MostBytes)
            return null;
        var buffer = new byte[MostBytes];
        var length = file.ReadFully(buffer, out _);
        return length < 0 ? null : buffer[..length];
    }

    /// <summary>Puts a file in the place of what has its name, complete or not at all.</summary>
    public static Errno Replace(FileDescriptor directory, string name, ReadOnlySpan<byte> content, uint mode)
    {
        var temporary = $".{name}.new";
        _ = Unistd.unlinkat(directory, temporary, 0); // left by a run that was ended
        using var file = directory.OpenBelow(temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out var error, mode);
        if (file is null)
            return error;
        error = file.WriteFully(content);
        if (error == Errno.None && (SysStat.fchmod(file, mode) != 0 || Unistd.fsync(file) != 0 || Stdio.renameat2(directory, temporary, directory, name, 0) != 0))
            error = FileDescriptor.LastError();
        if (error != Errno.None)
            _ = Unistd.unlinkat(directory, temporary, 0); // best effort: the failure to report is the one above
        return error;
    }
}
