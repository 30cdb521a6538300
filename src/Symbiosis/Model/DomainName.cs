namespace Symbiosis.Model;

/// <summary>
/// A host name as it may stand for a domain in <c>/srv</c> (CORE-2): lower-case ASCII labels of letters, digits, <c>-</c> and <c>_</c>,
/// at least one dot (the host's own name may have none), no empty label, no label that begins or ends with <c>-</c>, at most 63 characters a label and 253 in all,
/// not an IP address.
/// </summary>
public sealed record DomainName : IComparable<DomainName>
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private DomainName(string value) => Value = value;

    /// <summary>The name, lower case, without a trailing dot.</summary>
    public string Value { get; }

    /// <summary>The first label: <c>www</c> of <c>www.example.com</c>.</summary>
    public string FirstLabel => Value.Split('.', 2)[0];

    /// <summary>The name without its first label, or null when one label is left.</summary>
    public string? Parent => Value.IndexOf('.') is var dot and >= 0 ? Value[(dot + 1)..] : null;

    /// <summary>True when the first label is <c>www</c>.</summary>
    public bool IsWww => Value.StartsWith("www.", StringComparison.Ordinal);

    /// <summary>Reads a name that must obey CORE-2 exactly as written; upper case is refused, not folded.</summary>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DomainName? name) =>
        (name = FindFault(text) is null ? new DomainName(text) : null) is not null;

    /// <summary>Reads a host's own name, which may be a single label (CORE-2, CORE-61).</summary>
    public static bool TryParseHostName(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DomainName? name) =>
        (name = FindFault(text, requireDot: false) is null ? new DomainName(text) : null) is not null;

    /// <summary>Reads a name that is known to be good, such as a constant in a test.</summary>
    /// <exception cref="FormatException">The text is not a domain name.</exception>
    public static DomainName Parse(string text) =>
        FindFault(text) is { } fault ? throw new FormatException($"'{text}' is not a domain name: {fault}") : new DomainName(text);

    /// <summary>What is wrong with a name, in words for a diagnostic, or null when it is good. Takes linear time (CORE-2).</summary>
    public static string? FindFault(string text, bool requireDot = true)
    {
        if (text.Length == 0)
            return "it is empty";
        if (text.Length > MaxNameLength)
            return $"it has more than {MaxNameLength} characters";
        var labelStart = 0;
        var dots = 0;
        var onlyDigitsAndDots = true;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] == '.')
            {
                if (i == labelStart)
                    return i == text.Length && dots > 0 ? "it ends with a dot" : "a label is empty";
                if (i - labelStart > MaxLabelLength)
                    return $"a label has more than {MaxLabelLength} characters";
                if (text[labelStart] == '-' || text[i - 1] == '-')
                    return "a label begins or ends with '-'";
                dots += i == text.Length ? 0 : 1;
                labelStart = i + 1;
                continue;
            }

            var c = text[i];
            if (char.IsAsciiLetterUpper(c))
                return "it has upper-case letters";
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_'))
                return char.IsControl(c) ? "it holds a control character" : $"it holds the character '{c}'";
            onlyDigitsAndDots &= char.IsAsciiDigit(c);
        }

        if (requireDot && dots == 0)
            return "it has no dot";
        return onlyDigitsAndDots ? "it is an IP address" : null;
    }

    /// <inheritdoc />
    public int CompareTo(DomainName? other) => string.CompareOrdinal(Value, other?.Value);

    /// <inheritdoc />
    public override string ToString() => Value;
}
