using System.Diagnostics.CodeAnalysis;

namespace Symbiosis.Model;

/// <summary>
/// The name of a mailbox directory, which is the part of its address before the <c>@</c> (MAIL-3 to MAIL-5): lower-case ASCII letters, digits and those of the characters an address may
/// have unquoted (RFC 5321 §4.1.2) that mean nothing to a mail server's tables.
/// </summary>
public sealed record LocalPart : IComparable<LocalPart>
{
    private const int MaxLength = 64; // RFC 5321 §4.5.3.1.1

    /// <summary>What a name may hold besides letters and digits.</summary>
    internal const string SpecialCharacters = ".-_=&'~";

    private LocalPart(string value) => Value = value;

    /// <summary>The name, lower case.</summary>
    public string Value { get; }

    /// <summary>Reads a name exactly as written.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LocalPart? localPart) =>
        (localPart = FindFault(text) is null ? new LocalPart(text) : null) is not null;

    /// <summary>Reads a name that is known to be good.</summary>
    /// <exception cref="FormatException">The text is not a local part.</exception>
    public static LocalPart Parse(string text) =>
        FindFault(text) is { } fault ? throw new FormatException($"'{text}' is not the name of a mailbox: {fault}") : new LocalPart(text);

    /// <summary>What is wrong with a name, in words for a diagnostic, or null when mail can reach it and its owner can log in.</summary>
    public static string? FindFault(string text)
    {
        if (text.Length == 0)
            return "it is empty";
        if (text.Length > MaxLength)
            return $"it has more than {MaxLength} characters";
        if (text[0] == '.')
            return "it begins with a dot";
        foreach (var c in text)
        {
            if (char.IsAsciiLetterUpper(c))
                return "it has upper-case letters, and addresses are looked up in lower case";
            if (c == '+')
                return "it holds '+', where the address of a mailbox ends and a suffix begins";
            if (!IsAllowed(c))
                return char.IsControl(c) ? "it holds a control character" : $"it holds the character '{c}'";
        }

        return null;
    }

    /// <inheritdoc />
    public int CompareTo(LocalPart? other) => string.CompareOrdinal(Value, other?.Value);

    /// <inheritdoc />
    public override string ToString() => Value;

    private static bool IsAllowed(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || SpecialCharacters.Contains(c);
}
