namespace Symbiosis.Tree;

/// <summary>What the content of a setting's file means.</summary>
public enum SettingForm
{
    /// <summary>Set or not set (CORE-19).</summary>
    Flag,

    /// <summary>Text that the program reads.</summary>
    Text,

    /// <summary>A size of CORE-25.</summary>
    Size,

    /// <summary>A password or key: never printed, never in a plan (CORE-23).</summary>
    Secret,

    /// <summary>Read by a daemon itself, live; the program looks only at its existence, owner and mode.</summary>
    DaemonReads,

    /// <summary>A directory whose existence counts.</summary>
    Directory,

    /// <summary>A directory of text files, all of which are read, at any depth.</summary>
    DirectoryOfTexts,
}

/// <summary>
/// One file or directory of the tree that means something, declared once. <see cref="Path"/> is relative to a domain (<c>config/mailbox-quota</c>, <c>mailboxes/*/password</c> where
/// <c>*</c> is any mailbox), relative to a unix user's home (<c>~/.password</c>), or absolute for the host (<c>/etc/symbiosis/apache.d</c>).
/// </summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Form">How its content is read.</param>
/// <param name="Summary">One sentence for completion and the manual.</param>
public sealed record Setting(string Path, SettingForm Form, string Summary)
{
    /// <summary>What holds when it is absent, in words.</summary>
    public string Default { get; init; } = "absent";

    /// <summary>A content one could write; null when an empty file or directory is the example.</summary>
    public string? Example { get; init; }
}
