using System.Text;
using DiffPlex;
using DiffPlex.Model;
using Symbiosis.Model;

namespace Symbiosis.Planning;

/// <summary>Two edits of the same lines that do not agree.</summary>
/// <param name="Line">Where it begins in the edited file, counted from 1.</param>
/// <param name="Base">The lines both started from; empty when unknown.</param>
/// <param name="Yours">What the administrator made of them.</param>
/// <param name="Generated">What would be generated now.</param>
public sealed record MergeConflict(int Line, string Base, string Yours, string Generated);

/// <summary>The merged text.</summary>
/// <param name="Text">All edits of both sides; with markers where they conflict.</param>
/// <param name="Conflicts">The conflicts, in order.</param>
public sealed record MergeResult(string Text, ValueList<MergeConflict> Conflicts);

/// <summary>
/// Brings a hand edit and a newly generated text together, line by line (diff3). A change that only one side made is taken; the same change on both sides is agreement; changes of the same or
/// of touching lines are a conflict.
/// </summary>
public static class ThreeWayMerge
{
    /// <summary>How a conflict begins in a text with markers.</summary>
    public const string YoursMarker = "<<<<<<< edited by hand";

    private const string BaseMarker = "||||||| generated before";
    private const string MiddleMarker = "=======";
    private const string GeneratedMarker = ">>>>>>> generated now";

    private readonly record struct Edit(int Start, int End, int OtherStart, int OtherEnd);

    /// <summary>Merges.</summary>
    /// <param name="base">The text both sides started from; null when it is unknown, which makes every difference a conflict.</param>
    /// <param name="yours">The edited text.</param>
    /// <param name="generated">The generated text.</param>
    public static MergeResult Merge(string? @base, string yours, string generated)
    {
        var result = new StringBuilder();
        var conflicts = new List<MergeConflict>();
        var baseLines = SplitLines(@base ?? yours);
        var yourLines = SplitLines(yours);
        var generatedLines = SplitLines(generated);
        var yourEdits = @base is null ? [] : FindEdits(@base, yours);
        var generatedEdits = FindEdits(@base ?? yours, generated);
        int at = 0, nextYours = 0, nextGenerated = 0, yourOffset = 0, generatedOffset = 0;
        while (nextYours < yourEdits.Count || nextGenerated < generatedEdits.Count)
        {
            // The next region of the base that somebody changed, as far as changes touch each other.
            var start = Math.Min(StartOf(yourEdits, nextYours), StartOf(generatedEdits, nextGenerated));
            var end = start;
            int yourDelta = 0, generatedDelta = 0;
            bool youChanged = false, generatorChanged = false;
            for (var grew = true; grew;)
            {
                grew = Take(yourEdits, ref nextYours, ref end, ref yourDelta, ref youChanged);
                grew |= Take(generatedEdits, ref nextGenerated, ref end, ref generatedDelta, ref generatorChanged);
            }

            AppendLines(result, baseLines, at, start);
            var baseText = Join(baseLines, start, end);
            var yourText = Join(yourLines, start + yourOffset, end + yourOffset + yourDelta);
            var generatedText = Join(generatedLines, start + generatedOffset, end + generatedOffset + generatedDelta);
            if (@base is not null && (!generatorChanged || yourText == generatedText))
            {
                result.Append(yourText);
            }
            else if (@base is not null && !youChanged)
            {
                result.Append(generatedText);
            }
            else
            {
                var conflict = new MergeConflict(start + yourOffset + 1, @base is null ? "" : baseText, yourText, generatedText);
                conflicts.Add(conflict);
                AppendConflict(result, conflict, @base is not null);
            }

            at = end;
            yourOffset += yourDelta;
            generatedOffset += generatedDelta;
        }

        AppendLines(result, baseLines, at, baseLines.Length);
        return new MergeResult(result.ToString(), conflicts.ToValueList());
    }

    /// <summary>True when a text still has the markers of a conflict.</summary>
    public static bool HasMarkers(string text) => SplitLines(text).Any(line => line.StartsWith("<<<<<<< ", StringComparison.Ordinal) || line.StartsWith(">>>>>>> ", StringComparison.Ordinal));

    private static int StartOf(List<Edit> edits, int next) => next < edits.Count ? edits[next].Start : int.MaxValue;

    private static bool Take(List<Edit> edits, ref int next, ref int end, ref int delta, ref bool changed)
    {
        var before = next;
        for (; next < edits.Count && edits[next].Start <= end; next++)
        {
            var edit = edits[next];
            // A region that begins with this edit starts where it starts, so the first one always is taken.
            end = Math.Max(end, edit.End);
            delta += edit.OtherEnd - edit.OtherStart - (edit.End - edit.Start);
            changed = true;
        }

        return next > before;
    }

    private static List<Edit> FindEdits(string from, string to) =>
        [.. new Differ().CreateCustomDiffs(from, to, ignoreWhiteSpace: false, SplitLines).DiffBlocks.Select(EditOf)];

    private static Edit EditOf(DiffBlock block) => new(block.DeleteStartA, block.DeleteStartA + block.DeleteCountA, block.InsertStartB, block.InsertStartB + block.InsertCountB);

    // Lines keep their ends, so that a missing last line break is a difference like any other.
    private static string[] SplitLines(string text)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is var found and >= 0 ? found + 1 : text.Length;
            lines.Add(text[start..end]);
            start = end;
        }

        return [.. lines];
    }

    private static string Join(string[] lines, int start, int end) => string.Concat(lines[start..end]);

    private static void AppendLines(StringBuilder result, string[] lines, int start, int end)
    {
        for (var i = start; i < end; i++)
            result.Append(lines[i]);
    }

    private static void AppendConflict(StringBuilder result, MergeConflict conflict, bool hasBase)
    {
        if (result.Length > 0 && result[^1] != '\n')
            result.Append('\n');
        result.Append(YoursMarker).Append('\n').Append(WithBreak(conflict.Yours));
        if (hasBase)
            result.Append(BaseMarker).Append('\n').Append(WithBreak(conflict.Base));
        result.Append(MiddleMarker).Append('\n').Append(WithBreak(conflict.Generated)).Append(GeneratedMarker).Append('\n');
    }

    private static string WithBreak(string text) => text.Length == 0 || text.EndsWith('\n') ? text : text + "\n";
}
