using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>One domain's directory as read: only what some <see cref="Setting"/> declares, the directories on the way, and the mailboxes. A pure value, equal when everything read is.</summary>
public sealed class DomainTree : IEquatable<DomainTree>
{
    private readonly NodeTable _nodes;

    /// <summary>Makes a tree from its nodes, keyed by path relative to the domain directory.</summary>
    public DomainTree(IEnumerable<KeyValuePair<string, TreeNode>> nodes, ValueList<string> mailboxNames, ValueList<Diagnostic> diagnostics)
        : this(new NodeTable(nodes), mailboxNames, diagnostics)
    {
    }

    internal DomainTree(NodeTable nodes, ValueList<string> mailboxNames, ValueList<Diagnostic> diagnostics)
    {
        _nodes = nodes;
        MailboxNames = mailboxNames;
        Diagnostics = diagnostics;
    }

    /// <summary>Names of the directories in <c>mailboxes/</c>, sorted bytewise. Dot directories are left out; whether a name is a local part is for the reader of the list to judge.</summary>
    public ValueList<string> MailboxNames { get; }

    /// <summary>What the reader found wrong: unknown names, unreadable files, wrong kinds.</summary>
    public ValueList<Diagnostic> Diagnostics { get; }

    /// <summary>
    /// The node at a relative path such as <c>config/mailbox-quota</c> or <c>mailboxes/bob</c>; <see cref="TreeNode.Absent"/> when nothing is there. What lies below something
    /// unreadable is unreadable too.
    /// </summary>
    public TreeNode this[string relativePath] => _nodes[relativePath];

    /// <summary>Every node read, in no order.</summary>
    public IReadOnlyDictionary<string, TreeNode> Nodes => _nodes.All;

    /// <summary>Nodes below a directory, such as the files of a <see cref="SettingForm.DirectoryOfTexts"/>, sorted bytewise by path.</summary>
    public IEnumerable<KeyValuePair<string, TreeNode>> Below(string directory) => _nodes.Below(directory);

    /// <inheritdoc />
    public bool Equals(DomainTree? other) =>
        other is not null && (ReferenceEquals(this, other) || (MailboxNames == other.MailboxNames && Diagnostics == other.Diagnostics && _nodes.Equals(other._nodes)));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as DomainTree);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(_nodes.GetHashCode(), MailboxNames);
}

/// <summary>Host-wide files as read, keyed by absolute path. A <see cref="SettingForm.DirectoryOfTexts"/> appears as its files. A pure value.</summary>
public sealed class HostTree : IEquatable<HostTree>
{
    private readonly NodeTable _nodes;

    /// <summary>Makes a tree from its nodes.</summary>
    public HostTree(IEnumerable<KeyValuePair<string, TreeNode>> nodes)
        : this(new NodeTable(nodes), [])
    {
    }

    internal HostTree(NodeTable nodes, ValueList<Diagnostic> diagnostics)
    {
        _nodes = nodes;
        Diagnostics = diagnostics;
    }

    /// <summary>What the reader found wrong with host-wide files and with the files in homes.</summary>
    public ValueList<Diagnostic> Diagnostics { get; }

    /// <summary>The node at an absolute path.</summary>
    public TreeNode this[string path] => _nodes[path];

    /// <summary>Files and directories below a directory, sorted bytewise by full path (CORE-45).</summary>
    public IEnumerable<KeyValuePair<string, TreeNode>> Below(string directory) => _nodes.Below(directory);

    /// <inheritdoc />
    public bool Equals(HostTree? other) => other is not null && (ReferenceEquals(this, other) || (Diagnostics == other.Diagnostics && _nodes.Equals(other._nodes)));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as HostTree);

    /// <inheritdoc />
    public override int GetHashCode() => _nodes.GetHashCode();
}

/// <summary>Nodes by path, compared by content.</summary>
internal sealed class NodeTable : IEquatable<NodeTable>
{
    // Not a frozen dictionary: making one costs more than all look-ups that a domain ever sees.
    private readonly Dictionary<string, TreeNode> _nodes;
    private readonly bool _hasUnreadable;

    public NodeTable(IEnumerable<KeyValuePair<string, TreeNode>> nodes)
        : this(new Dictionary<string, TreeNode>(nodes, StringComparer.Ordinal))
    {
    }

    /// <summary>Takes a dictionary that nobody changes any more.</summary>
    public NodeTable(Dictionary<string, TreeNode> nodes)
    {
        _nodes = nodes;
        foreach (var node in nodes.Values)
            _hasUnreadable |= node.Kind == NodeKind.Unreadable;
    }

    public IReadOnlyDictionary<string, TreeNode> All => _nodes;

    public TreeNode this[string path] => _nodes.TryGetValue(path, out var node) ? node : _hasUnreadable ? FindUnreadableAbove(path) : TreeNode.Absent;

    public IEnumerable<KeyValuePair<string, TreeNode>> Below(string directory) =>
        _nodes.Where(node => node.Key.Length > directory.Length && node.Key[directory.Length] == '/' && node.Key.StartsWith(directory, StringComparison.Ordinal))
            .OrderBy(node => node.Key, StringComparer.Ordinal);

    public bool Equals(NodeTable? other)
    {
        if (other is null || other._nodes.Count != _nodes.Count)
            return false;
        foreach (var (path, node) in _nodes)
        {
            if (!other._nodes.TryGetValue(path, out var same) || same != node)
                return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as NodeTable);

    // Equal tables have equal counts; that is all a comparison needs to fail early.
    public override int GetHashCode() => _nodes.Count;

    // A setting below a directory that cannot be read is not absent: nobody knows (style section 3).
    private TreeNode FindUnreadableAbove(string path)
    {
        var lookup = _nodes.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (lookup.TryGetValue(path.AsSpan(0, slash), out var above))
                return above.Kind == NodeKind.Unreadable ? above : TreeNode.Absent;
        }

        return TreeNode.Absent;
    }
}
