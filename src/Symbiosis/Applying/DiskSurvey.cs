using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;

namespace Symbiosis.Applying;

/// <summary>Looks at every path a plan is about. A file whose status is as recorded is not read.</summary>
internal sealed class DiskSurvey(IHostFiles files)
{
    // Generated files are small; anything larger in their place is not one of them.
    private const long LargestFileBytes = 64 << 20;

    /// <summary>Looks at what the desired state asks for, and at what was written for its units before.</summary>
    public DiskState Take(DesiredState desired, WrittenRecord written)
    {
        var disk = new DiskState();
        foreach (var unit in desired.Units)
        {
            foreach (var file in unit.Files)
            {
                Look(disk, written, file.Path.Value);
                if (file.EnabledLink is { } link)
                    Look(disk, written, link.Value);
                ResolveOwner(disk, file.Owner, file.Group);
            }

            foreach (var link in unit.Links)
                Look(disk, written, link.Path.Value);
        }

        foreach (var orphan in Planner.FindOrphans(desired, written, disk.Knows).Where(orphan => orphan is not WrittenLoad))
        {
            Look(disk, written, orphan.Path);
            if (orphan is WrittenFile { EnabledLink: { } link })
                Look(disk, written, link);
        }

        FindRejected(disk, StateDirectory.Rejected);
        return disk;
    }

    /// <summary>Looks at what was written before.</summary>
    public DiskState Take(IEnumerable<WrittenEntry> entries, WrittenRecord written)
    {
        var disk = new DiskState();
        foreach (var entry in entries)
        {
            Look(disk, written, entry.Path);
            if (entry is WrittenFile { EnabledLink: { } link })
                Look(disk, written, link);
        }

        return disk;
    }

    private void FindRejected(DiskState disk, HostPath directory)
    {
        foreach (var path in files.List(directory).Select(directory.Join))
        {
            if (files.Stat(path.Value)?.Kind == FileKind.Directory)
                FindRejected(disk, path);
            else
                disk.Rejected.Add(HostPath.Parse(path.Value[StateDirectory.Rejected.Value.Length..]));
        }
    }

    private void Look(DiskState disk, WrittenRecord written, string path) => disk[path] = Find(written.FindFile(path), path);

    private FoundFile Find(WrittenFile? entry, string path)
    {
        try
        {
            return files.Stat(path) switch
            {
                null => FoundFile.Missing.Instance,
                { Kind: FileKind.Regular } stat when entry is not null && stat.Stamp == entry.Stamp && !HasMergedEdit(entry) => new FoundFile.Untouched(stat),
                { Kind: FileKind.Regular, Stamp.SizeBytes: > LargestFileBytes } => new FoundFile.Obstacle("a file of more than 64 MiB"),
                { Kind: FileKind.Regular } stat => files.Read(HostPath.Parse(path)) is { } content ? new FoundFile.Text(stat, content) : FoundFile.Missing.Instance,
                { Kind: FileKind.Link } => files.ReadLink(path) is { } target ? new FoundFile.Link(target) : FoundFile.Missing.Instance,
                { Kind: FileKind.Directory } => new FoundFile.Obstacle("a directory"),
                _ => new FoundFile.Obstacle("neither file nor directory"),
            };
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return new FoundFile.Obstacle($"unreadable ({refused.Message})");
        }
    }

    // Its text is wanted for the list of edited files.
    private static bool HasMergedEdit(WrittenFile entry) => entry.Base is { } generated && generated != entry.Digest;

    private void ResolveOwner(DiskState disk, string user, string group)
    {
        if (!disk.Users.ContainsKey(user) && files.FindUser(user) is { } uid)
            disk.Users[user] = uid;
        if (!disk.Groups.ContainsKey(group) && files.FindGroup(group) is { } gid)
            disk.Groups[group] = gid;
    }
}
