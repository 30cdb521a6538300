using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Applying;

/// <summary>Every sort of finding that applying reports.</summary>
public static class ApplyingDiagnostics
{
    internal static readonly DiagnosticKind CheckerRefused = new("APPLY001", Severity.Error, "A daemon's own checker refuses the new configuration; the last good one stays");

    internal static readonly DiagnosticKind BrokenBefore = new("APPLY002", Severity.Error, "A daemon's configuration was broken before this change, so nothing new goes live for it");

    internal static readonly DiagnosticKind CheckerFailed = new("APPLY003", Severity.Error, "A daemon's checker could not be run");

    internal static readonly DiagnosticKind ReloadFailed = new("APPLY004", Severity.Error, "A daemon could not be reloaded; its files are put back");

    internal static readonly DiagnosticKind ProbeFailed = new("APPLY005", Severity.Error, "A daemon does not answer after its reload; its files are put back");

    internal static readonly DiagnosticKind StillBroken = new("APPLY006", Severity.Error, "A daemon does not work with its old files either");

    internal static readonly DiagnosticKind NotRunning = new("APPLY007", Severity.Warning, "A daemon is not running; its new configuration counts from its next start");

    internal static readonly DiagnosticKind HostRefused = new("APPLY008", Severity.Error, "The host refused a change; nothing is changed");

    internal static readonly DiagnosticKind ChangedMeanwhile = new("APPLY009", Severity.Warning, "A file was changed by somebody else while it was being applied; it is left alone");

    internal static readonly DiagnosticKind Recovered = new("APPLY010", Severity.Note, "An interrupted apply was found and undone or finished");

    internal static readonly DiagnosticKind TreeChangeFailed = new("APPLY011", Severity.Error, "A file in the tree could not be changed");

    internal static readonly DiagnosticKind CopyKept = new("APPLY012", Severity.Note, "A copy of a replaced file is kept in the state directory");

    internal static readonly DiagnosticKind OtherCertificate = new("APPLY013", Severity.Error, "A daemon shows another certificate than the published one after its reload");

    /// <summary>All of them.</summary>
    public static ValueList<DiagnosticKind> All { get; } =
    [
        CheckerRefused, BrokenBefore, CheckerFailed, ReloadFailed, ProbeFailed, StillBroken, NotRunning, HostRefused, ChangedMeanwhile, Recovered, TreeChangeFailed, CopyKept, OtherCertificate,
    ];
}
