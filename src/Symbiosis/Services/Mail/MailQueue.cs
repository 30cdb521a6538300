using System.Globalization;
using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>A message that waits.</summary>
/// <param name="Id">Exim's name of it.</param>
/// <param name="Age">How long it has waited, as Exim writes it: <c>5m</c>, <c>27h</c>, <c>3d</c>.</param>
/// <param name="Size">As Exim writes it: <c>2.9K</c>.</param>
/// <param name="Sender">Envelope sender; empty for a bounce.</param>
/// <param name="IsFrozen">True when Exim tries no more until somebody asks it to.</param>
/// <param name="Recipients">Those it has not reached yet.</param>
internal sealed record QueuedMessage(string Id, string Age, string Size, string Sender, bool IsFrozen, ValueList<string> Recipients)
{
    /// <summary>Why it waits: the last line of its log, or null.</summary>
    public string? Reason { get; init; }
}

/// <summary>What <c>exim4 -bp</c> prints: for each message a line with age, size, id and sender, then its recipients, those already reached marked with D, then an empty line.</summary>
internal static class MailQueue
{
    /// <summary>Reads the list.</summary>
    public static ValueList<QueuedMessage> Parse(string listing)
    {
        var messages = new List<QueuedMessage>();
        var recipients = new List<string>();
        QueuedMessage? open = null;
        foreach (var line in listing.Split('\n'))
        {
            if (Header(line) is { } header)
            {
                Close();
                open = header;
            }
            else if (line.StartsWith("          ", StringComparison.Ordinal) && line.Trim() is { Length: > 0 } recipient)
            {
                recipients.Add(recipient);
            }
        }

        Close();
        return messages.ToValueList();

        void Close()
        {
            if (open is not null)
                messages.Add(open with { Recipients = recipients.ToValueList() });
            recipients.Clear();
        }
    }

    /// <summary>True when a text is one of Exim's names for a message, and so may be part of a path: <c>1abcde-0000aB-2C</c>, longer since 4.97.</summary>
    public static bool IsId(string text) =>
        text.Split('-') is [{ Length: 6 } time, { Length: 6 or 11 } process, { Length: 2 or 4 } fraction] && $"{time}{process}{fraction}".All(char.IsAsciiLetterOrDigit);

    /// <summary>The last thing that happened to a message: the last line of its own log without the time.</summary>
    public static string? LastReason(string log)
    {
        var last = log.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        return last is { Length: > 20 } && DateTime.TryParseExact(last[..19], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? last[20..] : last;
    }

    // " 5m  2.9K 1abcde-0000aB-2C <sender@example.com> *** frozen ***"; a local user may stand between id and sender.
    private static QueuedMessage? Header(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 4 || !IsId(words[2]) || line.IndexOf('<', StringComparison.Ordinal) is not (>= 0 and var open) || line.IndexOf('>', open) is not (>= 0 and var close))
            return null;
        return new QueuedMessage(words[2], words[0], words[1], line[(open + 1)..close], line.EndsWith("*** frozen ***", StringComparison.Ordinal), []);
    }
}
