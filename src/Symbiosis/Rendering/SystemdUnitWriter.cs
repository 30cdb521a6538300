using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Rendering;

/// <summary>
/// Writes systemd units (systemd.syntax(7)): sections, and settings of one line each. Values may hold specifiers such as <c>%i</c>; a value that comes from outside and holds a percent sign needs
/// it doubled before.
/// </summary>
public sealed class SystemdUnitWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes a comment; a text of several lines becomes several comment lines.</summary>
    public SystemdUnitWriter Comment(string text)
    {
        foreach (var line in text.Split('\n'))
            _text.Append("# ").Append(Clean(line)).Append('\n');
        return this;
    }

    /// <summary>Begins a section.</summary>
    public SystemdUnitWriter Section(string name)
    {
        if (name.Length == 0 || !name.All(char.IsAsciiLetter))
            throw new FormatException($"'{name}' is not the name of a section");
        _text.Append(_text.Length > 0 ? "\n" : "").Append('[').Append(name).Append("]\n");
        return this;
    }

    /// <summary>Writes a setting.</summary>
    public SystemdUnitWriter Set(string key, string value)
    {
        if (key.Length == 0 || !key.All(char.IsAsciiLetterOrDigit))
            throw new FormatException($"'{key}' is not the name of a setting");
        _text.Append(key).Append('=').Append(Clean(value)).Append('\n');
        return this;
    }

    /// <summary>
    /// Writes a command that systemd runs as it is: no variables, no specifiers, no separators, whatever the words hold. The first must be an absolute path or the plain name of a program, because signs in
    /// front of it have a meaning (systemd.service(5)).
    /// </summary>
    public SystemdUnitWriter SetCommand(string key, ValueList<string> words)
    {
        if (words.Count == 0 || words[0].Length == 0 || (words[0][0] != '/' && !char.IsAsciiLetterOrDigit(words[0][0])))
            throw new FormatException("a command for a systemd unit begins with a path or the name of a program");
        return Set(key, ":" + string.Join(' ', words.Select(word => '"' + word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal) + '"')));
    }

    /// <summary>The text so far.</summary>
    public override string ToString() => _text.ToString();

    // A backslash at the end would join the next line to this one.
    private static string Clean(string value) =>
        value.Any(char.IsControl) || value.EndsWith('\\') ? throw new FormatException("a value for a systemd unit holds a control character or ends in a backslash") : value;
}
