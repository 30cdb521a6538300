using System.Text;
using Symbiosis.Rendering;

namespace Symbiosis.Planning;

/// <summary>How a planned file differs from what is there, without ever showing a secret.</summary>
public static class PlanDifference
{
    /// <summary>
    /// Lines of the unified difference of a configuration file that everybody may read. Tables and files that not everybody may read (hashes, keys) have none: their names say enough.
    /// </summary>
    public static IReadOnlyList<string> Lines(PlannedChange change, Func<string, string?>? readCurrent = null)
    {
        if (change is not PlannedChange.WriteFile write || !MayBeShown(write.File) || write.Verdict == FileVerdict.Create)
            return [];
        var current = write.Found switch
        {
            FoundFile.Text text => Encoding.UTF8.GetString(text.Content.Span),
            FoundFile.Untouched => readCurrent?.Invoke(write.Path.Value),
            _ => null,
        };
        return current is null ? [] : UnifiedDiff.Lines(current, Encoding.UTF8.GetString(write.Content.Span));
    }

    /// <summary>Lines of the difference from what would be generated to what somebody made of it.</summary>
    public static IReadOnlyList<string> Lines(LeftAlone kept) =>
        MayBeShown(kept.File)
            ? UnifiedDiff.Lines(Encoding.UTF8.GetString(ChecksumFooter.Append(kept.File.Content, kept.File.CommentMark)), Encoding.UTF8.GetString(kept.Current.Span))
            : [];

    private static bool MayBeShown(RenderedFile file) => file.Role == FileRole.Configuration && file.Mode.HasFlag(UnixFileMode.OtherRead);
}
