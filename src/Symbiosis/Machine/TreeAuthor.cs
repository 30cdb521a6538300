using System.ComponentModel;
using System.Text;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>
/// Makes directories and files in the tree the way a person would, with the owner's rights, following no link (CORE-13, CORE-14, CORE-16). Used by the verbs that only write tree files.
/// </summary>
internal static class TreeAuthor
{
    /// <summary>Why something could not be made.</summary>
    /// <param name="Path">The path at fault.</param>
    /// <param name="Reason">What is in the way, in words.</param>
    public sealed record Failure(string Path, string Reason);

    /// <summary>
    /// Makes a directory below <paramref name="root"/>, and its parents, as far as they are missing. Returns null on success, also when it existed already.
    /// </summary>
    /// <param name="root">A directory whose path only trusted users can change, such as <c>/srv</c> or <c>/srv/example.com</c>.</param>
    /// <param name="relativePath">Path below it.</param>
    /// <param name="uid">User who makes it and will own it.</param>
    /// <param name="gid">Group of it.</param>
    public static Failure? MakeDirectory(string root, string relativePath, uint uid, uint gid) => FileIdentity.Use(uid, gid, () =>
    {
        var directory = Descend(root, relativePath, out var failure);
        directory?.Dispose();
        return failure;
    });

    /// <summary>Writes a file that must not exist yet, complete or not at all. Parents must exist.</summary>
    /// <param name="root">As in <see cref="MakeDirectory"/>.</param>
    /// <param name="relativePath">Path below it.</param>
    /// <param name="content">The whole text.</param>
    /// <param name="mode">Permission bits, such as 0600 for a secret (CORE-23).</param>
    /// <param name="uid">User who writes it and will own it.</param>
    /// <param name="gid">Group of it.</param>
    public static Failure? MakeFile(string root, string relativePath, string content, uint mode, uint uid, uint gid) => FileIdentity.Use(uid, gid, () =>
    {
        var slash = relativePath.LastIndexOf('/');
        using var directory = Descend(root, slash < 0 ? "" : relativePath[..slash], out var failure);
        if (directory is null)
            return failure;
        var name = relativePath[(slash + 1)..];
        return WriteThenRename(directory, name, $"{root}/{relativePath}", content, mode, Stdio.RENAME_NOREPLACE);
    });

    private static Failure? WriteThenRename(FileDescriptor directory, string name, string path, string content, uint mode, uint renameFlags)
    {
        var temporary = $".{name}.{Guid.NewGuid():N}";
        using var file = directory.OpenBelow(temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out var error, mode);
        if (file is null)
            return new Failure(path, Words(error));
        error = file.WriteFully(Encoding.UTF8.GetBytes(content));
        if (error == Errno.None && (SysStat.fchmod(file, mode) != 0 || Unistd.fsync(file) != 0 || Stdio.renameat2(directory, temporary, directory, name, renameFlags) != 0))
            error = FileDescriptor.LastError();
        if (error == Errno.None)
            return null;
        _ = Unistd.unlinkat(directory, temporary, 0); // best effort: the failure to report is the one above
        return new Failure(path, Words(error));
    }

    /// <summary>
    /// Writes a file anew or for the first time, with the ids of whom its directory belongs to. The directory must exist and belong to a person, and no link is followed.
    /// </summary>
    /// <param name="root">As in <see cref="MakeDirectory"/>.</param>
    /// <param name="relativePath">Path below it, with at least one directory.</param>
    /// <param name="content">The whole text.</param>
    /// <param name="mode">Permission bits.</param>
    public static Failure? ReplaceFile(string root, string relativePath, string content, uint mode)
    {
        var path = $"{root}/{relativePath}";
        var slash = relativePath.LastIndexOf('/');
        using var top = FileDescriptor.OpenRoot(root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        using var directory = top?.OpenBelow(relativePath[..slash], Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error);
        if (directory is null)
            return new Failure(path, Words(error));
        error = directory.Stat(out var status);
        if (error != Errno.None)
            return new Failure(path, Words(error));
        if (Unistd.geteuid() == 0 && !(Owner.IsPerson(status.Uid) && Owner.IsPerson(status.Gid)))
            return new Failure(path, $"its directory belongs to a system account (uid {status.Uid}, gid {status.Gid})");
        return FileIdentity.Use(status.Uid, status.Gid, () => WriteThenRename(directory, relativePath[(slash + 1)..], path, content, mode, renameFlags: 0));
    }

    /// <summary>
    /// What a small text file holds, read with the rights of whom its directory belongs to and without following a link; null when it is absent, no regular file or larger than
    /// <paramref name="maxBytes"/>.
    /// </summary>
    public static string? ReadFile(string root, string relativePath, int maxBytes)
    {
        var slash = relativePath.LastIndexOf('/');
        using var top = FileDescriptor.OpenRoot(root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        using var directory = top?.OpenBelow(relativePath[..slash], Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (directory is null || directory.Stat(out var owner) != Errno.None)
            return null;
        return FileIdentity.Use(owner.Uid, owner.Gid, () => ReadBelow(directory, relativePath[(slash + 1)..], maxBytes));
    }

    private static string? ReadBelow(FileDescriptor directory, string name, int maxBytes)
    {
        using var file = directory.OpenBelow(name, Fcntl.O_RDONLY, out _);
        if (file is null || file.Stat(out var status) != Errno.None || status.Sort != FileSort.Regular || status.SizeBytes > maxBytes)
            return null;
        var content = new byte[status.SizeBytes];
        return file.ReadFully(content, out _) is >= 0 and var count ? Encoding.UTF8.GetString(content, 0, count) : null;
    }

    private static FileDescriptor? Descend(string root, string relativePath, out Failure? failure)
    {
        var path = root;
        var current = FileDescriptor.OpenRoot(root, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        foreach (var name in relativePath.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (current is null)
                break;
            path = $"{path}/{name}";
            using var parent = current;
            if (SysStat.mkdirat(parent, name, 0x1ED) != 0 && FileDescriptor.LastError() is not Errno.EEXIST and var refused)
            {
                failure = new Failure(path, Words(refused));
                return null;
            }

            current = parent.OpenBelow(name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error);
        }

        failure = current is null ? new Failure(path, Words(error)) : null;
        return current;
    }

    private static string Words(Errno error) => error switch
    {
        Errno.EEXIST => "it exists already",
        Errno.ENOTDIR or Errno.ELOOP => "something that is not a directory is in the way",
        Errno.EACCES or Errno.EPERM => "permission denied",
        Errno.ENOSPC or Errno.EDQUOT => "the disk is full",
        _ => new Win32Exception((int)error).Message.ToLowerInvariant(),
    };
}
