using System.Globalization;
using System.Text.RegularExpressions;

namespace Symbiosis.Services.Mail;

/// <summary>How many recipients somebody may write to in a period (MAIL-100 to MAIL-103).</summary>
/// <param name="Recipients">The number; 0 lets nothing out.</param>
/// <param name="Period">As Exim writes periods: <c>1d</c>, <c>2h</c>.</param>
internal sealed partial record RateLimit(int Recipients, string Period)
{
    /// <summary>What holds where no file says anything: enough for a busy office, little for who stole a password.</summary>
    public static RateLimit Default { get; } = new(1000, "1d");

    private const int OfEmptyFile = 100;

    /// <summary>Reads a file: the first number in it, and <c>/1h</c> behind it for another period than a day. No number means 100.</summary>
    public static RateLimit Parse(string text)
    {
        var found = Pattern().Match(text);
        if (!found.Success)
            return new RateLimit(OfEmptyFile, "1d");
        var number = int.TryParse(found.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var recipients) ? recipients : int.MaxValue;
        return new RateLimit(number, found.Groups["period"].Success ? found.Groups["period"].Value : "1d");
    }

    /// <summary>For our tables: <c>100/1d</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Recipients}/{Period}");

    [GeneratedRegex(@"(?<number>[0-9]+)(?:\s*/\s*(?<period>[1-9][0-9]{0,3}[smhdw]))?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
