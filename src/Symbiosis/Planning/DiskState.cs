using Symbiosis.Model;

namespace Symbiosis.Planning;

/// <summary>What is on disk at one path.</summary>
public abstract record FoundFile
{
    private protected FoundFile()
    {
    }

    /// <summary>Nothing.</summary>
    public sealed record Missing : FoundFile
    {
        /// <summary>The only one.</summary>
        public static Missing Instance { get; } = new();
    }

    /// <summary>A regular file whose status is as recorded: its content is what we wrote last.</summary>
    public sealed record Untouched(FileStat Stat) : FoundFile;

    /// <summary>A regular file that was read, because we have not written it or somebody touched it.</summary>
    public sealed record Text(FileStat Stat, ReadOnlyMemory<byte> Content) : FoundFile;

    /// <summary>A symbolic link.</summary>
    public sealed record Link(string Target) : FoundFile;

    /// <summary>Something else, or a file that cannot be read.</summary>
    /// <param name="What">What it is, in words.</param>
    public sealed record Obstacle(string What) : FoundFile;

    /// <summary>Status of a regular file, or null.</summary>
    public FileStat? RegularStat => this switch { Untouched found => found.Stat, Text found => found.Stat, _ => null };
}

/// <summary>The right side of planning: what lies at every path that the tree asks for or that we wrote before, as far as the plan concerns it.</summary>
public sealed class DiskState
{
    private readonly Dictionary<string, FoundFile> _found = new(StringComparer.Ordinal);

    /// <summary>Uid of each user name that a file asks for; names that do not exist are absent.</summary>
    public Dictionary<string, uint> Users { get; } = new(StringComparer.Ordinal);

    /// <summary>Gid of each group name that a file asks for; names that do not exist are absent.</summary>
    public Dictionary<string, uint> Groups { get; } = new(StringComparer.Ordinal);

    /// <summary>Files of which a refused text is kept (CORE-40).</summary>
    public List<HostPath> Rejected { get; } = [];

    /// <summary>What is at a path. Paths nobody looked at count as missing.</summary>
    public FoundFile this[string path]
    {
        get => _found.GetValueOrDefault(path, FoundFile.Missing.Instance);
        set => _found[path] = value;
    }

    /// <summary>True when the path was looked at.</summary>
    public bool Knows(string path) => _found.ContainsKey(path);
}
