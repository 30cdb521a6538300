using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>What was found at a path. Unreadable is kept apart from absent, so that a setting never vanishes quietly.</summary>
public enum NodeKind
{
    /// <summary>Nothing is there.</summary>
    Absent,

    /// <summary>A regular file; <see cref="TreeNode.Content"/> holds it unless only its existence was asked for.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>Something is there, but it may not or cannot be read; <see cref="TreeNode.Fault"/> says why.</summary>
    Unreadable,
}

/// <summary>What an ACL lets one user do: <see cref="Rights"/> holds bits of the class "others".</summary>
public sealed record AccessEntry(string User, UnixFileMode Rights);

/// <summary>A file or directory as it was when its descriptor was open.</summary>
public sealed record TreeNode(NodeKind Kind)
{
    /// <summary>Nothing there.</summary>
    public static TreeNode Absent { get; } = new(NodeKind.Absent);

    /// <summary>Bytes of a regular file, at most 1 MiB (CORE-15).</summary>
    public ByteString Content { get; init; }

    /// <summary>Owner of the object itself.</summary>
    public uint Uid { get; init; }

    /// <summary>Group of the object itself.</summary>
    public uint Gid { get; init; }

    /// <summary>Permission bits.</summary>
    public UnixFileMode Mode { get; init; }

    /// <summary>True when a symbolic link led here (CORE-14). Some daemons look no further than the link: Exim's dsearch does not take one for a directory (MAIL-161).</summary>
    public bool IsLinked { get; init; }

    /// <summary>Users that a POSIX ACL (acl(5)) names, with what they may do after its mask. Looked for only where the permission bits say that others may not.</summary>
    public ValueList<AccessEntry> Acl { get; init; }

    /// <summary>True when a system user, who is neither owner nor in the group, has all of some rights.</summary>
    /// <param name="user">Name of the user.</param>
    /// <param name="rights">Bits of the class "others".</param>
    public bool Permits(string user, UnixFileMode rights) => Mode.HasFlag(rights) || Acl.Any(entry => entry.User == user && entry.Rights.HasFlag(rights));

    /// <summary>Why it is unreadable, in words; null otherwise.</summary>
    public string? Fault { get; init; }

    /// <summary>True for anything but nothing.</summary>
    public bool Exists => Kind != NodeKind.Absent;

    /// <summary>The content as text: UTF-8 with invalid bytes kept as U+FFFD, byte order mark dropped, CR LF as LF (CORE-24).</summary>
    public string Text => Encoding.UTF8.GetString(Content.Span is [0xEF, 0xBB, 0xBF, .. var rest] ? rest : Content.Span).Replace("\r\n", "\n", StringComparison.Ordinal);

    /// <summary>The value by the table of CORE-18.</summary>
    public SettingValue Value => SettingValue.Of(this);
}

/// <summary>The four results of reading a parameter (CORE-18).</summary>
public abstract record SettingValue
{
    private static readonly NotSet _notSet = new();
    private static readonly True _true = new();
    private static readonly False _false = new();

    private protected SettingValue()
    {
    }

    /// <summary>Missing or not readable.</summary>
    public sealed record NotSet : SettingValue;

    /// <summary>Zero bytes, <c>true</c> or <c>yes</c>.</summary>
    public sealed record True : SettingValue;

    /// <summary><c>false</c> or <c>no</c>.</summary>
    public sealed record False : SettingValue;

    /// <summary>Anything else, unchanged.</summary>
    public sealed record Text(string Content) : SettingValue;

    /// <summary>A flag counts as set for true and text (CORE-19).</summary>
    public bool IsSet => this is True or Text;

    internal static SettingValue Of(TreeNode node)
    {
        if (node.Kind != NodeKind.File)
            return _notSet;
        if (node.Content.IsEmpty)
            return _true;
        var text = node.Text;
        var word = text.AsSpan().Trim();
        if (Ascii.EqualsIgnoreCase(word, "true") || Ascii.EqualsIgnoreCase(word, "yes"))
            return _true;
        if (Ascii.EqualsIgnoreCase(word, "false") || Ascii.EqualsIgnoreCase(word, "no"))
            return _false;
        return new Text(text);
    }
}
