namespace Symbiosis.Bench.Trees;

/// <summary>One thing in a generated tree. A byte that is not UTF-8 stands in <see cref="Path"/> as the lone surrogate U+DC00 + byte, as in Python's <c>surrogateescape</c>.</summary>
/// <param name="Path">Where it lies below the root, parents first.</param>
internal abstract record TreeEntry(string Path)
{
    /// <summary>True when it belongs to root instead of the customer.</summary>
    public bool IsRootOwned { get; init; }

    /// <summary>A directory.</summary>
    internal sealed record Folder(string Path, uint Mode = 0x1ED /* 0755 */) : TreeEntry(Path);

    /// <summary>A regular file. A <paramref name="SizeBytes"/> beyond the content makes a hole that takes no space on disk.</summary>
    internal sealed record Document(string Path, ReadOnlyMemory<byte> Content, uint Mode = 0x1A4 /* 0644 */, long SizeBytes = 0) : TreeEntry(Path);

    /// <summary>A symbolic link.</summary>
    internal sealed record Link(string Path, string Target) : TreeEntry(Path);

    /// <summary>A FIFO: whoever opens it without O_NONBLOCK hangs.</summary>
    internal sealed record Fifo(string Path) : TreeEntry(Path);
}
