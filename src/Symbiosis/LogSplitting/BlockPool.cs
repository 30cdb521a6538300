using System.Runtime.InteropServices;

namespace Symbiosis.LogSplitting;

/// <summary>
/// The memory in which lines wait, shared by all logs in small blocks: a log that few lines go to holds little, a busy one more, and all together never more than this. It lies outside the
/// collected heap, and what was never used takes no memory.
/// </summary>
internal sealed unsafe class BlockPool(int blocks) : IDisposable
{
    /// <summary>Size of each block: a page.</summary>
    public const int BlockBytes = 4096;

    private readonly Stack<int> _returned = new(blocks);
    private byte* _memory = (byte*)NativeMemory.AlignedAlloc((nuint)blocks * BlockBytes, BlockBytes);
    private int _neverUsed;

    /// <summary>Takes a block; false when all are in use.</summary>
    public bool TryTake(out int block)
    {
        if (_returned.TryPop(out block))
            return true;
        block = _neverUsed;
        if (_neverUsed == blocks)
            return false;
        _neverUsed++;
        return true;
    }

    /// <summary>Gives a block back.</summary>
    public void Return(int block) => _returned.Push(block);

    /// <summary>Where a block begins.</summary>
    public byte* AddressOf(int block) => _memory + ((nint)block * BlockBytes);

    /// <inheritdoc />
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
