using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>Sort of a file system object.</summary>
internal enum FileSort
{
    Regular,
    Directory,
    Link,
    Fifo,
    Socket,
    CharacterDevice,
    BlockDevice,
    Other,
}

/// <summary>Which object it is. Device and inode together: inode numbers alone repeat on every mount and btrfs subvolume (CORE-7).</summary>
internal readonly record struct DeviceInode(uint DeviceMajor, uint DeviceMinor, ulong Inode);

/// <summary>What an object is, as its descriptor tells.</summary>
internal readonly record struct FileStatus(FileSort Sort, uint Uid, uint Gid, UnixFileMode Mode, long SizeBytes, uint LinkCount, DeviceInode Identity)
{
    public static FileStatus Of(ref SysStat.statx_t status) => new(
        SortOf(status.stx_mode),
        status.stx_uid,
        status.stx_gid,
        (UnixFileMode)(status.stx_mode & 0xFFF),
        (long)status.stx_size,
        status.stx_nlink,
        new DeviceInode(status.stx_dev_major, status.stx_dev_minor, status.stx_ino));

    private static FileSort SortOf(int mode) => (mode & SysStat.S_IFMT) switch
    {
        SysStat.S_IFREG => FileSort.Regular,
        SysStat.S_IFDIR => FileSort.Directory,
        SysStat.S_IFLNK => FileSort.Link,
        SysStat.S_IFIFO => FileSort.Fifo,
        SysStat.S_IFSOCK => FileSort.Socket,
        SysStat.S_IFCHR => FileSort.CharacterDevice,
        SysStat.S_IFBLK => FileSort.BlockDevice,
        _ => FileSort.Other,
    };
}
