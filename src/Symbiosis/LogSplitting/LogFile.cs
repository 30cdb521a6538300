using System.Buffers;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.LogSplitting;

/// <summary>An open log and the whole lines that wait to be written to it (WEB-45).</summary>
internal sealed class LogFile(FileDescriptor file) : IDisposable
{
    /// <summary>At most this much waits.</summary>
    public const int BufferBytes = 64 * 1024;

    private byte[]? _buffer;
    private int _length;

    /// <summary>When the oldest waiting line came, in ticks of the clock.</summary>
    public long WaitingSince { get; private set; }

    /// <summary>True when lines wait.</summary>
    public bool HasWaiting => _length > 0;

    /// <summary>The lines that wait.</summary>
    public ReadOnlySpan<byte> Waiting => _buffer.AsSpan(0, _length);

    /// <summary>True when nothing links to the file any more: it was deleted while it was open.</summary>
    public bool IsDeleted => file.Stat(out var status) == Errno.None && status.LinkCount == 0;

    /// <summary>True when a line of this length, with its line break, still fits.</summary>
    public bool HasRoomFor(int length) => _length + length + 1 <= BufferBytes;

    /// <summary>Adds a line and its line break; there must be room.</summary>
    public void Add(ReadOnlySpan<byte> line, long now)
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
        if (_length == 0)
            WaitingSince = now;
        line.CopyTo(_buffer.AsSpan(_length));
        _length += line.Length;
        _buffer[_length++] = (byte)'\n';
    }

    /// <summary>Forgets the lines that wait and gives the memory back.</summary>
    public void Clear()
    {
        _length = 0;
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }

    /// <summary>Appends bytes in a single call, so that lines of two writers do not mix.</summary>
    public Errno Write(ReadOnlySpan<byte> bytes) => file.WriteFully(bytes);

    /// <inheritdoc />
    public void Dispose()
    {
        Clear();
        file.Dispose();
    }
}
