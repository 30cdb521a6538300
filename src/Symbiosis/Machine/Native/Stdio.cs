using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>stdio.h</c>, as far as renaming goes.</summary>
internal static partial class Stdio
{
    public const uint RENAME_NOREPLACE = 1;
    public const uint RENAME_EXCHANGE = 2;

    /// <summary><c>renameat2(2)</c>: with <see cref="RENAME_NOREPLACE"/> it never overwrites, with 0 it replaces atomically.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int renameat2(int oldDirfd, string oldPath, int newDirfd, string newPath, uint flags);

    /// <inheritdoc cref="renameat2(int, string, int, string, uint)" />
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int renameat2(SafeHandle oldDirfd, string oldPath, SafeHandle newDirfd, string newPath, uint flags);
}
