using System.Text;
using Symbiosis.Model;

namespace Symbiosis.LogSplitting;

/// <summary>The domains of the table of hosted names, each with its aliases.</summary>
internal static class HostedDomains
{
    /// <summary>Reads the table: a file for each name, which begins with the name of its domain.</summary>
    public static SortedDictionary<string, SortedSet<string>> Read(string namesDirectory)
    {
        var found = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var file in Directory.Exists(namesDirectory) ? Directory.EnumerateFiles(namesDirectory) : [])
        {
            var domain = File.ReadAllText(file, Encoding.UTF8).Split(' ')[0];
            if (DomainName.FindFault(domain, requireDot: false) is not null) // it becomes part of a path
                continue;
            if (!found.TryGetValue(domain, out var aliases))
                found[domain] = aliases = new SortedSet<string>(StringComparer.Ordinal);
            if (Path.GetFileName(file) is var name && name != domain && DomainName.FindFault(name, requireDot: false) is null)
                aliases.Add(name);
        }

        return found;
    }
}
