using System.Globalization;
using System.Text.Json;

namespace Symbiosis.Journals;

/// <summary>One message of the journal, as <c>journalctl --output=json</c> prints it.</summary>
/// <param name="Time">When the journal took it.</param>
/// <param name="Message">What was said.</param>
public sealed record JournalEntry(DateTimeOffset Time, string Message)
{
    /// <summary>Reads a line; null when it is no entry, or its message is no text or was too long to be printed.</summary>
    public static JournalEntry? Parse(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("MESSAGE", out var message) && message.ValueKind == JsonValueKind.String
                && root.TryGetProperty("__REALTIME_TIMESTAMP", out var stamp) && stamp.ValueKind == JsonValueKind.String
                && long.TryParse(stamp.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds < MostMicroseconds)
            {
                return new JournalEntry(DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds), message.GetString() ?? "");
            }
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            // Not JSON, or text with half a character: no entry of ours, ignoring.
        }

        return null;
    }

    // The year 9999, the last that a date can have.
    private const long MostMicroseconds = 253_402_300_799_000_000;
}
