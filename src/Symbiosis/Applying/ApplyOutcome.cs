using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Applying;

/// <summary>What the caller wants of an apply.</summary>
public sealed record ApplyOptions
{
    /// <summary>False with <c>--no-reload</c>: new configuration goes live when the daemons are reloaded by somebody else (WEB-33).</summary>
    public bool Reloads { get; init; } = true;

    /// <summary>How long a daemon may take to answer after its reload.</summary>
    public TimeSpan ProbeDeadline { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>What an apply is doing, for progress and for tests that stop it there.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Subject">File, daemon or domain it is about; empty for the whole phase.</param>
public readonly record struct ApplyStep(ApplyPhase Phase, string Subject);

/// <summary>The phases of an apply, in order.</summary>
public enum ApplyPhase
{
    /// <summary>An interrupted apply is undone or finished.</summary>
    Recover,

    /// <summary>Keys and the like are made.</summary>
    Provision,

    /// <summary>New files are written beside the old ones.</summary>
    Stage,

    /// <summary>A daemon's checker looks at them.</summary>
    Check,

    /// <summary>New files take the place of the old ones.</summary>
    Swap,

    /// <summary>A daemon takes its configuration into use.</summary>
    Reload,

    /// <summary>A daemon is asked whether it works.</summary>
    Probe,

    /// <summary>A daemon's old files are put back.</summary>
    RollBack,

    /// <summary>Old files are removed and the record is written.</summary>
    Commit,

    /// <summary>Files in the tree are changed.</summary>
    Tree,
}

/// <summary>How an apply ended.</summary>
public enum ApplyEnd
{
    /// <summary>Everything is live.</summary>
    Applied,

    /// <summary>Some of it is live; the diagnostics say what is not, and why.</summary>
    AppliedInPart,

    /// <summary>The plan was empty.</summary>
    NothingToDo,

    /// <summary>The plan must not be applied (<see cref="Planning.ChangePlan.Refusal"/>).</summary>
    Refused,

    /// <summary>The host refused, for instance because the disk is full; nothing was changed.</summary>
    Failed,

    /// <summary>It was cancelled; what had been done was undone.</summary>
    Cancelled,
}

/// <summary>A unit whose files a daemon's checker refused; it keeps its last good state.</summary>
/// <param name="Unit">Domain, or the host unit.</param>
/// <param name="Daemon">Whose checker.</param>
/// <param name="Rejected">The refused files, kept in the state directory.</param>
public sealed record QuarantinedUnit(string Unit, string Daemon, ValueList<HostPath> Rejected);

/// <summary>What an apply did.</summary>
public sealed record ApplyOutcome(ApplyEnd End)
{
    /// <summary>Files and links that were made or replaced.</summary>
    public ValueList<HostPath> Written { get; init; }

    /// <summary>Files and links that were removed.</summary>
    public ValueList<HostPath> Removed { get; init; }

    /// <summary>Units held back.</summary>
    public ValueList<QuarantinedUnit> Quarantined { get; init; }

    /// <summary>Daemons that run on their old files, because reload or probe failed with the new ones.</summary>
    public ValueList<string> RolledBack { get; init; }

    /// <summary>Daemons that were reloaded and use the new files.</summary>
    public ValueList<string> Reloaded { get; init; }

    /// <summary>Changes made inside the tree.</summary>
    public int TreeChanges { get; init; }

    /// <summary>Findings of applying itself; those of the plan are in the plan.</summary>
    public ValueList<Diagnostic> Diagnostics { get; init; }

    /// <summary>This outcome and the next one as one: the sums, and how the next one ended.</summary>
    public ApplyOutcome And(ApplyOutcome next) => next with
    {
        Written = [.. Written, .. next.Written],
        Removed = [.. Removed, .. next.Removed],
        Quarantined = [.. Quarantined, .. next.Quarantined],
        RolledBack = [.. RolledBack, .. next.RolledBack],
        Reloaded = Reloaded.Concat(next.Reloaded).Distinct(StringComparer.Ordinal).ToValueList(),
        TreeChanges = TreeChanges + next.TreeChanges,
        Diagnostics = [.. Diagnostics, .. next.Diagnostics],
    };
}
