using System.Buffers;
using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Rendering;

/// <summary>
/// Writes Apache configuration: it knows quoting, sections and indentation. Every value passes through it, so no value can end its line, its argument or its section.
/// Apache's own reader is <c>ap_getword_conf</c>: words split at white space; in quotes a backslash escapes a quote or a backslash; <c>${NAME}</c> is replaced wherever it stands and cannot be escaped.
/// </summary>
public sealed class ApacheWriter
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> _letters = SearchValues.Create(Letters);

    // What needs no quotes. Everything else gets them, also where Apache would not insist.
    private static readonly SearchValues<char> _plain = SearchValues.Create(Letters + "-_./:@*%+,=[]");

    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Writes a comment; a text of several lines becomes several comment lines.</summary>
    public ApacheWriter Comment(string text)
    {
        foreach (var line in text.Split('\n'))
            Line("# " + Clean(line.TrimEnd('\\'))); // a backslash at the end would join the next line to the comment
        return this;
    }

    /// <summary>Writes an empty line.</summary>
    public ApacheWriter Blank()
    {
        _text.Append('\n');
        return this;
    }

    /// <summary>Writes a directive, quoting each argument as needed.</summary>
    public ApacheWriter Directive(string name, params ReadOnlySpan<string> arguments)
    {
        var line = new StringBuilder(Name(name));
        foreach (var argument in arguments)
            line.Append(' ').Append(Quote(argument));
        return Line(line.ToString());
    }

    /// <summary>Writes a directive of mod_rewrite, which reads its arguments by rules of its own: quotes group, and nothing is unescaped inside them, so that patterns stay as they are.</summary>
    public ApacheWriter Rewrite(string name, params ReadOnlySpan<string> arguments)
    {
        var line = new StringBuilder(Name(name));
        foreach (var argument in arguments)
            line.Append(' ').Append(QuoteForRewrite(argument));
        return Line(line.ToString());
    }

    /// <summary>Writes a section with its content indented.</summary>
    public ApacheWriter Section(string name, string argument, Action<ApacheWriter> content)
    {
        Line($"<{Name(name)} {Quote(argument, always: true)}>");
        _depth++;
        content(this);
        _depth--;
        return Line($"</{name}>");
    }

    /// <summary>Writes a section that has no argument, such as RequireAny, with its content indented.</summary>
    public ApacheWriter Section(string name, Action<ApacheWriter> content)
    {
        Line($"<{Name(name)}>");
        _depth++;
        content(this);
        _depth--;
        return Line($"</{name}>");
    }

    /// <summary>The text so far.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>An argument as Apache reads it back, in quotes where it needs them.</summary>
    /// <exception cref="FormatException">The value holds a control character or <c>${</c>, which Apache offers no way to write.</exception>
    public static string Quote(string value) => Quote(value, always: false);

    /// <summary>A text as a pattern that matches exactly it, for directives that take a regular expression.</summary>
    public static string Pattern(string literal)
    {
        var result = new StringBuilder();
        foreach (var c in literal)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '/') && c < 0x80)
                result.Append('\\');
            result.Append(c);
        }

        return result.ToString();
    }

    private static string Quote(string value, bool always)
    {
        Clean(value);
        if (!always && value.Length > 0 && !value.AsSpan().ContainsAnyExcept(_plain))
            return value;
        return "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
    }

    private static string QuoteForRewrite(string value)
    {
        Clean(value);
        if (value.Contains('"') || value.EndsWith('\\'))
            throw new FormatException($"mod_rewrite has no way to write the argument '{value}'");
        return value.Length > 0 && !value.Any(char.IsWhiteSpace) && value[0] != '\'' ? value : $"\"{value}\"";
    }

    private static string Name(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(_letters) ? name : throw new FormatException($"'{name}' is not the name of a directive");

    private static string Clean(string value)
    {
        if (ControlCharacters.AreIn(value))
            throw new FormatException("a value for Apache's configuration holds a control character");
        if (value.Contains("${", StringComparison.Ordinal))
            throw new FormatException($"Apache would replace the variable in '{value}'");
        return value;
    }

    private ApacheWriter Line(string line)
    {
        _text.Append(' ', _depth * 2).Append(line).Append('\n');
        return this;
    }
}
