using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Planning;

/// <summary>What happened to the link that switches a file on.</summary>
public enum LinkMemory
{
    /// <summary>There was never one.</summary>
    None,

    /// <summary>We made it, or found it right. When it is missing now, somebody removed it, and it stays removed (CORE-37).</summary>
    Made,

    /// <summary>We removed it ourselves because the domain was gone (CORE-38); it comes back with the domain.</summary>
    TakenDown,
}

/// <summary>One line of the record of what this program wrote.</summary>
public abstract record WrittenEntry
{
    private protected WrittenEntry()
    {
    }

    /// <summary>Absolute path of the file or link.</summary>
    public required string Path { get; init; }

    /// <summary>The unit that asked for it: a domain, or <see cref="DesiredUnit.HostUnit"/>.</summary>
    public required string Unit { get; init; }

    /// <summary>The service it belongs to: name of the module that rendered it.</summary>
    public string Service { get; init; } = "";

    /// <summary>The daemons that read it.</summary>
    public ValueList<string> Daemons { get; init; }
}

/// <summary>A file as we left it.</summary>
public sealed record WrittenFile : WrittenEntry
{
    /// <summary>Configuration or table.</summary>
    public FileRole Role { get; init; }

    /// <summary>Digest of all its bytes, footer included.</summary>
    public ContentDigest Digest { get; init; }

    /// <summary>Its status after the write. A file that still has it was not touched and need not be read.</summary>
    public FileStamp Stamp { get; init; }

    /// <summary>Digest of the generated file that <see cref="Digest"/> was made from: the same, unless an edit was merged. The text is kept in the state directory for the next merge.</summary>
    public ContentDigest? Base { get; init; }

    /// <summary>Comment mark of the footer, needed to judge the file when nothing asks for it any more.</summary>
    public string CommentMark { get; init; } = "";

    /// <summary>The link that switches it on, or null.</summary>
    public string? EnabledLink { get; init; }

    /// <summary>What became of that link.</summary>
    public LinkMemory Link { get; init; }

    /// <summary>True when its domain is gone and the file stays behind, switched off (CORE-38).</summary>
    public bool IsOrphan { get; init; }
}

/// <summary>A file of others that daemons have taken into use, see <see cref="LoadedFile"/>.</summary>
public sealed record WrittenLoad : WrittenEntry
{
    /// <summary>The version they use.</summary>
    public required string Version { get; init; }
}

/// <summary>A symbolic link as we left it.</summary>
public sealed record WrittenLink : WrittenEntry
{
    /// <summary>Where it leads.</summary>
    public required string Target { get; init; }

    /// <summary>True when it was there before us: it is not ours to remove.</summary>
    public bool WasThere { get; init; }
}

/// <summary>
/// What this program wrote last, by path: the third side of planning beside what the tree asks for and what is on disk. Changes as plans are applied; used by one thread.
/// </summary>
public sealed class WrittenRecord
{
    private readonly Dictionary<string, WrittenEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _removedAt = new(StringComparer.Ordinal);
    private Dictionary<string, HashSet<string>>? _byUnit;

    /// <summary>Number of files and links.</summary>
    public int Count => _entries.Count;

    /// <summary>All entries, in no order.</summary>
    public IReadOnlyCollection<WrittenEntry> Entries => _entries.Values;

    /// <summary>Modification times, in nanoseconds, of removed files, for readers that compare them with the next version (MAIL-171).</summary>
    public IReadOnlyDictionary<string, long> RemovedFiles => _removedAt;

    /// <summary>Units that have files or links in service.</summary>
    public IEnumerable<string> Units =>
        _byUnit?.Keys ?? _entries.Values.Where(entry => entry is not WrittenFile { IsOrphan: true }).Select(entry => entry.Unit).Distinct(StringComparer.Ordinal);

    private Dictionary<string, HashSet<string>> ByUnit
    {
        get
        {
            if (_byUnit is null)
            {
                _byUnit = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
                foreach (var entry in _entries.Values)
                    Index(entry);
            }

            return _byUnit;
        }
    }

    /// <summary>The file entry of a path, or null.</summary>
    public WrittenFile? FindFile(string path) => _entries.GetValueOrDefault(path) as WrittenFile;

    /// <summary>The link entry of a path, or null.</summary>
    public WrittenLink? FindLink(string path) => _entries.GetValueOrDefault(path) as WrittenLink;

    /// <summary>What daemons use of a path, or null.</summary>
    public WrittenLoad? FindLoad(string path) => _entries.GetValueOrDefault(path) as WrittenLoad;

    /// <summary>Entries in service of one unit, in no order.</summary>
    public IEnumerable<WrittenEntry> EntriesOf(string unit) => ByUnit.TryGetValue(unit, out var paths) ? paths.Select(path => _entries[path]) : [];

    /// <summary>Takes a new entry; the last one of a path counts.</summary>
    public void Put(WrittenEntry entry)
    {
        if (_byUnit is not null)
        {
            Unindex(entry.Path);
            Index(entry);
        }

        _entries[entry.Path] = entry;
        _removedAt.Remove(entry.Path);
    }

    /// <summary>Forgets a file or link that is gone.</summary>
    public void Remove(string path, long modifiedNs = 0)
    {
        Unindex(path);
        _entries.Remove(path);
        if (modifiedNs > 0)
            _removedAt[path] = modifiedNs;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _entries.Clear();
        _removedAt.Clear();
        _byUnit = null;
    }

    private void Index(WrittenEntry entry)
    {
        if (entry is WrittenFile { IsOrphan: true })
            return;
        if (!_byUnit!.TryGetValue(entry.Unit, out var paths))
            _byUnit[entry.Unit] = paths = new HashSet<string>(StringComparer.Ordinal);
        paths.Add(entry.Path);
    }

    private void Unindex(string path)
    {
        if (_byUnit is null || !_entries.TryGetValue(path, out var before) || !_byUnit.TryGetValue(before.Unit, out var paths))
            return;
        paths.Remove(path);
        if (paths.Count == 0)
            _byUnit.Remove(before.Unit);
    }
}
