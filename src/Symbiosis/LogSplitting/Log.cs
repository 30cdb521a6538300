using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.LogSplitting;

/// <summary>A log, and the whole lines that wait to be written to it (WEB-45). They wait whether it is open or not.</summary>
/// <param name="domain">The domain it belongs to; empty for a default log.</param>
/// <param name="isSsl">True for the log of https.</param>
/// <param name="prefix">What a line in the default log has in front when this log vanished under it.</param>
internal sealed class Log(string domain, bool isSsl, byte[] prefix)
{
    /// <summary>At most this much waits.</summary>
    public const int MaxWaitingBytes = 64 * 1024;

    private const int MaxBlocks = MaxWaitingBytes / BlockPool.BlockBytes;

    private int[]? _blocks;
    private LinkedListNode<Log>? _waitingPlace;
    private LinkedListNode<Log>? _openPlace;

    public string Domain => domain;

    public bool IsSsl => isSsl;

    public byte[] Prefix => prefix;

    /// <summary>The open file; null when it is closed.</summary>
    public FileDescriptor? File { get; set; }

    /// <summary>When it was opened last, in ticks of the clock; null when it was not yet, or is refused.</summary>
    public long? OpenedAt { get; set; }

    /// <summary>When it could not be opened; null when it could.</summary>
    public long? RefusedAt { get; set; }

    /// <summary>When the oldest waiting line came, in ticks of the clock.</summary>
    public long WaitingSince { get; private set; }

    /// <summary>How much waits.</summary>
    public int WaitingBytes { get; private set; }

    /// <summary>Memory it holds.</summary>
    public int Blocks { get; private set; }

    /// <summary>Its place in the list of logs with waiting lines.</summary>
    public LinkedListNode<Log> WaitingPlace => _waitingPlace ??= new LinkedListNode<Log>(this);

    /// <summary>Its place in the list of open logs.</summary>
    public LinkedListNode<Log> OpenPlace => _openPlace ??= new LinkedListNode<Log>(this);

    /// <summary>True when nothing links to the open file any more: it was deleted meanwhile.</summary>
    public bool IsDeleted => File is not null && File.Stat(out var status) == Errno.None && status.LinkCount == 0;

    /// <summary>True when a line of this length, with its line break, still fits.</summary>
    public bool HasRoomFor(int length) => WaitingBytes + length + 1 <= MaxWaitingBytes;

    /// <summary>Takes the memory for a line of this length with its line break; there must be room. False when the pool has none left.</summary>
    public bool Reserve(int length, BlockPool pool)
    {
        while (Blocks * BlockPool.BlockBytes < WaitingBytes + length + 1)
        {
            if (!pool.TryTake(out var block))
                return false;
            _blocks ??= new int[MaxBlocks];
            _blocks[Blocks++] = block;
        }

        return true;
    }

    /// <summary>Adds a line and its line break; memory must be reserved.</summary>
    public void Add(ReadOnlySpan<byte> line, long now, BlockPool pool)
    {
        if (WaitingBytes == 0)
            WaitingSince = now;
        Put(line, pool);
        Put("\n"u8, pool);
    }

    /// <summary>Appends what waits in a single call, so that lines of two writers do not mix.</summary>
    public unsafe Errno WriteWaiting(BlockPool pool)
    {
        Span<SysUio.iovec> pieces = stackalloc SysUio.iovec[MaxBlocks];
        var count = 0;
        for (var left = WaitingBytes; left > 0; left -= BlockPool.BlockBytes)
            pieces[count] = new SysUio.iovec { iov_base = pool.AddressOf(_blocks![count++]), iov_len = (nuint)Math.Min(left, BlockPool.BlockBytes) };
        return Write(File!, pieces[..count]);
    }

    /// <summary>Appends a line and its line break, past what waits.</summary>
    public unsafe Errno WriteThrough(ReadOnlySpan<byte> line)
    {
        fixed (byte* start = line, lineBreak = "\n"u8)
            return Write(File!, [new() { iov_base = start, iov_len = (nuint)line.Length }, new() { iov_base = lineBreak, iov_len = 1 }]);
    }

    /// <summary>A copy of what waits.</summary>
    public unsafe byte[] CopyWaiting(BlockPool pool)
    {
        var copy = new byte[WaitingBytes];
        for (var at = 0; at < copy.Length; at += BlockPool.BlockBytes)
            new ReadOnlySpan<byte>(pool.AddressOf(_blocks![at / BlockPool.BlockBytes]), Math.Min(BlockPool.BlockBytes, copy.Length - at)).CopyTo(copy.AsSpan(at));
        return copy;
    }

    /// <summary>Forgets the lines that wait and gives the memory back.</summary>
    public void Clear(BlockPool pool)
    {
        while (Blocks > 0)
            pool.Return(_blocks![--Blocks]);
        WaitingBytes = 0;
    }

    private static unsafe Errno Write(FileDescriptor file, Span<SysUio.iovec> pieces)
    {
        while (!pieces.IsEmpty)
        {
            var written = SysUio.writev(file, pieces);
            if (written < 0)
            {
                if (FileDescriptor.LastError() is var error && error != Errno.EINTR)
                    return error;
                continue;
            }

            // A regular file takes everything unless the disk is just getting full.
            while (!pieces.IsEmpty && (nuint)written >= pieces[0].iov_len)
            {
                written -= (nint)pieces[0].iov_len;
                pieces = pieces[1..];
            }

            if (written > 0)
                pieces[0] = new SysUio.iovec { iov_base = pieces[0].iov_base + written, iov_len = pieces[0].iov_len - (nuint)written };
        }

        return Errno.None;
    }

    private unsafe void Put(ReadOnlySpan<byte> bytes, BlockPool pool)
    {
        while (!bytes.IsEmpty)
        {
            var (block, at) = (WaitingBytes / BlockPool.BlockBytes, WaitingBytes % BlockPool.BlockBytes);
            var count = Math.Min(bytes.Length, BlockPool.BlockBytes - at);
            bytes[..count].CopyTo(new Span<byte>(pool.AddressOf(_blocks![block]) + at, count));
            WaitingBytes += count;
            bytes = bytes[count..];
        }
    }
}
