using System.Text;

namespace Symbiosis.Rendering;

/// <summary>Writes PHP's ini format, which is also that of php-fpm's pools: sections, and keys with values that are quoted when the scanner would read them as anything but themselves.</summary>
public sealed class PhpIniWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes a comment line.</summary>
    public PhpIniWriter Comment(string text)
    {
        foreach (var line in text.Split('\n'))
            _text.Append("; ").Append(Clean(line)).Append('\n');
        return this;
    }

    /// <summary>Begins a section.</summary>
    public PhpIniWriter Section(string name)
    {
        if (name.Length == 0 || !name.All(IsPlain))
            throw new FormatException($"'{name}' is not the name of a section");
        _text.Append(_text.Length > 0 ? "\n" : "").Append('[').Append(name).Append("]\n");
        return this;
    }

    /// <summary>Writes a key and its value.</summary>
    public PhpIniWriter Set(string key, string value)
    {
        if (key.Length == 0 || !key.All(c => IsPlain(c) || c is '[' or ']'))
            throw new FormatException($"'{key}' is not a key");
        _text.Append(key).Append(" = ").Append(Quote(value)).Append('\n');
        return this;
    }

    /// <summary>Writes a key whose value is that of an environment variable when the program starts.</summary>
    public PhpIniWriter SetFromEnvironment(string key, string variable)
    {
        if (key.Length == 0 || !key.All(c => IsPlain(c) || c is '[' or ']') || variable.Length == 0 || !variable.All(c => char.IsAsciiLetterUpper(c) || c == '_'))
            throw new FormatException($"'{key}' is not a key, or '{variable}' not a variable");
        _text.Append(key).Append(" = ${").Append(variable).Append("}\n");
        return this;
    }

    /// <summary>The text so far.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>A value as PHP's ini scanner reads it back.</summary>
    /// <exception cref="FormatException">The value holds a control character or <c>${</c>, which the scanner would replace.</exception>
    public static string Quote(string value)
    {
        Clean(value);
        // Words such as "none" or "yes" are constants of the scanner unless they are quoted.
        if (value.Length > 0 && value.All(IsPlain) && value.ToLowerInvariant() is not ("null" or "yes" or "no" or "true" or "false" or "on" or "off" or "none"))
            return value;
        return "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':';

    private static string Clean(string value)
    {
        if (value.Any(char.IsControl))
            throw new FormatException("a value for PHP's configuration holds a control character");
        if (value.Contains("${", StringComparison.Ordinal))
            throw new FormatException($"PHP would replace the variable in '{value}'");
        return value;
    }
}
