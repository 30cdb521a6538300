using System.Globalization;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;

namespace Symbiosis.Tests.Output;

public sealed class DiagnosticWriterTests
{
    private static readonly DiagnosticKind _note = new("TEST001", Severity.Note, "a note");
    private static readonly DiagnosticKind _error = new("TEST002", Severity.Error, "an error");

    [Fact]
    public void Of_many_notes_some_are_shown_and_of_errors_all_come_last()
    {
        var findings = Enumerable.Range(0, 500).Select(i => (i % 2 == 0 ? _note : _error).At($"/srv/{i:000}", "here"));
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };

        DiagnosticWriter.Write(findings, new Terminal(text, isTerminal: false));

        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[..DiagnosticWriter.MostNotes].ShouldAllBe(line => line.Contains(" note TEST001: "));
        lines[DiagnosticWriter.MostNotes].ShouldBe("… and 240 more notes TEST001; 'symbiosis plan DOMAIN' shows those of one domain");
        lines[(DiagnosticWriter.MostNotes + 1)..].ShouldAllBe(line => line.Contains(" error TEST002: "));
        lines.Length.ShouldBe(DiagnosticWriter.MostNotes + 1 + 250);
    }
}
