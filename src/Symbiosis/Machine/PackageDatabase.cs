using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>Reads which packages are installed from dpkg's own file (deb-control(5), <c>/var/lib/dpkg/status</c>): a program started for each would cost more than the rest of a run.</summary>
internal static class PackageDatabase
{
    /// <summary>The wanted packages that are installed, sorted by name.</summary>
    /// <param name="status">Content of the status file.</param>
    /// <param name="wanted">Names; one <c>*</c> in a name stands for any text.</param>
    public static ValueList<InstalledPackage> Find(ReadOnlySpan<byte> status, IReadOnlyCollection<string> wanted)
    {
        var exact = wanted.Where(name => !name.Contains('*', StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        var patterns = wanted.Where(name => name.Contains('*', StringComparison.Ordinal)).Select(name => name.Split('*', 2)).ToArray();
        var found = new List<InstalledPackage>();
        while (!status.IsEmpty)
        {
            var end = status.IndexOf("\n\n"u8);
            var paragraph = end < 0 ? status : status[..(end + 1)];
            status = end < 0 ? default : status[(end + 2)..];
            var name = Encoding.ASCII.GetString(Field(paragraph, "Package: "u8));
            var isWanted = exact.Contains(name) || patterns.Any(parts =>
                name.Length >= parts[0].Length + parts[1].Length && name.StartsWith(parts[0], StringComparison.Ordinal) && name.EndsWith(parts[1], StringComparison.Ordinal));
            // "install ok installed"; packages that only wait for a trigger of another are whole too (dpkg(1)).
            if (isWanted && (Field(paragraph, "Status: "u8).EndsWith(" ok installed"u8) || Field(paragraph, "Status: "u8).EndsWith(" ok triggers-awaited"u8) || Field(paragraph, "Status: "u8).EndsWith(" ok triggers-pending"u8)))
                found.Add(new InstalledPackage(name, Encoding.ASCII.GetString(Field(paragraph, "Version: "u8))));
        }

        // With several architectures of one package, one line is enough.
        return found.DistinctBy(package => package.Name).OrderBy(package => package.Name, StringComparer.Ordinal).ToValueList();
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> paragraph, ReadOnlySpan<byte> name)
    {
        while (!paragraph.IsEmpty)
        {
            var end = paragraph.IndexOf((byte)'\n');
            var line = end < 0 ? paragraph : paragraph[..end];
            if (line.StartsWith(name))
                return line[name.Length..];
            paragraph = end < 0 ? default : paragraph[(end + 1)..];
        }

        return default;
    }
}
