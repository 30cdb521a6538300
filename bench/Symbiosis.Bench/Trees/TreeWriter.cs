using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using static Symbiosis.Bench.Trees.TreeEntry;

namespace Symbiosis.Bench.Trees;

/// <summary>Puts a generated tree on disk. Names that <see cref="System.IO"/> cannot express (bytes that are not UTF-8) and FIFOs need the system calls themselves.</summary>
internal static partial class TreeWriter
{
    /// <summary>Writes all domains below <paramref name="root"/>, which must exist and be empty. Without root's rights everything belongs to the caller.</summary>
    public static TreeCounts Write(TreeGenerator generator, string root, uint uid, uint gid)
    {
        if (Directory.EnumerateFileSystemEntries(root).Any())
            throw new IOException($"{root} is not empty");
        var total = new TreeCounts(0, 0, 0);
        var gate = new Lock();
        var mayGiveAway = geteuid() == 0;
        Parallel.ForEach(generator.Domains, entries =>
        {
            var written = new TreeCounts(0, 0, 0);
            foreach (var entry in entries)
            {
                Create(entry, $"{root}/{entry.Path}", mayGiveAway ? (entry.IsRootOwned ? 0 : uid, entry.IsRootOwned ? 0 : gid) : null);
                written += TreeCounts.Of(entry);
            }

            lock (gate)
                total += written;
        });
        if (mayGiveAway)
            GiveAway(root, uid, gid); // CORE-63: /srv is the admin's
        return total;
    }

    private static unsafe void GiveAway(string path, uint uid, uint gid)
    {
        fixed (byte* name = EncodePath(path))
            Demand(lchown(name, uid, gid), path);
    }

    private static unsafe void Create(TreeEntry entry, string path, (uint Uid, uint Gid)? owner)
    {
        fixed (byte* name = EncodePath(path))
        {
            switch (entry)
            {
                case Folder folder:
                    Demand(mkdir(name, folder.Mode), path);
                    break;
                case Link link:
                    fixed (byte* target = EncodePath(link.Target))
                        Demand(symlink(target, name), path);
                    break;
                case Fifo:
                    Demand(mkfifo(name, 0x1A4), path);
                    break;
                case Document file:
                    WriteFile(name, file, path);
                    break;
            }

            if (owner is var (uid, gid))
                Demand(lchown(name, uid, gid), path);
        }
    }

    private static unsafe void WriteFile(byte* name, Document file, string path)
    {
        const int createNew = 0x1 | 0x40 | 0x80 | 0x80000; // O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        var descriptor = open(name, createNew, file.Mode);
        Demand(descriptor, path);
        fixed (byte* content = file.Content.Span)
        {
            if (file.Content.Length > 0 && write(descriptor, content, (nuint)file.Content.Length) != file.Content.Length)
                throw new IOException($"{path}: could not be written whole");
        }

        if (file.SizeBytes > file.Content.Length)
            Demand(ftruncate(descriptor, file.SizeBytes), path);
        Demand(close(descriptor), path);
    }

    private static byte[] EncodePath(string path)
    {
        var bytes = new List<byte>(path.Length + 1);
        Span<byte> buffer = stackalloc byte[4];
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] is >= '\uDC80' and <= '\uDCFF' && (i == 0 || !char.IsHighSurrogate(path[i - 1])))
            {
                bytes.Add((byte)(path[i] - 0xDC00));
                continue;
            }

            Rune.DecodeFromUtf16(path.AsSpan(i), out var rune, out var used);
            bytes.AddRange(buffer[..rune.EncodeToUtf8(buffer)]);
            i += used - 1;
        }

        bytes.Add(0);
        return [.. bytes];
    }

    private static void Demand(int result, string path)
    {
        if (result < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

#pragma warning disable IDE1006, SYSLIB1054, CA1401 // C's own names
    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int mkdir(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int symlink(byte* target, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int mkfifo(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int lchown(byte* path, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* content, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial uint geteuid();
#pragma warning restore IDE1006, SYSLIB1054, CA1401
}

/// <summary>What a tree holds.</summary>
/// <param name="Directories">Directories.</param>
/// <param name="Files">Regular files, FIFOs and links.</param>
/// <param name="Mailboxes">Directories in <c>mailboxes/</c>.</param>
internal readonly record struct TreeCounts(int Directories, int Files, int Mailboxes)
{
    /// <summary>What one entry adds.</summary>
    public static TreeCounts Of(TreeEntry entry) =>
        entry is Folder ? new TreeCounts(1, 0, IsMailbox(entry.Path) ? 1 : 0) : new TreeCounts(0, 1, 0);

    /// <summary>Both together.</summary>
    public static TreeCounts operator +(TreeCounts left, TreeCounts right) =>
        new(left.Directories + right.Directories, left.Files + right.Files, left.Mailboxes + right.Mailboxes);

    private static bool IsMailbox(string path) => path.Split('/') is [_, "mailboxes", _];
}
