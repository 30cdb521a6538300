using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;

namespace Symbiosis.Applying;

/// <summary>
/// The transaction under way, one JSON object a line, written before the step it names. After a kill it tells what to undo, or, once <c>commit</c> is in it, what to finish.
/// </summary>
internal sealed class Journal(IHostFiles files)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What a journal on disk says.</summary>
    public sealed record Content(List<Operation> Operations, List<HostPath> MadeDirectories, Dictionary<string, Command> Reloads)
    {
        /// <summary>True when everything was live: finish instead of undoing.</summary>
        public bool IsCommitted { get; set; }
    }

    /// <summary>Writes what is going to be done. From here on second names may exist.</summary>
    public void Begin(IReadOnlyList<Operation> operations)
    {
        var lines = new ArrayBufferWriter<byte>(256 * (operations.Count + 1));
        foreach (var operation in operations)
            WriteLine(lines, json => WriteOperation(json, operation));
        files.Append(StateDirectory.Journal, lines.WrittenSpan, isDurable: false);
    }

    /// <summary>Directories that were made, to be removed again when they stay empty.</summary>
    public void Made(IReadOnlyList<HostPath> directories) => Append(isDurable: false, json =>
    {
        json.WriteStartArray("made");
        foreach (var directory in directories)
            json.WriteStringValue(directory.Value);
        json.WriteEndArray();
    });

    /// <summary>Everything is staged. From here on live files change, so this must survive a power cut.</summary>
    public void Swapping(IReadOnlyList<Operation> operations) => Append(isDurable: true, json =>
    {
        json.WriteStartArray("swap");
        foreach (var operation in operations.Where(operation => operation.IsLive))
        {
            json.WriteNumberValue(operation.Number);
            json.WriteNumberValue(operation.NewStamp.Inode);
            json.WriteNumberValue(operation.NewStamp.SizeBytes);
            json.WriteNumberValue(operation.NewStamp.ModifiedNs);
        }

        json.WriteEndArray();
    });

    /// <summary>A daemon is going to be reloaded; if what it reads is undone, it must be reloaded again.</summary>
    public void Reloading(string daemon, Command command) => Append(isDurable: false, json =>
    {
        json.WriteString("reload", daemon);
        json.WriteString("program", command.Program);
        json.WriteStartArray("arguments");
        foreach (var argument in command.Arguments)
            json.WriteStringValue(argument);
        json.WriteEndArray();
    });

    /// <summary>These operations are going to be undone.</summary>
    public void Undoing(IReadOnlyList<Operation> operations) => Append(isDurable: true, json =>
    {
        json.WriteStartArray("undo");
        foreach (var operation in operations)
            json.WriteNumberValue(operation.Number);
        json.WriteEndArray();
    });

    /// <summary>What is live stays. From here on old files go.</summary>
    public void Committing() => Append(isDurable: true, json => json.WriteBoolean("commit", true));

    /// <summary>The transaction is over.</summary>
    public void End() => files.Remove(StateDirectory.Journal);

    /// <summary>Reads an unfinished transaction, or null. A torn last line was never acted on.</summary>
    public Content? Read()
    {
        if (files.Read(StateDirectory.Journal) is not { } bytes)
            return null;
        var content = new Content([], [], new Dictionary<string, Command>(StringComparer.Ordinal));
        ReadOnlySpan<byte> rest = bytes;
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            try
            {
                using var line = JsonDocument.Parse(rest[..end].ToArray());
                ReadLine(line.RootElement, content);
            }
            catch (JsonException)
            {
                break; // after a power cut the tail may be anything; what follows it was not acted on either, ignoring
            }

            rest = rest[(end + 1)..];
        }

        return content;
    }

    private static void ReadLine(JsonElement line, Content content)
    {
        if (line.TryGetProperty("op", out _))
        {
            content.Operations.Add(ReadOperation(line));
        }
        else if (line.TryGetProperty("made", out var made))
        {
            content.MadeDirectories.AddRange(made.EnumerateArray().Select(path => HostPath.Parse(path.GetString()!)));
        }
        else if (line.TryGetProperty("swap", out var swap))
        {
            // What is not named here was held back before anything went live.
            foreach (var operation in content.Operations)
                operation.IsLive = false;
            var numbers = swap.EnumerateArray().Select(number => number.GetUInt64()).ToArray();
            foreach (var staged in numbers.Chunk(4))
            {
                var operation = content.Operations[(int)staged[0]];
                operation.IsLive = true;
                operation.NewStamp = new FileStamp((long)staged[2], (long)staged[3], 0, staged[1]);
            }
        }
        else if (line.TryGetProperty("undo", out var undo))
        {
            foreach (var number in undo.EnumerateArray())
                content.Operations[number.GetInt32()].IsLive = false;
        }
        else if (line.TryGetProperty("reload", out var daemon))
        {
            content.Reloads[daemon.GetString()!] = new Command(line.GetProperty("program").GetString()!, line.GetProperty("arguments").EnumerateArray().Select(word => word.GetString()!).ToValueList());
        }
        else if (line.TryGetProperty("commit", out _))
        {
            content.IsCommitted = true;
        }
    }

    private static void WriteOperation(Utf8JsonWriter json, Operation operation)
    {
        json.WriteNumber("op", operation.Number);
        json.WriteString("kind", operation.Kind.ToString());
        json.WriteString("path", operation.Path.Value);
        json.WriteString("spare", operation.Spare.Value);
        json.WriteString("unit", operation.Unit);
        json.WriteBoolean("replaces", operation.HadOld);
        json.WriteBoolean("keeps", operation.KeepsCopy);
        if (operation.Entry is { } entry)
        {
            json.WritePropertyName("entry");
            WrittenLine.Write(json, entry);
        }
    }

    private static Operation ReadOperation(JsonElement line)
    {
        WrittenEntry? entry = null;
        if (line.TryGetProperty("entry", out var written))
        {
            var one = new WrittenRecord();
            WrittenLine.TryRead(Encoding.UTF8.GetBytes(written.GetRawText()), one);
            entry = one.Entries.SingleOrDefault();
        }

        return new Operation
        {
            Number = line.GetProperty("op").GetInt32(),
            Kind = Enum.Parse<OperationKind>(line.GetProperty("kind").GetString()!),
            Path = HostPath.Parse(line.GetProperty("path").GetString()!),
            Spare = HostPath.Parse(line.GetProperty("spare").GetString()!),
            Unit = line.GetProperty("unit").GetString()!,
            HadOld = line.GetProperty("replaces").GetBoolean(),
            KeepsCopy = line.GetProperty("keeps").GetBoolean(),
            Entry = entry,
        };
    }

    private void Append(bool isDurable, Action<Utf8JsonWriter> write)
    {
        var line = new ArrayBufferWriter<byte>(256);
        WriteLine(line, write);
        files.Append(StateDirectory.Journal, line.WrittenSpan, isDurable);
    }

    private static void WriteLine(ArrayBufferWriter<byte> lines, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(lines, WriterOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        lines.Write("\n"u8);
    }
}
