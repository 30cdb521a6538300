using System.ComponentModel;
using System.Text;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Services;
using Symbiosis.Tree;

namespace Symbiosis.Applying;

/// <summary>
/// Makes the changes that services ask for inside a customer's tree. Everything is opened below the domain directory without following a link, and done with the rights of whom the
/// place belongs to (CORE-14, CORE-16).
/// </summary>
internal static class TreeEditor
{
    /// <summary>Makes one change. Returns null when it is made or no longer wanted, otherwise why not, in words.</summary>
    public static string? Make(TreeChange change, HostRoot root, UserDatabase users)
    {
        using var domain = FileDescriptor.OpenRoot($"{root.Prefix}/srv/{change.Domain}", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        if (domain is null)
            return error == Errno.ENOENT ? null : Words(error); // deleted meanwhile
        return change switch
        {
            TreeChange.ReplaceSecret secret => ReplaceSecret(domain, secret, new OwnerRule(users)),
            TreeChange.GrantAccess grant => GrantAccess(domain, grant, users),
            TreeChange.CloseToOthers close => CloseToOthers(domain, close, users),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static string? ReplaceSecret(FileDescriptor domain, TreeChange.ReplaceSecret change, OwnerRule owners)
    {
        var slash = change.RelativePath.LastIndexOf('/');
        using var directory = domain.OpenBelow(change.RelativePath[..slash], Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        if (directory is null)
            return error is Errno.ENOENT or Errno.ENOTDIR ? null : Words(error);
        var name = change.RelativePath[(slash + 1)..];
        error = directory.Stat(out var status);
        if (error != Errno.None)
            return Words(error);
        if (Unistd.geteuid() == 0 && !(owners.IsPerson(status.Uid) && owners.IsPerson(status.Gid)))
            return $"its directory belongs to a system account (uid {status.Uid}, gid {status.Gid})";

        // Looked at with our rights: an administrator's file of mode 0600 is as welcome as the customer's.
        if (!Holds(directory, name, change.Expected.Span))
            return null; // changed since; the next run sees the new content
        return FileIdentity.Use(status.Uid, status.Gid, () => Replace(directory, name, change.Content));
    }

    private static bool Holds(FileDescriptor directory, string name, ReadOnlySpan<byte> expected)
    {
        using var file = directory.OpenBelow(name, Fcntl.O_RDONLY, out _);
        if (file is null || file.Stat(out var status) != Errno.None || status.Sort != FileSort.Regular || status.SizeBytes != expected.Length)
            return false;
        var found = new byte[expected.Length];
        return file.ReadFully(found, out _) == found.Length && expected.SequenceEqual(found);
    }

    private static string? Replace(FileDescriptor directory, string name, string content)
    {
        const uint OwnerOnly = 0x180; // 0600
        var temporary = $".{name}.{Guid.NewGuid():N}";
        using var file = directory.OpenBelow(temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out var error, OwnerOnly);
        if (file is null)
            return Words(error);
        error = file.WriteFully(Encoding.UTF8.GetBytes(content));
        if (error == Errno.None && (SysStat.fchmod(file, OwnerOnly) != 0 || Unistd.fsync(file) != 0 || Stdio.renameat2(directory, temporary, directory, name, 0) != 0))
            error = FileDescriptor.LastError();
        if (error == Errno.None)
            return null;
        _ = Unistd.unlinkat(directory, temporary, 0); // best effort: the failure to report is the one above
        return Words(error);
    }

    private static string? GrantAccess(FileDescriptor domain, TreeChange.GrantAccess change, UserDatabase users)
    {
        if (users.Accounts.FirstOrDefault(account => account.Name == change.User) is not { } user)
            return $"there is no user {change.User}";
        using var below = change.RelativePath.Length == 0 ? null : domain.OpenBelow(change.RelativePath, Fcntl.O_RDONLY, out _);
        if ((change.RelativePath.Length == 0 ? domain : below) is not { } place || place.Stat(out var status) != Errno.None)
            return null; // gone meanwhile, or a link, which stays as it is
        var rights = RightsOf(change.Permissions);
        var list = (PosixAcl.Of(place) ?? PosixAcl.FromMode(status.Mode)).WithUser(user.Uid, rights);

        // Only the owner may change an access list, so this can do no more than he could.
        var error = FileIdentity.Use(status.Uid, status.Gid, () => list.SetOn(place));
        return error == Errno.None ? null : Words(error);
    }

    private static string? CloseToOthers(FileDescriptor domain, TreeChange.CloseToOthers change, UserDatabase users)
    {
        if (domain.Stat(out var status) != Errno.None)
            return null; // gone meanwhile
        var list = PosixAcl.Of(domain) ?? PosixAcl.FromMode(status.Mode);
        foreach (var account in users.Accounts.Where(account => change.StillEntering.Contains(account.Name)))
        {
            var rights = list.Users.FirstOrDefault(entry => entry.Uid == account.Uid).Rights;
            if (!rights.HasFlag(AclRights.Execute))
                list = list.WithUser(account.Uid, rights | AclRights.Execute);
        }

        list = list.WithoutOthers();
        var error = FileIdentity.Use(status.Uid, status.Gid, () => list.SetOn(domain));
        return error == Errno.None ? null : Words(error);
    }

    private static AclRights RightsOf(string letters) =>
        letters.Aggregate(AclRights.None, (rights, letter) => rights | letter switch { 'r' => AclRights.Read, 'w' => AclRights.Write, 'x' => AclRights.Execute, _ => AclRights.None });

    private static string Words(Errno error) => error switch
    {
        Errno.ELOOP => "there is a symbolic link on the way, and none is followed for writing",
        Errno.EACCES or Errno.EPERM => "permission denied",
        Errno.ENOSPC or Errno.EDQUOT => "the disk is full",
        Errno.EOPNOTSUPP => "the file system has no access lists",
        _ => new Win32Exception((int)error).Message.ToLowerInvariant(),
    };
}
