using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Symbiosis.Rendering;

/// <summary>
/// Text in the language of <c>exim4.conf</c>. The fixed part is written as an administrator would write it; every hole is escaped, so that a value cannot end its line, start an
/// expansion or open a quote (specification of Exim, chapters 6 and 11).
/// </summary>
public sealed record EximText
{
    private EximText(string value) => Value = value;

    /// <summary>Nothing.</summary>
    public static EximText Empty { get; } = new("");

    /// <summary>The text as it stands in the file.</summary>
    public string Value { get; }

    /// <summary>Joins fixed text and values. Strings become literals; another <see cref="EximText"/> is taken as it is.</summary>
    public static EximText Of(ref Handler text) => new(text.Take());

    /// <summary>The text lines of an administrator's snippet, which is Exim's language already.</summary>
    public static EximText Verbatim(string text) => new(text);

    /// <summary>A value as a literal of an expanded string: expanding it gives the value back.</summary>
    public static EximText Literal(string value)
    {
        var text = new StringBuilder(value.Length + 8);
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            _ = c switch
            {
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                '\\' or '$' or '{' or '}' or '"' => text.Append('\\').Append(c),
                // White space at the ends of an option's value is dropped, so it must not look like white space.
                ' ' when i == 0 || i == value.Length - 1 => text.Append(@"\x20"),
                // A macro's name begins with an upper-case letter, or an underscore and one, and is replaced wherever it stands.
                '_' when i + 1 < value.Length && char.IsAsciiLetterUpper(value[i + 1]) => text.Append(@"\_"),
                < ' ' or '\x7f' => text.Append(@"\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        return new EximText(text.ToString());
    }

    /// <summary>A value as one item of a colon-separated list.</summary>
    public static EximText ListItem(string value) => Literal(value.Replace(":", "::", StringComparison.Ordinal));

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

        /// <summary>Text that is Exim's language already.</summary>
        public void AppendFormatted(EximText text) => _text.Append(text.Value);

        /// <summary>A value, escaped.</summary>
        public void AppendFormatted(string value) => _text.Append(Literal(value).Value);

        /// <summary>A number.</summary>
        public void AppendFormatted(long value) => _text.Append(value.ToString(CultureInfo.InvariantCulture));

        /// <summary>A typed name or path, escaped.</summary>
        public void AppendFormatted<T>(T value)
            where T : notnull => AppendFormatted(value.ToString() ?? "");

        internal string Take() => _text.ToString();
    }
}
