using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Planning;

namespace Symbiosis.Tests.Planning;

public sealed class UnifiedDiffTests
{
    [Fact]
    public void Equal_texts_have_no_difference() => UnifiedDiff.Lines("a\nb\n", "a\nb\n").ShouldBeEmpty();

    [Fact]
    public void A_changed_line_is_shown_with_three_lines_around_it() =>
        UnifiedDiff.Lines("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n")
            .ShouldBe(["@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"]);

    [Fact]
    public void Changes_far_apart_get_hunks_of_their_own() =>
        UnifiedDiff.Lines("a\n1\n2\n3\n4\n5\n6\n7\nz\n", "A\n1\n2\n3\n4\n5\n6\n7\nZ\n").Count(line => line.StartsWith("@@", StringComparison.Ordinal)).ShouldBe(2);

    [Fact]
    public void Removing_the_removed_and_adding_the_added_lines_of_a_whole_difference_gives_the_new_text()
    {
        var letters = Gen.Elements("a", "b", "c", "d").ListOf();
        Prop.ForAll(letters.Zip(letters).ToArbitrary(), pair =>
        {
            var before = string.Concat(pair.Item1.Select(letter => letter + "\n"));
            var after = string.Concat(pair.Item2.Select(letter => letter + "\n"));
            var lines = UnifiedDiff.Lines(before, after).Where(line => line[0] != '@').ToList();
            return lines.Count(line => line[0] == '+') - lines.Count(line => line[0] == '-') == pair.Item2.Count - pair.Item1.Count
                && (before == after) == (lines.Count == 0);
        }).QuickCheckThrowOnFailure();
    }
}
