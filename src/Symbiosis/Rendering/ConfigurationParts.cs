using System.Text;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Rendering;

/// <summary>One part of a configuration that is put together from parts, such as <c>20-routers/24-vhost-mailbox</c>. The path is its position.</summary>
/// <param name="Path">Position, relative to the snippet directory.</param>
/// <param name="Text">Its lines.</param>
public sealed record ConfigurationPart(string Path, string Text);

/// <summary>
/// Puts a daemon's configuration together from our parts and an administrator's snippets (CORE-42): all are sorted bytewise by path, so a file in the snippet directory lands between
/// those of ours that its name says. A snippet never replaces a part of ours.
/// </summary>
public static class ConfigurationParts
{
    private static readonly string Rule = "# " + new string('-', 78);

    /// <summary>Merges parts and snippets into one text.</summary>
    /// <param name="ours">Our parts.</param>
    /// <param name="snippetDirectory">Where the snippets come from, such as <c>/etc/exim4/symbiosis.d</c>.</param>
    /// <param name="tree">The host's files.</param>
    /// <param name="ignored">Snippets left out because a part of ours has their name.</param>
    public static string Merge(IEnumerable<ConfigurationPart> ours, HostPath snippetDirectory, HostTree tree, out ValueList<HostPath> ignored)
    {
        var parts = ours.ToDictionary(part => part.Path, part => (Heading: "symbiosis: " + part.Path, part.Text), StringComparer.Ordinal);
        var left = new List<HostPath>();
        foreach (var (path, node) in tree.Below(snippetDirectory.Value))
        {
            var relative = path[(snippetDirectory.Value.Length + 1)..];
            if (node.Kind != NodeKind.File || !IsSnippetName(relative[(relative.LastIndexOf('/') + 1)..]))
                continue;
            if (!parts.TryAdd(relative, (path, node.Text)))
                left.Add(HostPath.Parse(path));
        }

        ignored = left.ToValueList();
        var text = new StringBuilder();
        foreach (var (_, (heading, body)) in parts.OrderBy(part => part.Key, StringComparer.Ordinal))
            text.Append(Rule).Append("\n# ").Append(heading).Append('\n').Append(Rule).Append("\n\n").Append(body.TrimEnd('\n')).Append("\n\n");
        return text.ToString();
    }

    // CORE-42: [a-z0-9][a-z0-9-]+, which leaves out 10-x~, 10-x.dpkg-new and README.
    private static bool IsSnippetName(string name) =>
        name.Length >= 2 && name[0] != '-' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
