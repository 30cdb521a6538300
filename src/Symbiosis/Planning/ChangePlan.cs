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

    /// <summary>What some domains ask for, with the findings about them; the host's own files stay out of it. A name that is no domain here appears as a unit that asks for nothing.</summary>
    public DesiredState Only(IReadOnlyCollection<string> domains) => this with
    {
        Units = domains.Order(StringComparer.Ordinal).Select(name => Units.FirstOrDefault(unit => unit.Name == name) ?? DesiredUnit.Nothing(name)).ToValueList(),
        IsComplete = false,
        Diagnostics = Diagnostics.Where(found => found.Domain is { } domain && domains.Contains(domain.Value)).ToValueList(),
    };
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

    /// <summary>A unit that asks for nothing, because it is gone.</summary>
    public static DesiredUnit Nothing(string name) => new(name, [], [], []);

    /// <summary>Things to make before anything is staged; only the host unit has them.</summary>
    public ValueList<Provision> Provisions { get; init; }

    /// <summary>Files that daemons load for it without having them from us.</summary>
    public ValueList<LoadedFile> Loads { get; init; }

    /// <summary>Files it still asks for without being able to say their text: they are neither written nor taken away.</summary>
    public ValueList<HostPath> Held { get; init; }
}

/// <summary>What the caller wants of a plan.</summary>
public sealed record PlanOptions
{
    /// <summary>Also replace files that were edited by hand, restore links that were removed by hand, and accept a startling plan.</summary>
    public bool Force { get; init; }

    /// <summary>Units named on the command line: their links are restored (CORE-37).</summary>
    public ValueList<string> NamedUnits { get; init; }

    internal bool Restores(string unit) => Force || NamedUnits.Contains(unit);
}

/// <summary>Everything an apply would do, as a value. Dry run, difference, JSON and the console are views of it.</summary>
public sealed record ChangePlan
{
    /// <summary>Changes below <c>/etc</c> and the state directory, in the order they are made: files, then links that switch them on, then what goes.</summary>
    public ValueList<PlannedChange> Changes { get; init; }

    /// <summary>Changes inside the tree.</summary>
    public ValueList<TreeChange> TreeChanges { get; init; }

    /// <summary>Things to make before anything is staged.</summary>
    public ValueList<Provision> Provisions { get; init; }

    /// <summary>Files of others, such as renewed certificates, that daemons have to take into use by a reload.</summary>
    public ValueList<PlannedLoad> Loads { get; init; }

    /// <summary>Files that were edited by hand, or that belong to somebody else, and are left alone.</summary>
    public ValueList<LeftAlone> LeftAlone { get; init; }

    /// <summary>Record entries that only catch up with the disk; nothing is written but the record.</summary>
    public ValueList<WrittenEntry> Adoptions { get; init; }

    /// <summary>Recorded paths that are gone from the disk, or somebody else's by now; only the record forgets them.</summary>
    public ValueList<string> Forgotten { get; init; }

    /// <summary>Files whose new text a checker refused before, and that no longer ask for another text than they have: the refused copy is of no interest any more.</summary>
    public ValueList<HostPath> NoLongerRejected { get; init; }

    /// <summary>The daemons of the changes, each once: checked before and reloaded after.</summary>
    public ValueList<Daemon> Daemons { get; init; }

    /// <summary>All findings, those of the tree included.</summary>
    public ValueList<Diagnostic> Diagnostics { get; init; }

    /// <summary>Why the whole plan is refused (CORE-5); null when it may be applied.</summary>
    public Diagnostic? Refusal { get; init; }

    /// <summary>True when applying would change nothing.</summary>
    public bool IsEmpty => Changes.Count == 0 && TreeChanges.Count == 0 && Provisions.Count == 0 && Loads.Count == 0;

    /// <summary>Units for which something has to be taken into use by one of some daemons.</summary>
    public IEnumerable<string> UnitsOf(IReadOnlyCollection<string> daemons) =>
        Changes.Where(change => change.Daemons.Any(daemons.Contains)).Select(change => change.Unit)
            .Concat(Loads.Where(load => load.Entry.Daemons.Any(daemons.Contains)).Select(load => load.Entry.Unit))
            .Distinct(StringComparer.Ordinal);

    /// <summary>The plan without everything that some daemons have to take into use: that is left for a later plan.</summary>
    public ChangePlan Without(IReadOnlyCollection<string> daemons)
    {
        var changes = Changes.Where(change => !change.Daemons.Any(daemons.Contains)).ToValueList();
        var loads = Loads.Where(load => !load.Entry.Daemons.Any(daemons.Contains)).ToValueList();
        var left = changes.SelectMany(change => change.Daemons).Concat(loads.SelectMany(load => load.Entry.Daemons)).ToHashSet(StringComparer.Ordinal);
        return this with { Changes = changes, Loads = loads, Daemons = Daemons.Where(daemon => left.Contains(daemon.Name)).ToValueList() };
    }
}

/// <summary>A file of others that daemons take into use with this plan.</summary>
/// <param name="Because">Why they read it.</param>
/// <param name="Entry">What the record says afterwards. An empty version means that of the file made in the same apply.</param>
public sealed record PlannedLoad(string Because, WrittenLoad Entry)
{
    /// <summary>Where clients must see it afterwards, when it is a certificate.</summary>
    public ValueList<ShownCertificate> Shown { get; init; }
}

/// <summary>A file that stays as it is against what the tree asks for.</summary>
/// <param name="File">What the tree asks for.</param>
/// <param name="Unit">Who asks.</param>
/// <param name="Verdict">Edited, edited and out of date, or foreign.</param>
/// <param name="Current">What is there.</param>
/// <param name="Stat">Its status when it was read.</param>
public sealed record LeftAlone(RenderedFile File, string Unit, FileVerdict Verdict, ReadOnlyMemory<byte> Current, FileStat Stat);

/// <summary>One change of a plan.</summary>
public abstract record PlannedChange
{
    private protected PlannedChange()
    {
    }

    /// <summary>What is changed.</summary>
    public required HostPath Path { get; init; }

    /// <summary>The domain it is done for, or <see cref="DesiredUnit.HostUnit"/>.</summary>
    public required string Unit { get; init; }

    /// <summary>Tree path or rule that asks for it.</summary>
    public required string Because { get; init; }

    /// <summary>Daemons that check it and take it into use.</summary>
    public ValueList<string> Daemons { get; init; }

    /// <summary>What is on disk now. Applying changes nothing when that is another file by then.</summary>
    public FoundFile Found { get; init; } = FoundFile.Missing.Instance;

    /// <summary>What the record says of the file or link afterwards; null when the path is forgotten.</summary>
    public WrittenEntry? Entry { get; init; }

    /// <summary>Makes or replaces a file.</summary>
    public sealed record WriteFile : PlannedChange
    {
        /// <summary>What is asked for.</summary>
        public required RenderedFile File { get; init; }

        /// <summary>All bytes, footer included.</summary>
        public required ReadOnlyMemory<byte> Content { get; init; }

        /// <summary>Why it is written.</summary>
        public required FileVerdict Verdict { get; init; }

        /// <summary>Owner.</summary>
        public uint Uid { get; init; }

        /// <summary>Group.</summary>
        public uint Gid { get; init; }

        /// <summary>True when what is there is not ours and must not be lost: a copy is kept in the state directory.</summary>
        public bool KeepsCopy { get; init; }

        /// <summary>The generated text that the file is based on, when that is another than <see cref="Content"/> because an edit was merged in; otherwise null.</summary>
        public ReadOnlyMemory<byte>? BaseContent { get; init; }

        /// <summary>Modification time, in seconds, that the new version must exceed; 0 when any will do (MAIL-171).</summary>
        public long LaterThanSeconds { get; init; }
    }

    /// <summary>Removes a file that nothing asks for any more.</summary>
    public sealed record RemoveFile : PlannedChange
    {
        /// <summary>True when it was edited by hand: a copy is kept in the state directory.</summary>
        public bool KeepsCopy { get; init; }
    }

    /// <summary>Makes a symbolic link.</summary>
    public sealed record MakeLink : PlannedChange
    {
        /// <summary>Where it leads, as written into the link.</summary>
        public required string Target { get; init; }
    }

    /// <summary>Removes a symbolic link of ours.</summary>
    public sealed record RemoveLink : PlannedChange;
}
