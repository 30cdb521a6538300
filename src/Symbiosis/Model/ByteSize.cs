using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Symbiosis.Model;

/// <summary>
/// A size such as a quota, in bytes (CORE-25 to CORE-28, MAIL-52). One parser for every reader: <c>k M G T P</c> are powers of 1000, <c>ki Mi Gi Ti Pi</c> powers of 1024,
/// and 0 means no limit.
/// </summary>
public sealed record ByteSize
{
    // More digits than this do not fit a 64-bit number of bytes anyway, and decimal stays exact.
    private const int MaxDigits = 20;

    private ByteSize(long bytes) => Bytes = bytes;

    /// <summary>The size in bytes; 0 means no limit.</summary>
    public long Bytes { get; }

    /// <summary>True for 0.</summary>
    public bool IsUnlimited => Bytes == 0;

    /// <summary>
    /// When the text used a power of ten, both readings in words: the manual once said the letters were powers of two, and plans say which one holds (CORE-26). Null otherwise.
    /// </summary>
    public string? Ambiguity => PowerOfTen is { } written ? DescribeAmbiguity(written) : null;

    // The number and its letter when it was one of a power of ten. Words are made only for who asks: most readers of a size want the number.
    private string? PowerOfTen { get; init; }

    /// <summary>Reads a size. White space around it is ignored.</summary>
    /// <param name="text">Such as <c>200M</c>, <c>1.5Gi</c>, <c>10 MB</c>.</param>
    /// <param name="size">The size, or null when the text is no size.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ByteSize? size) => (size = Parse(text, out _)) is not null;

    /// <summary>Reads a size or says in words what is wrong with the text.</summary>
    /// <param name="text">What stands in the file.</param>
    /// <param name="fault">Why it is no size, for a diagnostic; null when it is one.</param>
    public static ByteSize? Parse(string text, out string? fault)
    {
        var rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            fault = "there is no number";
            return null;
        }

        if (rest[0] == '-')
        {
            fault = "a size cannot be negative";
            return null;
        }

        var numberLength = LengthOfNumber(rest);
        if (numberLength == 0)
        {
            fault = "it does not begin with a number";
            return null;
        }

        if (numberLength > MaxDigits)
        {
            fault = "the number is too large";
            return null;
        }

        var number = decimal.Parse(rest[..numberLength], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        var suffix = rest[numberLength..].TrimStart();
        if (FindFactor(suffix) is not { } factor)
        {
            fault = $"'{suffix}' is not one of k M G T P ki Mi Gi Ti Pi";
            return null;
        }

        var bytes = Math.Round(number * factor, MidpointRounding.AwayFromZero);
        if (bytes > long.MaxValue)
        {
            fault = "the number is too large";
            return null;
        }

        // Rounding down to 0 would turn a tiny limit into no limit.
        if (bytes == 0 && number != 0)
        {
            fault = "it is less than one byte";
            return null;
        }

        fault = null;
        return new ByteSize((long)bytes) { PowerOfTen = bytes == 0 || factor == 1 || suffix.Contains('i') ? null : string.Concat(rest[..numberLength], [Letter(suffix[0])]) };
    }

    /// <inheritdoc />
    public override string ToString() => IsUnlimited ? "no limit" : Bytes.ToString(CultureInfo.InvariantCulture) + " bytes";

    private static int LengthOfNumber(ReadOnlySpan<char> text)
    {
        var i = 0;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
        if (i == 0 || i + 1 >= text.Length || text[i] != '.' || !char.IsAsciiDigit(text[i + 1]))
            return i;
        i++;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
        return i;
    }

    // CORE-27: the letter in either case, then perhaps "i", then perhaps "B" or "b".
    private static decimal? FindFactor(ReadOnlySpan<char> suffix)
    {
        if (suffix.EndsWith('B') || suffix.EndsWith('b'))
            suffix = suffix[..^1];
        if (suffix.IsEmpty)
            return 1;
        var power = "kmgtp".IndexOf(char.ToLowerInvariant(suffix[0])) + 1;
        if (power == 0 || !char.IsAsciiLetter(suffix[0]) || suffix[1..] is not ("" or "i"))
            return null;
        var result = 1m;
        for (var i = 0; i < power; i++)
            result *= suffix.Length == 2 ? 1024 : 1000;
        return result;
    }

    private static char Letter(char inEitherCase) => "kMGTP"["kmgtp".IndexOf(char.ToLowerInvariant(inEitherCase))];

    private static string DescribeAmbiguity(string written)
    {
        var number = decimal.Parse(written.AsSpan(0, written.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        var ten = FindFactor([written[^1]]).GetValueOrDefault(); // a letter that Letter() gave
        var two = FindFactor([written[^1], 'i']).GetValueOrDefault();
        return string.Create(CultureInfo.InvariantCulture, $"{written} is {Math.Round(number * ten):N0} bytes; {written}i would be {Math.Round(number * two):N0}");
    }
}
