using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Planning;

namespace Symbiosis.Tests.Planning;

public sealed class ThreeWayMergeTests
{
    [Theory]
    [InlineData("a b c d e", "a b c d e", "a b c d e", "a b c d e")]
    [InlineData("a b c d e", "a X c d e", "a b c d e", "a X c d e")] // only you changed
    [InlineData("a b c d e", "a b c d e", "a b c Y e", "a b c Y e")] // only the generator changed
    [InlineData("a b c d e", "a X c d e", "a b c Y e", "a X c Y e")] // both, apart
    [InlineData("a b c d e", "a X c d e", "a X c d e", "a X c d e")] // the same edit on both sides is agreement
    [InlineData("a b c d e", "a c d e", "a b c d e f", "a c d e f")] // a deletion and an addition
    [InlineData("a b c", "N a b c", "a b c M", "N a b c M")]
    [InlineData("a b c", "a b c N", "a b c N", "a b c N")] // the same addition
    [InlineData("a b c d e f", "a d e f", "a b c d Y f", "a d Y f")]
    [InlineData("", "a", "a", "a")]
    [InlineData("a b", "", "a b", "")]
    public void Merges(string @base, string yours, string generated, string merged)
    {
        var result = ThreeWayMerge.Merge(Lines(@base), Lines(yours), Lines(generated));

        result.Text.ShouldBe(Lines(merged));
        result.Conflicts.Count.ShouldBe(0);
    }

    [Fact]
    public void A_conflict_names_its_line_in_the_edited_file_and_shows_all_three_sides()
    {
        var result = ThreeWayMerge.Merge(Lines("a b c d e"), Lines("new a X c d e"), Lines("a Y c d E"));

        result.Conflicts.ShouldBe([new MergeConflict(3, "b\n", "X\n", "Y\n")]);
        result.Text.ShouldBe(Lines("new a") + "<<<<<<< edited by hand\nX\n||||||| generated before\nb\n=======\nY\n>>>>>>> generated now\n" + Lines("c d E"));
        ThreeWayMerge.HasMarkers(result.Text).ShouldBeTrue();
    }

    [Theory]
    [InlineData("a b c", "a X c", "a b Y")] // touching lines: who knows whether they belong together
    [InlineData("a b c", "a X b c", "a Y b c")] // two additions at one place
    [InlineData("a b c", "a c", "a B c")] // deleted here, changed there
    public void Conflicts(string @base, string yours, string generated) =>
        ThreeWayMerge.Merge(Lines(@base), Lines(yours), Lines(generated)).Conflicts.Count.ShouldBe(1);

    [Fact]
    public void Without_a_base_every_difference_is_a_conflict()
    {
        var result = ThreeWayMerge.Merge(@base: null, Lines("a X c d e"), Lines("a Y c d E"));

        result.Conflicts.Select(conflict => (conflict.Line, conflict.Yours, conflict.Generated)).ShouldBe([(2, "X\n", "Y\n"), (5, "e\n", "E\n")]);
        result.Text.ShouldNotContain("generated before");
    }

    [Fact]
    public void Merging_equal_sides_gives_that_side_and_an_unchanged_side_gives_the_other()
    {
        var texts = Gen.Elements("a\n", "b\n", "c\n", "d").ListOf().Select(lines => string.Concat(lines));
        Prop.ForAll(texts.Zip(texts).ToArbitrary(), pair =>
        {
            var (@base, other) = pair;
            return ThreeWayMerge.Merge(@base, other, other) == new MergeResult(other, [])
                && ThreeWayMerge.Merge(@base, @base, other) == new MergeResult(other, [])
                && ThreeWayMerge.Merge(@base, other, @base) == new MergeResult(other, []);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_line_of_either_side_is_lost_when_both_only_add()
    {
        var additions = Gen.Elements(0, 1, 2, 3, 4, 5).ListOf();
        Prop.ForAll(additions.Zip(additions).ToArbitrary(), pair =>
        {
            var lines = new[] { "one\n", "two\n", "three\n", "four\n", "five\n" };
            var result = ThreeWayMerge.Merge(string.Concat(lines), WithAdditions(lines, pair.Item1, "mine"), WithAdditions(lines, pair.Item2, "theirs"));
            return lines.All(line => result.Text.Contains(line, StringComparison.Ordinal))
                && pair.Item1.All(at => result.Text.Contains($"mine {at}\n", StringComparison.Ordinal))
                && pair.Item2.All(at => result.Text.Contains($"theirs {at}\n", StringComparison.Ordinal));
        }).QuickCheckThrowOnFailure();
    }

    private static string WithAdditions(string[] lines, IEnumerable<int> places, string who)
    {
        var text = "";
        for (var i = 0; i <= lines.Length; i++)
            text += (places.Contains(i) ? $"{who} {i}\n" : "") + (i < lines.Length ? lines[i] : "");
        return text;
    }

    private static string Lines(string words) => string.Concat(words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word + "\n"));
}
