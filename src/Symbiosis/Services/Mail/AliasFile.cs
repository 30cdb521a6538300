using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>One entry of an alias file.</summary>
/// <param name="Name">The local part, lower case.</param>
/// <param name="Targets">Where its mail goes, as written, on one line.</param>
/// <param name="Line">Line it begins on, from 1.</param>
internal sealed record AliasEntry(string Name, string Targets, int Line);

/// <summary>A line of an alias file that cannot be used.</summary>
internal sealed record AliasFault(int Line, string Message);

/// <summary>
/// <c>config/aliases</c> (MAIL-30): <c>name: target, target</c> or <c>name target</c>; <c>#</c> comments; a line that begins with white space continues the one before. The first of two
/// entries for a name counts, as in Exim's own look-up.
/// </summary>
internal sealed record AliasFile(ValueList<AliasEntry> Entries, ValueList<AliasFault> Faults)
{
    /// <summary>Reads a file. What cannot be used is left out and told.</summary>
    public static AliasFile Parse(string text)
    {
        var entries = new List<AliasEntry>();
        var faults = new List<AliasFault>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (line, content) in JoinContinuations(text, faults))
        {
            if (content.Any(char.IsControl))
                faults.Add(new AliasFault(line, "the line holds a control character"));
            else if (SplitName(content) is not { } split)
                faults.Add(new AliasFault(line, "the quotes of the name are not closed"));
            else if (split.Name.Contains('@'))
                faults.Add(new AliasFault(line, $"'{split.Name}' holds '@': the name of an alias is what stands before it"));
            else if (split.Targets.Length == 0)
                faults.Add(new AliasFault(line, $"'{split.Name}' has no target"));
            else if (!names.Add(split.Name))
                faults.Add(new AliasFault(line, $"'{split.Name}' is there twice; the first one counts"));
            else
                entries.Add(new AliasEntry(split.Name, split.Targets, line));
        }

        return new AliasFile(entries.ToValueList(), faults.ToValueList());
    }

    private static IEnumerable<(int Line, string Content)> JoinContinuations(string text, List<AliasFault> faults)
    {
        (int Line, string Content)? open = null;
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Replace('\t', ' ');
            if (line.Trim().Length == 0 || line.TrimStart().StartsWith('#'))
                continue;
            if (line[0] != ' ')
            {
                if (open is { } done)
                    yield return done;
                open = (number, line.TrimEnd());
            }
            else if (open is { } before)
            {
                open = (before.Line, before.Content + " " + line.Trim());
            }
            else
            {
                faults.Add(new AliasFault(number, "a line that begins with white space continues one, but there is none before it"));
            }
        }

        if (open is { } last)
            yield return last;
    }

    // The name ends at white space or a colon, unless it is quoted; within quotes a backslash protects the next character (Exim's lsearch).
    private static (string Name, string Targets)? SplitName(string content)
    {
        string name;
        string rest;
        if (content[0] == '"')
        {
            var quoted = new System.Text.StringBuilder();
            var i = 1;
            for (; i < content.Length && content[i] != '"'; i++)
                quoted.Append(content[i] == '\\' && i + 1 < content.Length ? content[++i] : content[i]);
            if (i >= content.Length)
                return null;
            (name, rest) = (quoted.ToString(), content[(i + 1)..]);
        }
        else
        {
            var end = content.IndexOfAny([' ', ':']);
            (name, rest) = end < 0 ? (content, "") : (content[..end], content[end..]);
        }

        rest = rest.TrimStart();
        return (name.ToLowerInvariant(), (rest.StartsWith(':') && !IsCommand(rest) ? rest[1..] : rest).Trim());
    }

    // "nobody :fail: text" has a space for its separator; the colon belongs to the target.
    private static bool IsCommand(string rest) =>
        rest.StartsWith(":fail:", StringComparison.Ordinal) || rest.StartsWith(":defer:", StringComparison.Ordinal) || rest.StartsWith(":blackhole:", StringComparison.Ordinal);
}
