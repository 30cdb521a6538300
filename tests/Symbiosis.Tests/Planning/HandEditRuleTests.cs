using System.Text;
using Symbiosis.Model;
using Symbiosis.Planning;

namespace Symbiosis.Tests.Planning;

/// <summary>The table in the comment of <see cref="HandEditRule"/>, line by line.</summary>
public sealed class HandEditRuleTests
{
    [Theory]
    // on disk, footer, sentence, last written, base -> verdict; with force. "new" is the text that is wanted.
    [InlineData(null, FooterState.None, false, null, null, FileVerdict.Create, FileVerdict.Create)]
    [InlineData(null, FooterState.None, false, "old", "old", FileVerdict.Create, FileVerdict.Create)] // deleted by hand: comes back
    [InlineData("new", FooterState.Correct, false, "new", "new", FileVerdict.UpToDate, FileVerdict.UpToDate)]
    [InlineData("new", FooterState.Correct, false, "old", "old", FileVerdict.UpToDate, FileVerdict.UpToDate)] // the same edit on both sides is agreement
    [InlineData("new", FooterState.Correct, false, null, null, FileVerdict.UpToDate, FileVerdict.UpToDate)] // lost state
    [InlineData("old", FooterState.Correct, false, "old", "old", FileVerdict.OutOfDate, FileVerdict.Forced)]
    [InlineData("old", FooterState.None, false, "old", "old", FileVerdict.OutOfDate, FileVerdict.Forced)] // a format without comments: the record knows
    [InlineData("old", FooterState.Correct, false, null, null, FileVerdict.OutOfDate, FileVerdict.Forced)] // lost state, or a host of the original: the footer knows
    [InlineData("older", FooterState.Correct, false, "old", "old", FileVerdict.OutOfDate, FileVerdict.Forced)] // an older version from a backup
    [InlineData("edit", FooterState.Wrong, false, "new", "new", FileVerdict.Edited, FileVerdict.Forced)]
    [InlineData("edit", FooterState.Wrong, false, "old", "old", FileVerdict.EditedAndOutOfDate, FileVerdict.Forced)]
    [InlineData("edit", FooterState.Wrong, false, null, null, FileVerdict.EditedAndOutOfDate, FileVerdict.Forced)]
    [InlineData("edit", FooterState.Wrong, true, "old", "old", FileVerdict.EditedAndOutOfDate, FileVerdict.Forced)] // the sentence counts only without a footer
    [InlineData("edit", FooterState.None, false, "new", "new", FileVerdict.Edited, FileVerdict.Forced)] // the footer was deleted or text stands after it
    [InlineData("edit", FooterState.None, false, "old", "old", FileVerdict.EditedAndOutOfDate, FileVerdict.Forced)]
    [InlineData("edit", FooterState.None, true, "old", "old", FileVerdict.CarriesSentence, FileVerdict.Forced)] // CORE-T15
    [InlineData("edit", FooterState.None, true, null, null, FileVerdict.CarriesSentence, FileVerdict.Forced)]
    [InlineData("edit", FooterState.None, false, null, null, FileVerdict.Foreign, FileVerdict.Forced)]
    [InlineData("merged", FooterState.Wrong, false, "merged", "new", FileVerdict.Edited, FileVerdict.Forced)] // we wrote it, but an edit is in it
    [InlineData("merged", FooterState.Wrong, false, "merged", "old", FileVerdict.EditedAndOutOfDate, FileVerdict.Forced)]
    [InlineData("merged", FooterState.None, false, "merged", "old", FileVerdict.EditedAndOutOfDate, FileVerdict.Forced)]
    public void CORE_36(string? current, FooterState footer, bool sentence, string? lastWritten, string? @base, FileVerdict verdict, FileVerdict forced)
    {
        var texts = new FileTexts(Digest("new"), current is null ? null : new CurrentText(Digest(current), footer, sentence), DigestOrNull(lastWritten), DigestOrNull(@base));

        HandEditRule.Decide(texts, force: false).ShouldBe(verdict);
        HandEditRule.Decide(texts, force: true).ShouldBe(forced);
    }

    [Theory]
    [InlineData(null, "old", FileVerdict.Create)]
    [InlineData("new", "old", FileVerdict.UpToDate)]
    [InlineData("old", "old", FileVerdict.OutOfDate)]
    [InlineData("other", null, FileVerdict.OutOfDate)] // lost state: whatever is there was a table
    [InlineData("other", "old", FileVerdict.TableChanged)]
    public void A_table_is_always_put_right(string? current, string? lastWritten, FileVerdict verdict) =>
        HandEditRule.DecideTable(new FileTexts(
            Digest("new"), current is null ? null : new CurrentText(Digest(current), FooterState.None, HasSentence: false), DigestOrNull(lastWritten), Base: null)).ShouldBe(verdict);

    private static ContentDigest Digest(string text) => ContentDigest.Of(Encoding.UTF8.GetBytes(text));

    private static ContentDigest? DigestOrNull(string? text) => text is null ? null : Digest(text);
}
