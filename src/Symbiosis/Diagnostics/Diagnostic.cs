using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Diagnostics;

/// <summary>How bad a finding is. Only errors change the exit status.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Works, but probably not as meant.</summary>
    Warning,

    /// <summary>Something the tree asks for cannot be done; the last good state of that part stays.</summary>
    Error,
}

/// <summary>One sort of finding. Every kind has a stable id and an entry in the manual.</summary>
/// <param name="Id">Stable id such as <c>MAIL004</c>: service word and number.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Summary">One sentence for the list of diagnostics in the manual.</param>
public sealed record DiagnosticKind(string Id, Severity Severity, string Summary)
{
    /// <summary>A finding of this kind at a place in the tree.</summary>
    /// <param name="path">Absolute path of the file at fault.</param>
    /// <param name="message">What is wrong, in one sentence without a full stop.</param>
    /// <param name="hint">What to write, and where; null when the message says it.</param>
    /// <param name="line">Line, counted from 1; 0 when the whole file is meant.</param>
    /// <param name="column">Column, counted from 1; 0 when the whole line is meant.</param>
    /// <param name="domain">The domain it belongs to, so that only that one is held back; null for the host.</param>
    public Diagnostic At(string path, string message, string? hint = null, int line = 0, int column = 0, DomainName? domain = null) =>
        new(this, path, message) { Hint = hint, Line = line, Column = column, Domain = domain };
}

/// <summary>Something found wrong in the tree or on the host, as a value (design section 9).</summary>
public sealed record Diagnostic(DiagnosticKind Kind, string Path, string Message)
{
    /// <summary>The cure, or null.</summary>
    public string? Hint { get; init; }

    /// <summary>Line from 1, or 0.</summary>
    public int Line { get; init; }

    /// <summary>Column from 1, or 0.</summary>
    public int Column { get; init; }

    /// <summary>The domain it belongs to, or null.</summary>
    public DomainName? Domain { get; init; }

    /// <summary>Shorthand for the kind's severity.</summary>
    public Severity Severity => Kind.Severity;

    /// <summary>The line editors can jump to: <c>path:line:col: error MAIL004: message (hint: ...)</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Printable.Text(Path));
        if (Line > 0)
            text.Append(':').Append(Line);
        if (Line > 0 && Column > 0)
            text.Append(':').Append(Column);
        text.Append(": ").Append(Severity switch { Severity.Note => "note", Severity.Warning => "warning", _ => "error" });
        text.Append(' ').Append(Kind.Id).Append(": ").Append(Printable.Text(Message));
        if (Hint is not null)
            text.Append(" (hint: ").Append(Printable.Text(Hint)).Append(')');
        return text.ToString();
    }
}

/// <summary>Makes names a tenant chose safe to print: control characters become visible escapes, so no terminal is driven by a file name.</summary>
public static class Printable
{
    /// <summary>The text with control characters written as <c>\n</c>, <c>\t</c> or <c>\xHH</c>.</summary>
    public static string Text(string text)
    {
        if (!text.Any(NeedsEscape))
            return text;
        var result = new StringBuilder();
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => result.Append("\\n"),
                '\t' => result.Append("\\t"),
                _ when NeedsEscape(c) => result.Append($"\\x{(int)c:x2}"),
                _ => result.Append(c),
            };
        }

        return result.ToString();
    }

    // Bidirectional marks and line separators can rewrite a terminal line as well as C0 controls can.
    private static bool NeedsEscape(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
