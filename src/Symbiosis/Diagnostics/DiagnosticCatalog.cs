using Symbiosis.Applying;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;
using Symbiosis.Tree;

namespace Symbiosis.Diagnostics;

/// <summary>Every sort of finding the program can report. The manual has an entry for each.</summary>
public static class DiagnosticCatalog
{
    /// <summary>All kinds, sorted by id.</summary>
    public static ValueList<DiagnosticKind> All { get; } =
        ServiceCatalog.All.SelectMany(service => service.Diagnostics).Concat(TreeDiagnostics.All).Concat(PlanningDiagnostics.All).Concat(ApplyingDiagnostics.All).OrderBy(kind => kind.Id, StringComparer.Ordinal).ToValueList();
}
