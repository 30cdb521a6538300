using System.Globalization;
using System.Text.Json;

namespace Symbiosis.Services.Mail;

/// <summary>
/// One login with a further password, as Dovecot says it in its log by an event of its own (<c>auth_passdb_request_finished</c>, the metric <c>app_passwords</c> of its configuration). Exim asks
/// Dovecot as well, so sending is told like reading.
/// </summary>
/// <param name="Place">Which of the passwords: the number in the database's name.</param>
/// <param name="LoginName">Who logged in.</param>
/// <param name="Service"><c>imap</c>, <c>pop3</c>, <c>sieve</c> or <c>smtp</c>.</param>
/// <param name="Client">The client's address.</param>
/// <param name="Time">When.</param>
internal sealed record AppPasswordUse(int Place, string LoginName, string Service, string Client, DateTimeOffset Time)
{
    private const string Start = "stats: {";
    private const string EventName = "auth_passdb_request_finished";
    private const int MostWordLength = 64;

    /// <summary>Reads a line of Dovecot's log; null when it tells of something else.</summary>
    public static AppPasswordUse? Parse(string message)
    {
        if (!message.StartsWith(Start, StringComparison.Ordinal) || !message.Contains(EventName, StringComparison.Ordinal))
            return null;
        try
        {
            using var json = JsonDocument.Parse(message.AsMemory(Start.Length - 1));
            return Read(json.RootElement);
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            return null; // cut off by the logger, or text with half a character
        }
    }

    /// <summary>A line for <c>passwords.used</c>: the time as a person reads it, in UTC.</summary>
    public string Describe(string label) => string.Create(CultureInfo.InvariantCulture, $"{label} {Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} {Service} {Client}");

    /// <summary>The file <c>passwords.used</c> with this use in it: one line a password, those that do not exist any more left out.</summary>
    /// <param name="text">What the file holds now.</param>
    /// <param name="label">The password that was used.</param>
    /// <param name="labels">All passwords there are.</param>
    public string AddTo(string text, string label, IReadOnlySet<string> labels)
    {
        if (text.Split('\n').Any(line => line.StartsWith(label + " ", StringComparison.Ordinal) && string.CompareOrdinal(line, Describe(label)[..^(Service.Length + Client.Length + 2)]) >= 0))
            return text; // a later use is noted: this one is read again after a restart
        var lines = text.Split('\n')
            .Where(line => line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && line[..space] != label && labels.Contains(line[..space]) && !Model.ControlCharacters.AreIn(line))
            .Append(Describe(label))
            .Order(StringComparer.Ordinal);
        return string.Join('\n', lines) + "\n";
    }

    private static AppPasswordUse? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || Text(root, "event") != EventName || !root.TryGetProperty("fields", out var fields) || fields.ValueKind != JsonValueKind.Object)
            return null;
        if (Text(fields, "result") != "ok" || Text(fields, "user") is not { Length: > 0 } user || !root.TryGetProperty("end_time", out var end) || end.ValueKind != JsonValueKind.Number || !end.TryGetDouble(out var seconds))
            return null;

        // Dovecot 2.3 calls them passdb_name and service, 2.4 passdb and protocol.
        var database = Text(fields, "passdb_name") ?? Text(fields, "passdb") ?? "";
        if (!database.StartsWith(AppPassword.DatabasePrefix, StringComparison.Ordinal)
            || !int.TryParse(database.AsSpan(AppPassword.DatabasePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var place)
            || seconds is not (> 0 and < uint.MaxValue))
        {
            return null;
        }

        // Not of doveadm(1), by which an administrator tries a password.
        if ((Text(fields, "service") ?? Text(fields, "protocol")) is not { } service || service is not ("imap" or "pop3" or "sieve" or "smtp"))
            return null;
        return new AppPasswordUse(place, user, service, Word(Text(fields, "remote_ip")), DateTimeOffset.UnixEpoch.AddSeconds(seconds));
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // What goes into the file is a plain word, whatever a client made the daemon say.
    private static string Word(string? text) =>
        text is { Length: > 0 and <= MostWordLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '-') ? text : "-";
}
