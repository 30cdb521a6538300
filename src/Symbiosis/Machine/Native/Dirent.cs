using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>dirent.h</c>: directories are listed through their descriptor, so that a rename in between cannot swap them.</summary>
internal static partial class Dirent
{
    public const byte DT_UNKNOWN = 0;
    public const byte DT_FIFO = 1;
    public const byte DT_CHR = 2;
    public const byte DT_DIR = 4;
    public const byte DT_BLK = 6;
    public const byte DT_REG = 8;
    public const byte DT_LNK = 10;
    public const byte DT_SOCK = 12;

    // struct linux_dirent64: u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[].
    public const int RecordLengthOffset = 16;
    public const int TypeOffset = 18;
    public const int NameOffset = 19;

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint getdents64(SafeHandle fd, byte* buffer, nuint size);

    /// <summary><c>getdents64(2)</c>: fills the buffer with whole records; 0 at the end.</summary>
    public static unsafe nint getdents64(SafeHandle fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return getdents64(fd, start, (nuint)buffer.Length);
    }
}
