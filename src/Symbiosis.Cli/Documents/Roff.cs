using System.Text;

namespace Symbiosis.Cli.Documents;

/// <summary>Writes manual pages in the macros of man(7). Everything that comes in as text is escaped, so no description can become a request.</summary>
internal sealed class Roff
{
    private readonly StringBuilder _page = new();

    /// <summary>Begins a page. No date: the same program gives the same page. No hyphenation: a path broken by a hyphen misleads.</summary>
    public Roff(string name, int section, string version) =>
        Request($".TH {Word(name.ToUpperInvariant())} {section} \"\" {Word("Symbiosis " + version)} {Word("Symbiosis manual")}").Request(".nh");

    /// <summary>A chapter.</summary>
    public Roff Section(string title) => Request($".SH {Word(title)}");

    /// <summary>A chapter within a chapter.</summary>
    public Roff Subsection(string title) => Request($".SS {Word(title)}");

    /// <summary>A paragraph.</summary>
    public Roff Paragraph(string text) => Request(".PP").Text(text);

    /// <summary>A term, in bold, and what it means.</summary>
    public Roff Term(string term, string meaning) => Request(".TP").Request($".B {Word(term)}").Text(meaning);

    /// <summary>Text as it is typed or shown, line by line.</summary>
    public Roff Example(params string[] lines)
    {
        Request(".PP").Request(".RS 4").Request(".nf");
        foreach (var line in lines)
            Text(line);
        return Request(".fi").Request(".RE");
    }

    /// <summary>The command's name in bold and the rest of one way to call it.</summary>
    public Roff Synopsis(string command, string rest) => Request($".B {Word(command)}").Text(rest).Request(".br");

    /// <inheritdoc />
    public override string ToString() => _page.ToString();

    private Roff Text(string text) => Request(Escape(text) is var escaped && escaped is ['.' or '\'', ..] ? @"\&" + escaped : escaped);

    private Roff Request(string line)
    {
        _page.Append(line).Append('\n');
        return this;
    }

    // An argument of a macro: quoted, and a quote inside doubled (groff(7), "Arguments").
    private static string Word(string text) => '"' + Escape(text).Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    // A plain - would become a hyphen that nobody can paste into a shell.
    private static string Escape(string text) =>
        text.ReplaceLineEndings(" ").Replace(@"\", @"\e", StringComparison.Ordinal).Replace("-", @"\-", StringComparison.Ordinal);
}
