using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Planning;

/// <summary>
/// Takes a service off the host: plans the removal of everything the record lists for it, so that its daemons are as if this program had never been there. Asks neither the tree nor the
/// daemons; it must work when both are broken. Used when the service's package is removed.
/// </summary>
public static class Withdrawal
{
    /// <summary>What was written for a service, switched off or not, in order of path.</summary>
    public static ValueList<WrittenEntry> EntriesOf(string service, WrittenRecord written) =>
        written.Entries.Where(entry => entry.Service == service).OrderBy(entry => entry.Path, StringComparer.Ordinal).ToValueList();

    /// <summary>
    /// Makes the plan. A file edited by hand goes too, because its daemon could not live with half a configuration; its text is kept in the state directory (<c>PLAN011</c>). What was
    /// there before us, or is somebody else's by now, stays. No daemon checks or reloads: it is restarted when its own configuration has its place back.
    /// </summary>
    public static ChangePlan Plan(string service, DiskState disk, WrittenRecord written)
    {
        var changes = new List<PlannedChange>();
        var forgotten = new List<string>();
        var diagnostics = new List<Diagnostic>();
        foreach (var entry in EntriesOf(service, written))
        {
            if (entry is WrittenFile switchable && FindEnabledLink(service, switchable, disk) is { } switchedOn)
                changes.Add(switchedOn);
            if (Removal(service, entry, disk[entry.Path]) is not { } removal)
            {
                forgotten.Add(entry.Path);
                continue;
            }

            if (removal is PlannedChange.RemoveFile { KeepsCopy: true } && entry is WrittenFile { Role: FileRole.Configuration })
                diagnostics.Add(PlanningDiagnostics.EditedOrphan.At(entry.Path, $"was edited by hand, but the service {service} is removed; it is moved into the state directory"));
            changes.Add(removal);
        }

        return new ChangePlan { Changes = changes.ToValueList(), Forgotten = forgotten.ToValueList(), Diagnostics = diagnostics.ToValueList() };
    }

    private static PlannedChange? Removal(string service, WrittenEntry entry, FoundFile found)
    {
        var path = HostPath.Parse(entry.Path);
        return entry switch
        {
            WrittenLink { WasThere: false } link when found is FoundFile.Link(var target) && LinkTarget.AreSame(path, target, link.Target) =>
                new PlannedChange.RemoveLink { Path = path, Unit = entry.Unit, Because = Because(service), Found = found },
            WrittenFile file when found.RegularStat is not null && Planner.IsManaged(found, file) =>
                new PlannedChange.RemoveFile { Path = path, Unit = entry.Unit, Because = Because(service), Found = found, KeepsCopy = !Planner.IsAsWritten(found, file) },
            _ => null,
        };
    }

    // Links to foreign files are never touched (CORE-38).
    private static PlannedChange.RemoveLink? FindEnabledLink(string service, WrittenFile file, DiskState disk)
    {
        if (file.EnabledLink is null || (disk[file.Path] is not FoundFile.Missing && !Planner.IsManaged(disk[file.Path], file)))
            return null;
        var link = HostPath.Parse(file.EnabledLink);
        return disk[file.EnabledLink] is FoundFile.Link(var target) found && LinkTarget.LeadsTo(link, target, HostPath.Parse(file.Path))
            ? new PlannedChange.RemoveLink { Path = link, Unit = file.Unit, Because = Because(service), Found = found }
            : null;
    }

    private static string Because(string service) => $"the service {service} is removed";
}
