using System.Runtime.CompilerServices;
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
            case WrittenLoad load:
                json.WriteString("loaded"u8, load.Version);
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
        catch (Exception damaged) when (damaged is FormatException or JsonException or OverflowException)
        {
            return false;
        }
    }

    // Compiled fully at the first call: a short run would be over before the runtime finds out that this is worth it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Read(ReadOnlySpan<byte> line, WrittenRecord record)
    {
        var json = new FlatJson(line);
        string? path = null, unit = null, service = null, link = null, target = null, mark = null, loaded = null;
        ContentDigest digest = default;
        ContentDigest? @base = null;
        ulong size = 0, mtime = 0, ctime = 0, inode = 0;
        ulong? gone = null;
        var linked = LinkMemory.None;
        bool isOrphan = false, wasThere = false;
        ValueList<string> daemons = default;
        while (json.TryReadName(out var name))
        {
            // In the order of writing, so that the first comparison mostly hits.
            if (path is null && name.SequenceEqual("path"u8))
                path = json.ReadString();
            else if (unit is null && name.SequenceEqual("unit"u8))
                unit = json.ReadString();
            else if (service is null && name.SequenceEqual("service"u8))
                service = json.ReadString();
            else if (name.SequenceEqual("sha256"u8))
                digest = Digest(json.ReadPlainString());
            else if (name.SequenceEqual("size"u8))
                size = json.ReadNumber();
            else if (name.SequenceEqual("mtime"u8))
                mtime = json.ReadNumber();
            else if (name.SequenceEqual("ctime"u8))
                ctime = json.ReadNumber();
            else if (name.SequenceEqual("inode"u8))
                inode = json.ReadNumber();
            else if (name.SequenceEqual("mark"u8))
                mark = json.ReadString();
            else if (name.SequenceEqual("base"u8))
                @base = Digest(json.ReadPlainString());
            else if (name.SequenceEqual("link"u8))
                link = json.ReadString();
            else if (name.SequenceEqual("linked"u8))
                linked = json.ReadPlainString().SequenceEqual("made"u8) ? LinkMemory.Made : LinkMemory.TakenDown;
            else if (name.SequenceEqual("orphan"u8))
                isOrphan = json.ReadAny().SequenceEqual("true"u8);
            else if (name.SequenceEqual("target"u8))
                target = json.ReadString();
            else if (name.SequenceEqual("loaded"u8))
                loaded = json.ReadString();
            else if (name.SequenceEqual("there"u8))
                wasThere = json.ReadAny().SequenceEqual("true"u8);
            else if (name.SequenceEqual("gone"u8))
                gone = json.ReadNumber();
            else if (name.SequenceEqual("daemons"u8))
                daemons = json.ReadStrings().ToValueList();
            else
                json.ReadAny(); // written by a newer version
        }

        if (path is null || (unit is null && gone is null))
            throw new FormatException("no path or unit");
        if (gone is { } modifiedNs)
        {
            record.Remove(path, (long)modifiedNs);
        }
        else if (loaded is not null)
        {
            record.Put(new WrittenLoad { Path = path, Unit = unit!, Service = service ?? "", Version = loaded, Daemons = daemons }); // unit: tested above
        }
        else if (target is not null)
        {
            record.Put(new WrittenLink { Path = path, Unit = unit!, Service = service ?? "", Target = target, WasThere = wasThere, Daemons = daemons }); // unit: tested above
        }
        else
        {
            record.Put(new WrittenFile
            {
                Path = path,
                Unit = unit!, // tested above
                Service = service ?? "",
                Daemons = daemons,
                Role = mark is null ? FileRole.Table : FileRole.Configuration,
                Digest = digest,
                Stamp = new FileStamp((long)size, (long)mtime, (long)ctime, inode),
                Base = @base,
                CommentMark = mark ?? "",
                EnabledLink = link,
                Link = linked,
                IsOrphan = isOrphan,
            });
        }
    }

    private static ContentDigest Digest(ReadOnlySpan<byte> hex) => ContentDigest.TryParse(hex, out var digest) ? digest : throw new FormatException("not a digest");
}
