using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Services;

namespace Symbiosis.Planning;

/// <summary>Everything the tree asks for, complete: the files and links of all domains and of the host. The left side of planning.</summary>
public sealed record DesiredState
{
    /// <summary>What each domain asks for, by domain, sorted by name. Only the touched domains in an incremental run (see <see cref="IsComplete"/>).</summary>
    public ValueList<DesiredUnit> Units { get; init; }

    /// <summary>True when <see cref="Units"/> holds every domain and the host, so that anything recorded for a unit not listed is an orphan. False: only the units listed are compared.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>Daemons that can be checked and reloaded.</summary>
    public ValueList<Daemon> Daemons { get; init; }

    /// <summary>All findings.</summary>
    public ValueList<Diagnostic> Diagnostics { get; init; }
}

/// <summary>The unit of work and of quarantine: one domain, or the host (<see cref="HostUnit"/>).</summary>
/// <param name="Name">Domain name, or <see cref="HostUnit"/>.</param>
/// <param name="Files">Files it asks for, sorted by path.</param>
/// <param name="Links">Links it asks for.</param>
/// <param name="TreeChanges">Changes inside the tree.</param>
public sealed record DesiredUnit(string Name, ValueList<RenderedFile> Files, ValueList<RenderedLink> Links, ValueList<TreeChange> TreeChanges)
{
    /// <summary>Name of the unit that stands for the host as a whole; no domain can be called so.</summary>
    public const string HostUnit = "(host)";

    /// <summary>Things to make before anything is staged; only the host unit has them.</summary>
    public ValueList<Provision> Provisions { get; init; }
}
