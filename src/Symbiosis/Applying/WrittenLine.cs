using System.Text.Encodings.Web;
using System.Text.Json;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;

namespace Symbiosis.Applying;

/// <summary>
/// One line of <c>written.jsonl</c>. Read and written by hand rather than by a serialiser: twenty thousand lines are read at every start, and this takes a quarter of the time.
/// </summary>
internal static class WrittenLine
{
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A writer whose output <see cref="Write"/> fills line by line.</summary>
    public static Utf8JsonWriter NewWriter(System.Buffers.IBufferWriter<byte> output) => new(output, WriterOptions);

    /// <summary>Writes an entry as one object, without the line break.</summary>
    public static void Write(Utf8JsonWriter json, WrittenEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, entry.Path);
        json.WriteString("unit"u8, entry.Unit);
        json.WriteString("service"u8, entry.Service);
        switch (entry)
        {
            case WrittenFile file:
                json.WriteString("sha256"u8, file.Digest.ToString());
                json.WriteNumber("size"u8, file.Stamp.SizeBytes);
                json.WriteNumber("mtime"u8, file.Stamp.ModifiedNs);
                json.WriteNumber("ctime"u8, file.Stamp.ChangedNs);
                json.WriteNumber("inode"u8, file.Stamp.Inode);
                if (file.Role == FileRole.Configuration)
                    json.WriteString("mark"u8, file.CommentMark);
                if (file.Base is { } @base)
                    json.WriteString("base"u8, @base.ToString());
                if (file.EnabledLink is { } enabledLink)
                    json.WriteString("link"u8, enabledLink);
                if (file.Link != LinkMemory.None)
                    json.WriteString("linked"u8, file.Link == LinkMemory.Made ? "made"u8 : "down"u8);
                if (file.IsOrphan)
                    json.WriteBoolean("orphan"u8, true);
                break;
            case WrittenLink link:
                json.WriteString("target"u8, link.Target);
                if (link.WasThere)
                    json.WriteBoolean("there"u8, true);
                break;
        }

        if (entry.Daemons.Count > 0)
        {
            json.WriteStartArray("daemons"u8);
            foreach (var daemon in entry.Daemons)
                json.WriteStringValue(daemon);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes that a path is ours no more; the time of its last version is kept for MAIL-171.</summary>
    public static void WriteGone(Utf8JsonWriter json, string path, long modifiedNs)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, path);
        json.WriteNumber("gone"u8, modifiedNs);
        json.WriteEndObject();
    }

    /// <summary>Takes one line into the record. Returns false for a line that is damaged; it is as if it were not there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, WrittenRecord record)
    {
        try
        {
            Read(line, record);
            return true;
        }
        catch (Exception damaged) when (damaged is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Read(ReadOnlySpan<byte> line, WrittenRecord record)
    {
        var json = new Utf8JsonReader(line);
        string? path = null, unit = null, service = null, link = null, target = null, mark = null;
        ContentDigest digest = default;
        ContentDigest? @base = null;
        long size = 0, mtime = 0, ctime = 0;
        long? gone = null;
        ulong inode = 0;
        var linked = LinkMemory.None;
        bool isOrphan = false, wasThere = false;
        List<string>? daemons = null;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            // In the order of writing, so that the first comparison mostly hits.
            if (path is null && Is(ref json, "path"u8))
                path = json.GetString();
            else if (unit is null && Is(ref json, "unit"u8))
                unit = json.GetString();
            else if (service is null && Is(ref json, "service"u8))
                service = json.GetString();
            else if (Is(ref json, "sha256"u8))
                digest = Digest(ref json);
            else if (Is(ref json, "size"u8))
                size = json.GetInt64();
            else if (Is(ref json, "mtime"u8))
                mtime = json.GetInt64();
            else if (Is(ref json, "ctime"u8))
                ctime = json.GetInt64();
            else if (Is(ref json, "inode"u8))
                inode = json.GetUInt64();
            else if (Is(ref json, "mark"u8))
                mark = json.GetString();
            else if (Is(ref json, "base"u8))
                @base = Digest(ref json);
            else if (Is(ref json, "link"u8))
                link = json.GetString();
            else if (Is(ref json, "linked"u8))
                linked = json.ValueTextEquals("made"u8) ? LinkMemory.Made : LinkMemory.TakenDown;
            else if (Is(ref json, "orphan"u8))
                isOrphan = json.GetBoolean();
            else if (Is(ref json, "target"u8))
                target = json.GetString();
            else if (Is(ref json, "there"u8))
                wasThere = json.GetBoolean();
            else if (Is(ref json, "gone"u8))
                gone = json.GetInt64();
            else if (Is(ref json, "daemons"u8))
                daemons = Strings(ref json);
            else
                SkipValue(ref json); // written by a newer version
        }

        if (path is null || (unit is null && gone is null))
            throw new FormatException("no path or unit");
        if (gone is { } modifiedNs)
        {
            record.Remove(path, modifiedNs);
        }
        else if (target is not null)
        {
            record.Put(new WrittenLink { Path = path, Unit = unit!, Service = service ?? "", Target = target, WasThere = wasThere, Daemons = daemons?.ToValueList() ?? default });
        }
        else
        {
            record.Put(new WrittenFile
            {
                Path = path,
                Unit = unit!, // tested above
                Service = service ?? "",
                Daemons = daemons?.ToValueList() ?? default,
                Role = mark is null ? FileRole.Table : FileRole.Configuration,
                Digest = digest,
                Stamp = new FileStamp(size, mtime, ctime, inode),
                Base = @base,
                CommentMark = mark ?? "",
                EnabledLink = link,
                Link = linked,
                IsOrphan = isOrphan,
            });
        }
    }

    // True, and the reader at the value, when the property has that name.
    private static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name) => json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals(name) && json.Read();

    private static ContentDigest Digest(ref Utf8JsonReader json) =>
        ContentDigest.TryParse(json.ValueSpan, out var digest) ? digest : throw new FormatException("not a digest");

    private static List<string> Strings(ref Utf8JsonReader json)
    {
        var strings = new List<string>();
        while (json.Read() && json.TokenType == JsonTokenType.String)
            strings.Add(json.GetString()!); // a string token has a string
        return strings;
    }

    private static void SkipValue(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }
}
