using Symbiosis.Model;

namespace Symbiosis.Applying;

/// <summary>Where applying keeps what it must remember. All of it can be deleted; the next apply makes it again from the tree.</summary>
public static class StateDirectory
{
    /// <summary>The state directory.</summary>
    public static HostPath Root { get; } = HostPath.Parse("/var/lib/symbiosis");

    /// <summary>Held while something is applied (CORE-70).</summary>
    public static HostPath Lock { get; } = Root.Join("lock");

    /// <summary>The unfinished transaction; absent when there is none.</summary>
    public static HostPath Journal { get; } = Root.Join("journal");

    /// <summary>What we wrote, one JSON object a line.</summary>
    public static HostPath Written { get; } = Root.Join("written.jsonl");

    /// <summary>Configuration files as we last generated them, by path: the base of a merge.</summary>
    public static HostPath Base { get; } = Root.Join("base");

    /// <summary>Generated files that a daemon's checker refused, by path (CORE-40).</summary>
    public static HostPath Rejected { get; } = Root.Join("rejected");

    /// <summary>Files that were edited by hand and had to give way, by path.</summary>
    public static HostPath Kept { get; } = Root.Join("kept");

    /// <summary>Merges with conflicts, by path of the live file.</summary>
    public static HostPath Conflicts { get; } = Root.Join("conflicts");

    /// <summary>Where checkers look at what would go live.</summary>
    public static HostPath Stage { get; } = HostPath.Parse("/run/symbiosis/stage");

    /// <summary>The place in one of the above for a file of the host.</summary>
    public static HostPath Mirror(HostPath directory, HostPath file) => directory.Join(file.Value[1..]);
}
