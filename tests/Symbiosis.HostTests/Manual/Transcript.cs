using System.Text.RegularExpressions;

namespace Symbiosis.HostTests.Manual;

/// <summary>
/// What a chapter of the manual shows as typed: fenced blocks of the kind <c>console</c>. <c>$ </c> begins a line of admin, <c># </c> one of root; the lines below it are what it says. <c>…</c> stands
/// for any text, in a line of its own for any lines.
/// </summary>
public static partial class Transcript
{
    /// <summary>One command.</summary>
    /// <param name="ByRoot">Root types it, not admin.</param>
    /// <param name="Text">What is typed.</param>
    /// <param name="Output">What it says; empty when the manual shows nothing.</param>
    public sealed record Command(bool ByRoot, string Text, string Output)
    {
        /// <summary>Whether this is what the manual says.</summary>
        public bool IsAnsweredBy(string output)
        {
            var pattern = Regex.Escape(Output.Trim()).Replace("…", ".*?", StringComparison.Ordinal); // escaped as itself
            return Regex.IsMatch(output.Trim(), $"^{pattern}$", RegexOptions.Singleline, TimeSpan.FromSeconds(1));
        }

        public override string ToString() => $"{(ByRoot ? '#' : '$')} {Text}";
    }

    /// <summary>All commands of a chapter, in order.</summary>
    public static IReadOnlyList<Command> Read(string chapter)
    {
        ArgumentNullException.ThrowIfNull(chapter);
        var commands = new List<Command>();
        foreach (var block in ConsoleBlock().Matches(chapter).Select(match => match.Groups["text"].Value))
        {
            foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.StartsWith("$ ", StringComparison.Ordinal) || line.StartsWith("# ", StringComparison.Ordinal))
                    commands.Add(new Command(line[0] == '#', line[2..], ""));
                else if (commands.Count == 0)
                    throw new FormatException($"a console block begins with output: {line}");
                else
                    commands[^1] = commands[^1] with { Output = commands[^1].Output + line + "\n" };
            }
        }

        return commands;
    }

    [GeneratedRegex(@"^```console\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ConsoleBlock();
}
