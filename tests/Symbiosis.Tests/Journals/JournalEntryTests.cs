using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Journals;

namespace Symbiosis.Tests.Journals;

public sealed class JournalEntryTests
{
    [Fact]
    public void An_entry_is_what_journalctl_prints() =>
        JournalEntry.Parse("""{"_UID":"0","MESSAGE":"auth: hello","__REALTIME_TIMESTAMP":"1796082049222386"}""")
            .ShouldBe(new JournalEntry(DateTimeOffset.FromUnixTimeMilliseconds(1796082049222).AddTicks(3860), "auth: hello"));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"MESSAGE":[98,255],"__REALTIME_TIMESTAMP":"1796082049222386"}""")] // bytes that are no text
    [InlineData("""{"MESSAGE":null,"__REALTIME_TIMESTAMP":"1796082049222386"}""")] // too long
    [InlineData("""{"MESSAGE":"half \ud800","__REALTIME_TIMESTAMP":"1796082049222386"}""")]
    [InlineData("""{"MESSAGE":"a","__REALTIME_TIMESTAMP":"-1"}""")]
    [InlineData("""{"MESSAGE":"a","__REALTIME_TIMESTAMP":"9223372036854775807"}""")]
    [InlineData("""{"MESSAGE":"a"}""")]
    public void Anything_else_is_none(string line) => JournalEntry.Parse(line).ShouldBeNull();

    [Fact]
    public void No_line_makes_it_fail() => Prop.ForAll<string>(line => _ = JournalEntry.Parse(line ?? "")).QuickCheckThrowOnFailure();
}
