using DiffPlex;

namespace Symbiosis.Planning;

/// <summary>A difference of two texts in the unified format of diff(1): three lines of context, <c>@@</c> headers, no file names.</summary>
public static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>The lines of the difference; none when the texts are equal.</summary>
    public static IReadOnlyList<string> Lines(string before, string after)
    {
        // Without its last line break a text has as many pieces as lines.
        var diff = new Differ().CreateLineDiffs(TrimLastBreak(before), TrimLastBreak(after), ignoreWhitespace: false);
        var lines = new List<string>();
        for (var first = 0; first < diff.DiffBlocks.Count;)
        {
            // Blocks whose contexts touch share one hunk.
            var last = first;
            while (last + 1 < diff.DiffBlocks.Count && diff.DiffBlocks[last + 1].DeleteStartA - EndA(diff.DiffBlocks[last]) <= 2 * Context)
                last++;
            AddHunk(lines, diff.PiecesOld, diff.PiecesNew, diff.DiffBlocks.Skip(first).Take(last - first + 1).ToList());
            first = last + 1;
        }

        return lines;
    }

    private static string TrimLastBreak(string text) => text.EndsWith('\n') ? text[..^1] : text;

    private static int EndA(DiffPlex.Model.DiffBlock block) => block.DeleteStartA + block.DeleteCountA;

    private static void AddHunk(List<string> lines, string[] before, string[] after, List<DiffPlex.Model.DiffBlock> blocks)
    {
        var startA = Math.Max(0, blocks[0].DeleteStartA - Context);
        var endA = Math.Min(before.Length, EndA(blocks[^1]) + Context);
        var startB = blocks[0].InsertStartB - (blocks[0].DeleteStartA - startA);
        var added = blocks.Sum(block => block.InsertCountB) - blocks.Sum(block => block.DeleteCountA);
        lines.Add($"@@ -{Range(startA, endA - startA)} +{Range(startB, endA - startA + added)} @@");
        var at = startA;
        foreach (var block in blocks)
        {
            for (; at < block.DeleteStartA; at++)
                lines.Add(" " + before[at]);
            for (; at < EndA(block); at++)
                lines.Add("-" + before[at]);
            for (var i = 0; i < block.InsertCountB; i++)
                lines.Add("+" + after[block.InsertStartB + i]);
        }

        for (; at < endA; at++)
            lines.Add(" " + before[at]);
    }

    // diff(1): an empty range is named by the line before it.
    private static string Range(int start, int count) => count == 1 ? $"{start + 1}" : $"{(count == 0 ? start : start + 1)},{count}";
}
