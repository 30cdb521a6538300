using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Symbiosis.Rendering;

/// <summary>
/// Text in the language of <c>dovecot.conf</c>, the same quoting for 2.3 and 2.4. The fixed part is written as an administrator would write it; every hole becomes a quoted string, so
/// that a value cannot end its line, open a section, include a file or name a variable.
/// </summary>
public sealed record DovecotText
{
    private DovecotText(string value) => Value = value;

    /// <summary>Nothing.</summary>
    public static DovecotText Empty { get; } = new("");

    /// <summary>The text as it stands in the file.</summary>
    public string Value { get; }

    /// <summary>Joins fixed text and values. Strings become quoted strings; another <see cref="DovecotText"/> is taken as it is.</summary>
    public static DovecotText Of(ref Handler text) => new(text.Take());

    /// <summary>The text lines of an administrator's snippet, which is Dovecot's language already.</summary>
    public static DovecotText Verbatim(string text) => new(text);

    /// <summary>A value in double quotes. A per cent sign is doubled, since values are expanded later.</summary>
    /// <exception cref="ArgumentException">The value holds a control character: the language has no way to write one.</exception>
    public static DovecotText Quoted(string value)
    {
        if (value.Any(char.IsControl))
            throw new ArgumentException("dovecot.conf cannot hold a control character", nameof(value));
        return new DovecotText($"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal)}\"");
    }

    /// <summary>A path or name that stands without quotes, for the places where the language wants a bare word.</summary>
    /// <exception cref="ArgumentException">The value has characters that mean something to the language.</exception>
    public static DovecotText Word(string value) =>
        value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_')
            ? new DovecotText(value)
            : throw new ArgumentException($"'{value}' is not a plain word", nameof(value));

    /// <inheritdoc />
    public override string ToString() => Value;

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler
    {
        private readonly StringBuilder _text;

        /// <summary>Called by the compiler.</summary>
        public Handler(int literalLength, int holes) => _text = new StringBuilder(literalLength + (16 * holes));

        /// <summary>Fixed text of this program.</summary>
        public void AppendLiteral(string text) => _text.Append(text);

        /// <summary>Text that is Dovecot's language already.</summary>
        public void AppendFormatted(DovecotText text) => _text.Append(text.Value);

        /// <summary>A value, quoted.</summary>
        public void AppendFormatted(string value) => _text.Append(Quoted(value).Value);

        /// <summary>A number.</summary>
        public void AppendFormatted(long value) => _text.Append(value.ToString(CultureInfo.InvariantCulture));

        /// <summary>A typed name or path, quoted.</summary>
        public void AppendFormatted<T>(T value)
            where T : notnull => AppendFormatted(value.ToString() ?? "");

        internal string Take() => _text.ToString();
    }
}
