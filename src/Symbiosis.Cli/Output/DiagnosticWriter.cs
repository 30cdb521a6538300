using Symbiosis.Diagnostics;

namespace Symbiosis.Cli.Output;

/// <summary>Findings on standard error, one line each, errors last so that they are what is seen at the prompt. Of many notes of one kind only some are shown.</summary>
internal static class DiagnosticWriter
{
    /// <summary>So many notes of a kind are shown, and no more: whoever has thousands of domains looks for the errors.</summary>
    public const int MostNotes = 10;

    public static void Write(IEnumerable<Diagnostic> diagnostics, Terminal terminal)
    {
        var sorted = diagnostics.OrderBy(found => found.Severity).ThenBy(found => found.Path, StringComparer.Ordinal).ThenBy(found => found.Line).ToList();
        foreach (var kind in sorted.Where(found => found.Severity == Severity.Note).GroupBy(found => found.Kind))
        {
            foreach (var note in kind.Take(MostNotes))
                terminal.Line(Paint(note, terminal));
            if (kind.Count() > MostNotes)
                terminal.Line($"… and {kind.Count() - MostNotes} more notes {kind.Key.Id}; 'symbiosis plan DOMAIN' shows those of one domain");
        }

        foreach (var finding in sorted.Where(found => found.Severity != Severity.Note))
            terminal.Line(Paint(finding, terminal));
    }

    private static string Paint(Diagnostic diagnostic, Terminal terminal)
    {
        var text = diagnostic.ToString();
        return diagnostic.Severity switch
        {
            Severity.Error => terminal.Red(text),
            Severity.Warning => terminal.Yellow(text),
            _ => text,
        };
    }
}
