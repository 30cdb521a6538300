using Symbiosis.Model;

namespace Symbiosis.Rendering;

/// <summary>What sort of file a rendered text becomes.</summary>
public enum FileRole
{
    /// <summary>Daemon configuration that an administrator may look at and edit. Carries the footer of CORE-34 and obeys the hand-edit rule of CORE-36.</summary>
    Configuration,

    /// <summary>
    /// A look-up table below the state directory that daemons read. Not meant to be edited: a changed one is put back and the changed copy kept aside and reported.
    /// </summary>
    Table,
}

/// <summary>A file the model asks for, complete and deterministic (CORE-39): same model, same bytes.</summary>
public sealed record RenderedFile
{
    /// <summary>Where it belongs on the host.</summary>
    public required HostPath Path { get; init; }

    /// <summary>The text without the checksum footer; planning adds the footer to configuration files.</summary>
    public required string Content { get; init; }

    /// <summary>Configuration or table.</summary>
    public FileRole Role { get; init; }

    /// <summary>Permission bits, such as 0640.</summary>
    public UnixFileMode Mode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>User that owns the file.</summary>
    public string Owner { get; init; } = "root";

    /// <summary>Group of the file.</summary>
    public string Group { get; init; } = "root";

    /// <summary>Comment mark of the format, used for the footer: <c>#</c>, or <c>--</c> for Lua.</summary>
    public string CommentMark { get; init; } = "#";

    /// <summary>Name of the module that rendered it. The core fills it in; the record keeps it, so that a service can be taken off the host.</summary>
    public string Service { get; init; } = "";

    /// <summary>Which tree path or rule asks for it, for <c>plan</c> and <c>explain</c>.</summary>
    public required string Because { get; init; }

    /// <summary>The daemon that must check and reload when this file changes; null for a file that daemons read afresh by themselves.</summary>
    public string? Daemon { get; init; }

    /// <summary>Other daemons that read the same file and must check and reload as well.</summary>
    public ValueList<string> AlsoReadBy { get; init; }

    /// <summary>All daemons of the file.</summary>
    public ValueList<string> Daemons => Daemon is null ? AlsoReadBy : [Daemon, .. AlsoReadBy];

    /// <summary>
    /// A link that switches the file on (<c>sites-enabled/x</c> for <c>sites-available/x</c>), or null. A link that was removed by hand stays removed (CORE-37).
    /// </summary>
    public HostPath? EnabledLink { get; init; }

    /// <summary>True when each version needs a strictly later modification time in whole seconds, because the reader compares no more than that (MAIL-171).</summary>
    public bool AdvancesMtimeBySeconds { get; init; }
}
