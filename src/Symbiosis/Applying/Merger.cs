using System.Text;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;

namespace Symbiosis.Applying;

/// <summary>What a merge did.</summary>
/// <param name="Merge">What it led to.</param>
/// <param name="Applied">How it went live; null when there was nothing to apply.</param>
/// <param name="SideFile">Where the conflicts are to be resolved; null when there are none.</param>
internal sealed record MergeOutcome(FileMerge Merge, ApplyOutcome? Applied = null, HostPath? SideFile = null);

/// <summary>
/// Merges newly generated text into a file that was edited by hand. The result goes live like everything else; conflicts go into a side file in the state directory, never into the live file.
/// The administrator takes the markers out of the side file and merges again.
/// </summary>
internal sealed class Merger(IHostFiles files, WrittenStore store, Applier applier)
{
    /// <summary>Merges one file that a plan left alone.</summary>
    public async Task<MergeOutcome> MergeAsync(
        ApplyLock held, LeftAlone edited, ValueList<Daemon> daemons, ApplyOptions options, IProgress<ApplyStep>? progress, CancellationToken cancellationToken)
    {
        var path = edited.File.Path;
        var side = SideFileOf(path);
        var merge = FileMerge.Make(
            edited,
            store.Refresh().FindFile(path.Value),
            files.Read(StateDirectory.Mirror(StateDirectory.Base, path)),
            files.Read(side),
            daemons,
            files.FindUser(edited.File.Owner) ?? 0,
            files.FindGroup(edited.File.Group) ?? 0);
        switch (merge)
        {
            case FileMerge.Merged merged:
                var outcome = await applier.ApplyAsync(held, merged.Plan, options, progress, cancellationToken);
                if (outcome.End == ApplyEnd.Applied)
                    files.Remove(side);
                return new MergeOutcome(merge, outcome);
            case FileMerge.Conflicted conflicted:
                files.MakeDirectories(side.Parent);
                files.Remove(side);
                files.WriteNew(side, Encoding.UTF8.GetBytes(conflicted.SideText), new IHostFiles.FileAttributes(UnixFileMode.UserRead | UnixFileMode.UserWrite, 0, 0, 0));
                return new MergeOutcome(merge, SideFile: side);
            default:
                return new MergeOutcome(merge);
        }
    }

    /// <summary>Where the conflicts of a file are resolved.</summary>
    public static HostPath SideFileOf(HostPath path) => StateDirectory.Mirror(StateDirectory.Conflicts, path);
}
