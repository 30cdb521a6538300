using System.Runtime.InteropServices;
using System.Text;

namespace Symbiosis.Bench;

/// <summary>
/// The least that reading a tree safely can cost: the system calls of CORE-14 and CORE-15 (open beneath a handle, look at the handle, read, list) for every directory and small file
/// that means something, and nothing else: no strings kept, no checks. What a plan takes beyond it is our own doing.
/// </summary>
internal static unsafe partial class SystemCallFloor
{
    private const int Openat2Number = 437;
    private const int Getdents64Number = 217;
    private const int OpenDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int OpenFile = 0x800 | 0x80000 | 0x100; // O_NONBLOCK | O_CLOEXEC | O_NOCTTY

    // RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
    private const ulong Resolve = 0x08 | 0x04 | 0x02;

    /// <summary>Reads the whole tree once on so many threads.</summary>
    public static FloorCount Read(string root, int threads)
    {
        fixed (byte* path = Encoding.UTF8.GetBytes(root + "\0"))
        {
            var descriptor = open(path, OpenDirectory);
            if (descriptor < 0)
                throw new DirectoryNotFoundException(root);
            var total = new FloorCount();
            var names = List(descriptor, ref total);
            var gate = new Lock();
            Parallel.ForEach(
                System.Collections.Concurrent.Partitioner.Create(0, names.Count, Math.Max(1, Math.Min(64, names.Count))),
                new ParallelOptions { MaxDegreeOfParallelism = threads },
                range =>
                {
                    var count = new FloorCount();
                    for (var i = range.Item1; i < range.Item2; i++)
                        ReadDomain(descriptor, names[i].Name, ref count);
                    lock (gate)
                        total = total.Plus(count);
                });
            _ = close(descriptor);
            return total;
        }
    }

    private static void ReadDomain(int root, byte[] name, ref FloorCount count)
    {
        var domain = Open(root, name, OpenDirectory, ref count);
        if (domain < 0)
            return;
        ReadDirectory(domain, "config\0"u8.ToArray(), ref count);
        var mailboxes = Open(domain, "mailboxes\0"u8.ToArray(), OpenDirectory, ref count);
        if (mailboxes >= 0)
        {
            foreach (var (mailbox, isDirectory) in List(mailboxes, ref count))
            {
                if (isDirectory)
                    ReadDirectory(mailboxes, mailbox, ref count);
            }

            Close(mailboxes, ref count);
        }

        Close(domain, ref count);
    }

    private static void ReadDirectory(int parent, byte[] name, ref FloorCount count)
    {
        var directory = Open(parent, name, OpenDirectory, ref count);
        if (directory < 0)
            return;
        var buffer = stackalloc byte[512];
        foreach (var (file, isDirectory) in List(directory, ref count))
        {
            if (isDirectory)
                continue;
            var descriptor = Open(directory, file, OpenFile, ref count);
            if (descriptor < 0)
                continue;
            count.Calls++;
            count.Files += read(descriptor, buffer, 512) >= 0 ? 1 : 0;
            Close(descriptor, ref count);
        }

        Close(directory, ref count);
    }

    private static int Open(int parent, byte[] name, int flags, ref FloorCount count)
    {
        var how = new OpenHow { Flags = (ulong)flags, Resolve = Resolve };
        var status = stackalloc byte[256];
        count.Opens++;
        count.Calls++;
        fixed (byte* path = name)
        {
            var descriptor = (int)syscall(Openat2Number, parent, (nint)path, (nint)(&how), sizeof(OpenHow));
            if (descriptor >= 0)
            {
                count.Calls++;
                _ = fstat(descriptor, status);
            }

            return descriptor;
        }
    }

    private static List<(byte[] Name, bool IsDirectory)> List(int directory, ref FloorCount count)
    {
        var names = new List<(byte[], bool)>();
        var buffer = stackalloc byte[16384];
        while (true)
        {
            count.Calls++;
            var length = (int)syscall(Getdents64Number, directory, (nint)buffer, 16384, 0);
            if (length <= 0)
                return names;
            for (var at = 0; at < length; at += *(ushort*)(buffer + at + 16))
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + 19);
                if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                    continue;
                names.Add(([.. name, 0], buffer[at + 18] == 4)); // DT_DIR
            }
        }
    }

    private static void Close(int descriptor, ref FloorCount count)
    {
        count.Calls++;
        _ = close(descriptor);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

#pragma warning disable IDE1006, SYSLIB1054, CA1401 // C's own names
    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc")]
    private static partial int open(byte* path, int flags);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, byte* buffer, nuint size);

    [LibraryImport("libc")]
    private static partial int fstat(int descriptor, byte* status);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
#pragma warning restore IDE1006, SYSLIB1054, CA1401
}

/// <summary>What a pass over the tree did.</summary>
internal struct FloorCount
{
    /// <summary>System calls.</summary>
    public long Calls;

    /// <summary>Calls that open.</summary>
    public long Opens;

    /// <summary>Files read.</summary>
    public long Files;

    /// <summary>Both together.</summary>
    public readonly FloorCount Plus(FloorCount other) => new() { Calls = Calls + other.Calls, Opens = Opens + other.Opens, Files = Files + other.Files };
}
