using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Planning;

/// <summary>Every sort of finding that planning reports.</summary>
public static class PlanningDiagnostics
{
    internal static readonly DiagnosticKind EditedByHand = new("PLAN001", Severity.Note, "A generated file was edited by hand and is left alone");

    internal static readonly DiagnosticKind MergeDue = new("PLAN002", Severity.Warning, "A generated file was edited by hand, and what would be generated has changed since");

    internal static readonly DiagnosticKind ForeignFile = new("PLAN003", Severity.Warning, "A file that this program did not make is where a generated file belongs");

    internal static readonly DiagnosticKind ClaimedTwice = new("PLAN004", Severity.Error, "Two parts of the tree ask for the same file");

    internal static readonly DiagnosticKind NotARegularFile = new("PLAN005", Severity.Error, "The place of a generated file is taken by something that is not a regular file");

    internal static readonly DiagnosticKind NoSuchOwner = new("PLAN006", Severity.Error, "The user or group that a generated file should belong to does not exist");

    internal static readonly DiagnosticKind LinkPlaceTaken = new("PLAN007", Severity.Warning, "The place of a link is taken by something this program did not make");

    internal static readonly DiagnosticKind SwitchedOff = new("PLAN008", Severity.Warning, "The link that switches a generated file on was removed by hand and stays removed");

    internal static readonly DiagnosticKind TableChanged = new("PLAN009", Severity.Warning, "A generated table was changed by hand and is put back");

    internal static readonly DiagnosticKind Startling = new("PLAN010", Severity.Error, "Most or all domains vanished at once; nothing is changed");

    internal static readonly DiagnosticKind EditedOrphan = new("PLAN011", Severity.Warning, "A file that nothing asks for any more was edited by hand; it is taken out of service and kept aside");

    internal static readonly DiagnosticKind MergeConflict = new("PLAN012", Severity.Error, "A hand edit and the generated text changed the same lines");

    /// <summary>All of them.</summary>
    public static ValueList<DiagnosticKind> All { get; } =
    [
        EditedByHand, MergeDue, ForeignFile, ClaimedTwice, NotARegularFile, NoSuchOwner, LinkPlaceTaken, SwitchedOff, TableChanged, Startling, EditedOrphan, MergeConflict,
    ];
}
