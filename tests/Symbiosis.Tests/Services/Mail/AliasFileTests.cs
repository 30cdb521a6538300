using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Services.Mail;

namespace Symbiosis.Tests.Services.Mail;

public sealed class AliasFileTests
{
    [Theory]
    [InlineData("info: bob@example.com, alice@example.com", "info", "bob@example.com, alice@example.com")]
    [InlineData("sales bob", "sales", "bob")]
    [InlineData("Sales: bob", "sales", "bob")]
    [InlineData("many: bob,\n   alice", "many", "bob, alice")]
    [InlineData("many: bob,\n# a remark\n\n\talice", "many", "bob, alice")]
    [InlineData("x : bob", "x", "bob")]
    [InlineData("nobody: :fail: no such person", "nobody", ":fail: no such person")]
    [InlineData("nobody :fail: no such person", "nobody", ":fail: no such person")]
    [InlineData("void: :blackhole:", "void", ":blackhole:")]
    [InlineData("\"john doe\": bob", "john doe", "bob")]
    [InlineData("\"a:b\\\"c\" bob", "a:b\"c", "bob")]
    [InlineData("p: \"|/usr/bin/tool -x\"", "p", "\"|/usr/bin/tool -x\"")]
    [InlineData("\uFEFFx: y", "\uFEFFx", "y")] // the byte order mark is dropped when the file is read, not here
    public void MAIL_30_entries(string text, string name, string targets) => AliasFile.Parse(text).Entries.ShouldHaveSingleItem().ShouldBe(new AliasEntry(name, targets, 1));

    [Theory]
    [InlineData("a: b\na: c", 2, "twice")]
    [InlineData("info:", 1, "no target")]
    [InlineData("info", 1, "no target")]
    [InlineData("\"info: bob", 1, "quotes")]
    [InlineData("info@example.com: bob", 1, "'@'")]
    [InlineData("  bob", 1, "none before it")]
    [InlineData("a: b\u0001", 1, "control character")]
    public void MAIL_30_faults_name_their_line(string text, int line, string reason)
    {
        var fault = AliasFile.Parse(text).Faults.ShouldHaveSingleItem();

        fault.Line.ShouldBe(line);
        fault.Message.ShouldContain(reason);
    }

    [Fact]
    public void The_first_of_two_entries_counts() => AliasFile.Parse("a: b\na: c").Entries.ShouldHaveSingleItem().Targets.ShouldBe("b");

    [Fact]
    public void A_table_holds_the_same_entries_again() => Prop.ForAll<NonNull<string>, NonNull<string>>((left, right) =>
    {
        var entries = AliasFile.Parse($"{left.Get}\n{right.Get}\n\"{left.Get}\": {right.Get}").Entries;
        return AliasFile.Parse(AliasTable.Render(entries)).Entries.Select(entry => (entry.Name, entry.Targets))
            .SequenceEqual(entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => (entry.Name, entry.Targets)));
    }).QuickCheckThrowOnFailure();
}
