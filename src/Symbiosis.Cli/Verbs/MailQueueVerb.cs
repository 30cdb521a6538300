using System.Text.Json;
using System.Text.Json.Serialization;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Services.Mail;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis mail queue</c>: which mail waits, for whom, how long, and why.</summary>
internal static partial class MailQueueVerb
{
    private const string MessageLogs = "/var/spool/exim4/msglog";

    public static Command Create()
    {
        var json = CommonOptions.Json();
        var command = new Command("queue", "Show which mail waits, for whom, how long, and why. Exit code 1 when some does.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(json), Terminal.StandardOutput, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool asJson, Terminal terminal, CancellationToken cancellationToken)
    {
        var outcome = await HostPipeline.Machine().Commands.RunAsync(new Machine.Command("/usr/sbin/exim4", ["-bp"]), cancellationToken);
        if (!outcome.Succeeded)
        {
            Terminal.StandardError.Line(Terminal.StandardError.Red($"symbiosis: {outcome.Command}: {outcome.Error.Trim()}"));
            return ExitCode.Failed;
        }

        var messages = MailQueue.Parse(outcome.Output).Select(message => message with { Reason = ReasonOf(message.Id) }).ToList();
        if (asJson)
        {
            var items = messages.Select(message => new QueueItem(message.Id, message.Age, message.Size, message.Sender, message.IsFrozen, [.. message.Recipients], message.Reason)).ToList();
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(items, QueueJson.Default.ListQueueItem));
        }
        else
        {
            messages.ForEach(message => Write(message, terminal));
            terminal.Line(messages.Count == 0 ? "No mail waits." : $"{messages.Count} waiting. Try them all now: exim4 -qff");
        }

        return messages.Count == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private static void Write(QueuedMessage message, Terminal terminal)
    {
        var sender = message.Sender.Length == 0 ? "a bounce" : $"from {Printable.Text(message.Sender)}";
        terminal.Line($"{terminal.Bold(message.Id)}  {message.Age} old, {message.Size}, {sender}{(message.IsFrozen ? terminal.Red(", frozen") : "")}");
        foreach (var recipient in message.Recipients.ToList())
            terminal.Line($"  to {Printable.Text(recipient)}");
        if (message.Reason is { } reason)
            terminal.Line($"  {terminal.Yellow(Printable.Text(reason))}");
    }

    // Exim keeps a log of each message until it is delivered; only root and the group adm may read it.
    private static string? ReasonOf(string id)
    {
        try
        {
            return MailQueue.LastReason(File.ReadAllText($"{MessageLogs}/{id}"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal sealed record QueueItem(string Id, string Age, string Size, string Sender, bool IsFrozen, IReadOnlyList<string> Recipients, string? Reason);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
    [JsonSerializable(typeof(List<QueueItem>))]
    private sealed partial class QueueJson : JsonSerializerContext;
}
