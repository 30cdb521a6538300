using System.ComponentModel;
using System.Text;
using Symbiosis.Machine.Native;

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
        var temporary = $".{name}.{Guid.NewGuid():N}";
        using var file = directory.OpenBelow(temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out var error, mode);
        if (file is null)
            return new Failure($"{root}/{relativePath}", Words(error));
        error = file.WriteFully(Encoding.UTF8.GetBytes(content));
        if (error == Errno.None && (SysStat.fchmod(file, mode) != 0 || Unistd.fsync(file) != 0 || Stdio.renameat2(directory, temporary, directory, name, Stdio.RENAME_NOREPLACE) != 0))
            error = FileDescriptor.LastError();
        if (error == Errno.None)
            return null;
        _ = Unistd.unlinkat(directory, temporary, 0); // best effort: the failure to report is the one above
        return new Failure($"{root}/{relativePath}", Words(error));
    });

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
