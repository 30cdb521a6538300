using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;

namespace Symbiosis.Applying;

/// <summary>What an operation does to its path.</summary>
internal enum OperationKind
{
    WriteFile,
    RemoveFile,
    MakeLink,
    RemoveLink,
}

/// <summary>
/// One planned change as a step that can be undone. The new file is made under a second name in the same directory and swapped in by one rename, after which the second name holds the old
/// file until the end. Which of the two is where is told by inode numbers, so that undoing is right after a kill at any moment and may be repeated.
/// </summary>
internal sealed class Operation
{
    /// <summary>Its index in the transaction.</summary>
    public required int Number { get; init; }

    public required OperationKind Kind { get; init; }

    public required HostPath Path { get; init; }

    /// <summary>The second name: first of the new, then of the old file.</summary>
    public required HostPath Spare { get; init; }

    public required string Unit { get; init; }

    public ValueList<string> Daemons { get; init; }

    /// <summary>True when a file or link of ours is replaced.</summary>
    public bool HadOld { get; init; }

    /// <summary>True when the old file is kept in the state directory.</summary>
    public bool KeepsCopy { get; init; }

    /// <summary>What the record says afterwards; null when the path is forgotten, or is noted by another operation.</summary>
    public WrittenEntry? Entry { get; init; }

    /// <summary>Status of the new file or link; empty before it is staged, and for removals.</summary>
    public FileStamp NewStamp { get; set; }

    /// <summary>False when it is held back or was undone.</summary>
    public bool IsLive { get; set; } = true;

    /// <summary>The change it came from; null after a restart.</summary>
    public PlannedChange? Change { get; init; }

    /// <summary>How every second name begins.</summary>
    public const string SparePrefix = ".symbiosis-";

    private bool Makes => Kind is OperationKind.WriteFile or OperationKind.MakeLink;

    public static Operation From(PlannedChange change, int number, string transaction) => new()
    {
        Number = number,
        Kind = change switch
        {
            PlannedChange.WriteFile => OperationKind.WriteFile,
            PlannedChange.RemoveFile => OperationKind.RemoveFile,
            PlannedChange.MakeLink => OperationKind.MakeLink,
            PlannedChange.RemoveLink => OperationKind.RemoveLink,
            _ => throw new System.Diagnostics.UnreachableException(),
        },
        Path = change.Path,
        // Short and hidden: daemons that read a whole directory skip it, and a domain name of 253 characters leaves no room for a suffix.
        Spare = change.Path.Parent.Join($"{SparePrefix}{transaction}-{number}"),
        Unit = change.Unit,
        Daemons = change.Daemons,
        HadOld = change.Found is not FoundFile.Missing,
        KeepsCopy = change is PlannedChange.WriteFile { KeepsCopy: true } or PlannedChange.RemoveFile { KeepsCopy: true },
        Entry = change.Entry,
        Change = change,
    };

    /// <summary>Makes the new file or link under the second name.</summary>
    public void Stage(IHostFiles files, DateTimeOffset now)
    {
        switch (Change)
        {
            case PlannedChange.WriteFile write:
                files.WriteNew(Spare, write.Content.Span, new IHostFiles.FileAttributes(write.File.Mode, write.Uid, write.Gid, ModifiedNs(now, write.LaterThanSeconds)));
                break;
            case PlannedChange.MakeLink link:
                files.MakeLink(Spare, link.Target);
                break;
            default:
                return;
        }

        NewStamp = files.Stat(Spare.Value)?.Stamp ?? default;
    }

    /// <summary>Puts the new state in place. Returns false, with everything as before, when the old one is not what was planned for: somebody was faster.</summary>
    public bool Swap(IHostFiles files)
    {
        if (!IsAsPlanned(files, Path))
            return false;
        try
        {
            if (Makes && HadOld)
                Exchange(files);
            else if (Makes)
                files.MoveNew(Spare, Path);
            else
                files.MoveNew(Path, Spare);
        }
        catch (HostFileException raced) when (raced.Error is Machine.Native.Errno.EEXIST or Machine.Native.Errno.ENOENT)
        {
            return false;
        }

        // Looked at again where nobody else reaches it: an editor may have saved in the moment before.
        if (!HadOld || IsAsPlanned(files, Spare))
            return true;
        Undo(files);
        return false;
    }

    /// <summary>Puts the old state back, whatever was done so far, and leaves no second name. What somebody edited since the swap stays as he left it. Safe to repeat.</summary>
    public void Undo(IHostFiles files)
    {
        if (HadOld && Makes)
            FinishExchange(files);
        var current = files.Stat(Path.Value);
        if (Makes && NewStamp.Inode != 0 && current?.Stamp is { } stamp && stamp with { ChangedNs = 0 } == NewStamp with { ChangedNs = 0 })
        {
            if (!HadOld)
                files.Remove(Path);
            else if (files.Stat(Spare.Value) is not null)
                files.Replace(Spare, Path);
        }
        else if (!Makes && current is null && files.Stat(Spare.Value) is not null)
        {
            files.MoveNew(Spare, Path);
        }

        files.Remove(Spare);
    }

    /// <summary>Drops the old file, or keeps it where the administrator finds it. Returns that place. Safe to repeat.</summary>
    public HostPath? Finish(IHostFiles files)
    {
        HostPath? kept = null;
        if (KeepsCopy && files.Stat(Spare.Value) is { Kind: FileKind.Regular } old && files.Read(Spare) is { } content)
        {
            kept = FreeName(files, StateDirectory.Mirror(StateDirectory.Kept, Path));
            files.MakeDirectories(kept.Parent);
            files.WriteNew(kept, content, new IHostFiles.FileAttributes(UnixFileMode.UserRead | UnixFileMode.UserWrite, 0, 0, old.Stamp.ModifiedNs));
        }

        files.Remove(Spare);
        return kept;
    }

    private bool IsAsPlanned(IHostFiles files, HostPath place)
    {
        var stat = files.Stat(place.Value);
        return Change?.Found switch
        {
            FoundFile.Missing => stat is null,
            FoundFile.Link(var target) => stat?.Kind == FileKind.Link && files.ReadLink(place.Value) == target,
            // Not the change time: a rename moves it.
            { RegularStat: { } planned } => stat?.Kind == FileKind.Regular && stat.Value.Stamp with { ChangedNs = 0 } == planned.Stamp with { ChangedNs = 0 },
            _ => false,
        };
    }

    private HostPath Third => HostPath.Parse(Spare.Value + "~");

    private void Exchange(IHostFiles files)
    {
        if (files.TryExchange(Spare, Path))
            return;
        // ZFS on Debian 12 cannot. The path holds a whole file at every moment of this, too.
        files.MakeHardLink(Path, Third);
        files.Replace(Spare, Path);
        files.Replace(Third, Spare);
    }

    // A kill between the three steps above leaves the third name.
    private void FinishExchange(IHostFiles files)
    {
        if (files.Stat(Third.Value) is null)
            return;
        if (files.Stat(Spare.Value) is null)
            files.Replace(Third, Spare);
        else
            files.Remove(Third);
    }

    private static HostPath FreeName(IHostFiles files, HostPath wanted)
    {
        var free = wanted;
        for (var i = 1; files.Stat(free.Value) is not null; i++)
            free = HostPath.Parse($"{wanted}.{i}");
        return free;
    }

    // Never the clock's coarse tick: a later edit within the same tick, of the same size, would leave the same time (git calls such files racily clean).
    private static long ModifiedNs(DateTimeOffset now, long laterThanSeconds)
    {
        var ns = (now - DateTimeOffset.UnixEpoch).Ticks * 100;
        return laterThanSeconds > 0 && ns / 1_000_000_000 <= laterThanSeconds ? ((laterThanSeconds + 1) * 1_000_000_000) + (ns % 1_000_000_000) : ns;
    }
}
