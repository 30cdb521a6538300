using Symbiosis.Diagnostics;
using Symbiosis.Watching;

namespace Symbiosis.Tests.Watching;

public sealed class FindingBookTests
{
    [Fact]
    public void What_stands_is_warnings_and_errors_and_no_notes()
    {
        var book = new FindingBook();
        book.TakeScan([.. Enum.GetValues<Severity>().Select(severity => new DiagnosticKind("TEST001", severity, "test").At("/srv", "here"))]);

        book.All.Select(finding => finding.Severity).ShouldBe([Severity.Error, Severity.Warning]);
    }
}
