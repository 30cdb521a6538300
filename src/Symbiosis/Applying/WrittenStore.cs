using System.Buffers;
using Symbiosis.Machine;
using Symbiosis.Planning;

namespace Symbiosis.Applying;

/// <summary>
/// The record on disk: JSON lines, appended to, the last line of a path counts. One change costs one line, however many domains there are; when most lines are out of date the file is
/// written afresh. Several processes may read it; only the holder of the <see cref="ApplyLock"/> writes.
/// </summary>
internal sealed class WrittenStore(IHostFiles files, TimeProvider clock)
{
    private const int SlackLines = 1000;

    private ulong _inode;
    private long _readBytes;
    private int _lines;

    /// <summary>What was read.</summary>
    public WrittenRecord Record { get; } = new();

    /// <summary>Reads what was appended since, or everything when the file was replaced. A torn last line is not there yet.</summary>
    public WrittenRecord Refresh()
    {
        var stat = files.Stat(StateDirectory.Written.Value);
        if (stat is null || stat.Value.Stamp.Inode != _inode || stat.Value.Stamp.SizeBytes < _readBytes)
        {
            Record.Clear();
            (_inode, _readBytes, _lines) = (stat?.Stamp.Inode ?? 0, 0, 0);
        }

        if (stat is null || stat.Value.Stamp.SizeBytes == _readBytes)
            return Record;
        ReadOnlySpan<byte> added = files.Read(StateDirectory.Written, _readBytes) ?? [];
        while (added.IndexOf((byte)'\n') is >= 0 and var end)
        {
            WrittenLine.TryRead(added[..end], Record); // a damaged line is as if the file had never been recorded: its footer speaks for it
            added = added[(end + 1)..];
            _readBytes += end + 1;
            _lines++;
        }

        return Record;
    }

    /// <summary>Notes what changed. The lines are in the file when this returns, though not yet safe from a power cut: what is lost is found again by reading the files.</summary>
    public void Note(IReadOnlyCollection<WrittenEntry> entries, IReadOnlyCollection<(string Path, long ModifiedNs)> gone)
    {
        if (entries.Count + gone.Count == 0)
            return;
        var lines = new ArrayBufferWriter<byte>(256 * (entries.Count + gone.Count));
        AppendLines(lines, entries, gone);
        var stat = files.Stat(StateDirectory.Written.Value);
        if (stat?.Stamp.SizeBytes > _readBytes)
            files.Truncate(StateDirectory.Written, _readBytes); // the torn line of a killed writer would swallow ours
        files.Append(StateDirectory.Written, lines.WrittenSpan, isDurable: false);
        _inode = files.Stat(StateDirectory.Written.Value)?.Stamp.Inode ?? 0;
        _readBytes += lines.WrittenCount;
        _lines += entries.Count + gone.Count;
        foreach (var entry in entries)
            Record.Put(entry);
        foreach (var (path, modifiedNs) in gone)
            Record.Remove(path, modifiedNs);
        if (_lines > (2 * Record.Count) + SlackLines)
            Compact();
    }

    private void Compact()
    {
        // The time of a removed file only matters for a new version within the same second.
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var gone = Record.RemovedFiles.Where(removed => removed.Value / 1_000_000_000 >= now).Select(removed => (removed.Key, removed.Value)).ToList();
        var lines = new ArrayBufferWriter<byte>(256 * (Record.Count + 1));
        AppendLines(lines, [.. Record.Entries.OrderBy(entry => entry.Path, StringComparer.Ordinal)], gone);
        var fresh = StateDirectory.Root.Join("written.new");
        files.Remove(fresh);
        files.Append(fresh, lines.WrittenSpan, isDurable: true);
        files.Replace(fresh, StateDirectory.Written);
        (_inode, _readBytes, _lines) = (files.Stat(StateDirectory.Written.Value)?.Stamp.Inode ?? 0, lines.WrittenCount, Record.Count + gone.Count);
    }

    private static void AppendLines(ArrayBufferWriter<byte> lines, IReadOnlyCollection<WrittenEntry> entries, IReadOnlyCollection<(string Path, long ModifiedNs)> gone)
    {
        using var json = WrittenLine.NewWriter(lines);
        foreach (var entry in entries)
        {
            WrittenLine.Write(json, entry);
            EndLine(json, lines);
        }

        foreach (var (path, modifiedNs) in gone)
        {
            WrittenLine.WriteGone(json, path, modifiedNs);
            EndLine(json, lines);
        }
    }

    private static void EndLine(System.Text.Json.Utf8JsonWriter json, ArrayBufferWriter<byte> lines)
    {
        json.Flush();
        json.Reset();
        lines.Write("\n"u8);
    }
}
