using System.Collections.Frozen;
using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>One domain's directory as read: only what some <see cref="Setting"/> declares, plus the names found in <c>config/</c> and <c>mailboxes/</c>. A pure value.</summary>
public sealed class DomainTree
{
    private readonly FrozenDictionary<string, TreeNode> _nodes;

    /// <summary>Makes a tree from its nodes, keyed by path relative to the domain directory.</summary>
    public DomainTree(IEnumerable<KeyValuePair<string, TreeNode>> nodes, ValueList<string> mailboxNames, ValueList<Diagnostic> diagnostics)
    {
        _nodes = nodes.ToFrozenDictionary(StringComparer.Ordinal);
        MailboxNames = mailboxNames;
        Diagnostics = diagnostics;
    }

    /// <summary>Names of the directories in <c>mailboxes/</c>, sorted bytewise.</summary>
    public ValueList<string> MailboxNames { get; }

    /// <summary>What the reader found wrong: unknown names, unreadable files, wrong kinds.</summary>
    public ValueList<Diagnostic> Diagnostics { get; }

    /// <summary>The node at a relative path such as <c>config/mailbox-quota</c> or <c>mailboxes/bob</c>; <see cref="TreeNode.Absent"/> when nothing is there.</summary>
    public TreeNode this[string relativePath] => _nodes.GetValueOrDefault(relativePath, TreeNode.Absent);

    /// <summary>Every node read, in no order.</summary>
    public IReadOnlyDictionary<string, TreeNode> Nodes => _nodes;
}

/// <summary>Host-wide files as read, keyed by absolute path. A <see cref="SettingForm.DirectoryOfTexts"/> appears as its files.</summary>
public sealed class HostTree
{
    private readonly FrozenDictionary<string, TreeNode> _nodes;

    /// <summary>Makes a tree from its nodes.</summary>
    public HostTree(IEnumerable<KeyValuePair<string, TreeNode>> nodes) => _nodes = nodes.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The node at an absolute path.</summary>
    public TreeNode this[string path] => _nodes.GetValueOrDefault(path, TreeNode.Absent);

    /// <summary>Files below a directory, sorted bytewise by full path (CORE-45).</summary>
    public IEnumerable<KeyValuePair<string, TreeNode>> Below(string directory) =>
        _nodes.Where(node => node.Key.StartsWith(directory + "/", StringComparison.Ordinal)).OrderBy(node => node.Key, StringComparer.Ordinal);
}
