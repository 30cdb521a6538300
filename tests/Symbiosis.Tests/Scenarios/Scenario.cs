using System.Globalization;
using System.Text;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.Scenarios;

/// <summary>
/// One directory <c>NN-name</c>: <c>README.md</c> says the claim, <c>tree/</c> is <c>/srv</c>, <c>disk/</c> the rest of the host before, <c>before/</c> an older <c>/srv</c> that was applied first,
/// and <c>expected/</c> what must come out. What a checkout cannot hold stands in <c>meta</c>, see the README of this folder.
/// </summary>
internal sealed class Scenario
{
    private Scenario(string name, string directory, IReadOnlyList<MetaLine> meta)
    {
        Name = name;
        Directory = directory;
        Meta = meta;
    }

    public static string Folder { get; } = Path.Combine(Repository.Root, "tests/Symbiosis.Tests/Scenarios");

    public static IEnumerable<string> Names =>
        System.IO.Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)).Where(name => name.Length > 3 && char.IsAsciiDigit(name[0])).Order(StringComparer.Ordinal);

    public string Name { get; }

    public string Directory { get; }

    public IReadOnlyList<MetaLine> Meta { get; }

    /// <summary>Whether files of the host as a whole are part of what is expected; they are the same in most scenarios.</summary>
    public bool ShowsHost => Meta.Any(line => line.Verb == "shows-host");

    public bool HasBefore => System.IO.Directory.Exists(Path.Combine(Directory, "before"));

    public string Expected => Path.Combine(Directory, "expected");

    public static Scenario Load(string name)
    {
        var directory = Path.Combine(Folder, name);
        var meta = Path.Combine(directory, "meta");
        var lines = new List<MetaLine>();
        foreach (var line in File.Exists(meta) ? File.ReadLines(meta) : [])
        {
            var words = line.Split('#', 2)[0].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0)
                lines.Add(new MetaLine(words[0], [.. words.Skip(1).Select(Unescape)]));
        }

        return new Scenario(name, directory, lines);
    }

    // \n, \s for a space, \xHH for any byte.
    private static byte[] Unescape(string word)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] != '\\')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes([word[i]]));
                continue;
            }

            i++;
            bytes.Add(word[i] switch
            {
                'n' => (byte)'\n',
                's' => (byte)' ',
                'x' => byte.Parse(word.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                var other => (byte)other,
            });
            if (word[i] == 'x')
                i += 2;
        }

        return [.. bytes];
    }
}

/// <summary>One line of a <c>meta</c> file.</summary>
/// <param name="Verb">What it says.</param>
/// <param name="Words">The rest, as bytes: names need not be UTF-8.</param>
internal sealed record MetaLine(string Verb, IReadOnlyList<byte[]> Words)
{
    public string Text(int index) => Encoding.UTF8.GetString(Words[index]);

    public (uint Uid, uint Gid) Owner(int index)
    {
        var parts = Text(index).Split(':');
        return (uint.Parse(parts[0], CultureInfo.InvariantCulture), uint.Parse(parts[^1], CultureInfo.InvariantCulture));
    }

    public uint Mode(int index) => Convert.ToUInt32(Text(index), 8);
}
