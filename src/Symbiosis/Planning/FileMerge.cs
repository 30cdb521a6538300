using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Services;

namespace Symbiosis.Planning;

/// <summary>What merging one edited file leads to.</summary>
public abstract record FileMerge
{
    private protected FileMerge()
    {
    }

    /// <summary>The edit already contains everything that is generated now.</summary>
    public sealed record UpToDate : FileMerge;

    /// <summary>It can be applied like any other plan: checked, swapped in, reloaded, rolled back on failure.</summary>
    public sealed record Merged(ChangePlan Plan) : FileMerge;

    /// <summary>Both sides changed the same lines.</summary>
    /// <param name="SideText">The text with markers, for the side file; never for the live one.</param>
    /// <param name="Conflicts">One finding for each conflict, with its line in the edited file.</param>
    public sealed record Conflicted(string SideText, ValueList<Diagnostic> Conflicts) : FileMerge;

    /// <summary>Merges what would be generated into an edited file.</summary>
    /// <param name="edited">The file, as the plan found it.</param>
    /// <param name="entry">What the record says of it, or null.</param>
    /// <param name="baseText">The generated text the edit started from, or null when the state was lost.</param>
    /// <param name="resolvedText">The side file of an earlier conflict, or null.</param>
    /// <param name="daemons">All daemons of the host.</param>
    /// <param name="uid">Owner of the file.</param>
    /// <param name="gid">Group of the file.</param>
    public static FileMerge Make(LeftAlone edited, WrittenFile? entry, ReadOnlyMemory<byte>? baseText, ReadOnlyMemory<byte>? resolvedText, ValueList<Daemon> daemons, uint uid, uint gid)
    {
        var file = edited.File;
        var generated = Planner.ContentOf(file);
        var body = Body(generated);
        string merged;
        if (resolvedText is { } resolved && !ThreeWayMerge.HasMarkers(Encoding.UTF8.GetString(resolved.Span)) && IsAbout(resolved.Span, generated))
        {
            merged = Body(resolved.Span);
        }
        else
        {
            // A base whose digest is not the recorded one belongs to another version; a wrong base would undo lines silently.
            var known = baseText is { } bytes && ContentDigest.Of(bytes.Span) == entry?.Base ? Body(bytes.Span) : null;
            if (known == body)
                return new UpToDate();
            var result = ThreeWayMerge.Merge(known, Body(edited.Current.Span), body);
            if (result.Conflicts.Count > 0)
                return new Conflicted(result.Text + Footer(generated), result.Conflicts.Select(conflict => Explain(file.Path, conflict)).ToValueList());
            merged = result.Text;
        }

        // The footer is that of the generated text: wrong for an edited one, so the file stays known as edited; right when nothing of the edit is left.
        var content = Encoding.UTF8.GetBytes((merged.Length == 0 || merged.EndsWith('\n') ? merged : merged + "\n") + Footer(generated));
        return new Merged(new ChangePlan
        {
            Changes =
            [
                new PlannedChange.WriteFile
                {
                    Path = file.Path,
                    Unit = edited.Unit,
                    Because = $"merged with {file.Because}",
                    Daemons = file.Daemons,
                    Found = new FoundFile.Text(edited.Stat, edited.Current),
                    File = file,
                    Content = content,
                    Verdict = FileVerdict.Merged,
                    Uid = uid,
                    Gid = gid,
                    KeepsCopy = true,
                    BaseContent = generated,
                    Entry = new WrittenFile
                    {
                        Path = file.Path.Value,
                        Unit = edited.Unit,
                        Service = file.Service,
                        Daemons = file.Daemons,
                        Role = file.Role,
                        CommentMark = file.CommentMark,
                        Digest = ContentDigest.Of(content),
                        Base = ContentDigest.Of(generated),
                        EnabledLink = file.EnabledLink?.Value,
                        Link = entry?.Link ?? LinkMemory.None,
                    },
                },
            ],
            Daemons = daemons.Where(daemon => file.Daemons.Contains(daemon.Name)).ToValueList(),
        });

        string Body(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(ChecksumFooter.Body(text, file.CommentMark));

        string Footer(byte[] text) => Encoding.UTF8.GetString(text.AsSpan(ChecksumFooter.Body(text, file.CommentMark).Length));

        // The side file ends in the footer of the text it was made for.
        bool IsAbout(ReadOnlySpan<byte> side, byte[] text) => side.TrimEnd((byte)'\n').EndsWith(Encoding.UTF8.GetBytes(Footer(text).TrimEnd('\n')));
    }

    private static Diagnostic Explain(HostPath path, MergeConflict conflict) => PlanningDiagnostics.MergeConflict.At(
        path.Value, $"was edited here, and what is generated changed the same lines: yours is '{FirstLine(conflict.Yours)}', generated is '{FirstLine(conflict.Generated)}'", line: conflict.Line);

    private static string FirstLine(string text) => text.Length == 0 ? "(nothing)" : text.Split('\n')[0] + (text.TrimEnd('\n').Contains('\n') ? " ..." : "");
}
