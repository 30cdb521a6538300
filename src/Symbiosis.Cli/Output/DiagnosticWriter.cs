using Symbiosis.Diagnostics;

namespace Symbiosis.Cli.Output;

/// <summary>Findings on standard error, one line each, errors last so that they are what is seen at the prompt.</summary>
internal static class DiagnosticWriter
{
    public static void Write(IEnumerable<Diagnostic> diagnostics, Terminal terminal)
    {
        foreach (var diagnostic in diagnostics.OrderBy(found => found.Severity).ThenBy(found => found.Path, StringComparer.Ordinal).ThenBy(found => found.Line))
            terminal.Line(Paint(diagnostic, terminal));
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
