using System.Runtime.InteropServices;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>Files of the host outside of <c>/srv</c>, where only root writes. Every change of one goes through here, so that tests can stop, fill or refuse at any call.</summary>
internal interface IHostFiles
{
    /// <summary>The path that programs we start must be given.</summary>
    string PathOf(HostPath path);

    /// <summary>Status of a name, links not followed; null when nothing is there.</summary>
    FileStat? Stat(string path);

    /// <summary>The bytes of a regular file from an offset to its end; null when it does not exist.</summary>
    byte[]? Read(HostPath path, long offsetBytes = 0);

    /// <summary>The text of a link; null when there is none.</summary>
    string? ReadLink(string path);

    /// <summary>Names in a directory, sorted; empty when there is none.</summary>
    IReadOnlyList<string> List(HostPath directory);

    /// <summary>Uid of a user name, or null.</summary>
    uint? FindUser(string name);

    /// <summary>Gid of a group name, or null.</summary>
    uint? FindGroup(string name);

    /// <summary>Makes a directory and its missing parents, 0755. Returns those it made, the outermost first.</summary>
    IReadOnlyList<HostPath> MakeDirectories(HostPath directory);

    /// <summary>Makes a file that must not exist, complete, with its final owner, mode and time.</summary>
    void WriteNew(HostPath path, ReadOnlySpan<byte> content, FileAttributes attributes);

    /// <summary>Appends to a file, making it (0600) if needed.</summary>
    void Append(HostPath path, ReadOnlySpan<byte> content, bool isDurable);

    /// <summary>Cuts a file, to take a torn last line off.</summary>
    void Truncate(HostPath path, long lengthBytes);

    /// <summary>Makes a symbolic link that must not exist.</summary>
    void MakeLink(HostPath path, string target);

    /// <summary>Swaps two names of one directory atomically; both must exist. Returns false when the file system cannot do that.</summary>
    bool TryExchange(HostPath first, HostPath second);

    /// <summary>Gives a file a second name, which must not exist.</summary>
    void MakeHardLink(HostPath existing, HostPath path);

    /// <summary>Renames; the new name must not exist.</summary>
    void MoveNew(HostPath from, HostPath to);

    /// <summary>Renames over whatever is there.</summary>
    void Replace(HostPath from, HostPath to);

    /// <summary>Removes a file or link; nothing there is fine.</summary>
    void Remove(HostPath path);

    /// <summary>Removes a directory if it is empty.</summary>
    void RemoveEmptyDirectory(HostPath path);

    /// <summary>Makes content and names durable: <paramref name="paths"/> are files or directories.</summary>
    void Sync(IReadOnlyCollection<HostPath> paths);

    /// <summary>What a new file gets.</summary>
    /// <param name="Mode">Permission bits.</param>
    /// <param name="Uid">Owner.</param>
    /// <param name="Gid">Group.</param>
    /// <param name="ModifiedNs">Modification time in nanoseconds since 1970.</param>
    internal readonly record struct FileAttributes(UnixFileMode Mode, uint Uid, uint Gid, long ModifiedNs);
}

/// <summary>The host refused a change of a file.</summary>
internal sealed class HostFileException(string action, HostPath path, Errno error)
    : IOException($"cannot {action} {path}: {Marshal.GetPInvokeErrorMessage((int)error)}")
{
    /// <summary>What the kernel said.</summary>
    public Errno Error => error;

    /// <summary>The path at fault.</summary>
    public HostPath Path => path;

    /// <summary>True when there is no space, or no quota, left.</summary>
    public bool IsDiskFull => error is Errno.ENOSPC or Errno.EDQUOT;
}
