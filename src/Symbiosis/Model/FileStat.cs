namespace Symbiosis.Model;

/// <summary>What a name on disk stands for.</summary>
public enum FileKind
{
    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A FIFO, socket or device.</summary>
    Special,
}

/// <summary>The part of a file's status by which one sees that it was not touched since, as git's index does: any write, rename or change of mode moves at least one of them.</summary>
/// <param name="SizeBytes">Size.</param>
/// <param name="ModifiedNs">Modification time, nanoseconds since 1970.</param>
/// <param name="ChangedNs">Status change time, nanoseconds since 1970; nobody can set it back.</param>
/// <param name="Inode">Inode number.</param>
public readonly record struct FileStamp(long SizeBytes, long ModifiedNs, long ChangedNs, ulong Inode);

/// <summary>Status of a name, links not followed.</summary>
/// <param name="Kind">Sort of object.</param>
/// <param name="Stamp">What changes when it is touched.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Device">File system it lies on.</param>
public readonly record struct FileStat(FileKind Kind, FileStamp Stamp, UnixFileMode Mode, uint Uid, uint Gid, ulong Device);
