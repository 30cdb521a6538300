using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services.Tls;

namespace Symbiosis.CertificateKeeping;

/// <summary>A set as it is written (TLS-18, TLS-19).</summary>
internal sealed record NewSet(string KeyPem, string CertificatePem, string BundlePem, string RequestPem)
{
    /// <summary>The files with their modes; keys are for owner and group only.</summary>
    public IEnumerable<(string Name, string Content, uint Mode)> Files
    {
        get
        {
            yield return ("ssl.key", KeyPem, 0x1A0); // 0640
            yield return ("ssl.crt", CertificatePem, 0x1A4); // 0644
            yield return ("ssl.csr", RequestPem, 0x1A4);
            if (BundlePem.Length > 0)
                yield return ("ssl.bundle", BundlePem, 0x1A4);
            yield return ("ssl.combined", CertificatePem + BundlePem + KeyPem, 0x1A0);
        }
    }

    /// <summary>The contents by name, as a reader would find them.</summary>
    public IReadOnlyDictionary<string, string> Contents => Files.ToDictionary(file => file.Name, file => file.Content, StringComparer.Ordinal);
}

/// <summary>The tree did not take something.</summary>
internal sealed class SetStoreException(string message) : Exception(message);

/// <summary>
/// Writes sets and the link <c>current</c> into a domain, with the owner's rights and through no link (CORE-14, CORE-16). A set appears under its name complete or not at all, and the link is
/// replaced by a rename: whoever looks, at any moment and after a kill at any moment, sees the old one or the new one.
/// </summary>
/// <param name="domain">The domain's directory, open.</param>
/// <param name="owner">Who owns it.</param>
/// <param name="readers">Number of the group <c>ssl-cert</c>; null when there is none.</param>
internal sealed class SetStore(FileDescriptor domain, Owner owner, uint? readers)
{
    private const uint DirectoryMode = 0x1E8; // 0750

    /// <summary>Writes a set under the first free number from <paramref name="name"/> on, and returns the name it got.</summary>
    /// <exception cref="SetStoreException">The tree does not take it.</exception>
    public string Write(NewSet set, string name)
    {
        using var made = new Handles();
        var (ssl, sets, temporary) = AsOwner(() => Prepare(made, set));

        // Only root can give a file to a group its owner is not in. These are our own new files, by their descriptors.
        if (readers is { } group && Unistd.geteuid() == 0)
        {
            foreach (var file in made.New)
                Check(Unistd.fchown(file, owner.Uid, group) == 0, "ssl-cert");
        }

        return AsOwner(() =>
        {
            // Before that nobody but the owner could look into it.
            Check(SysStat.fchmod(made.Set, DirectoryMode) == 0, temporary);
            Check(Unistd.fsync(made.Set) == 0, temporary);
            for (var number = long.Parse(name); ; number++)
            {
                if (Stdio.renameat2(sets, temporary, sets, number.ToString(), Stdio.RENAME_NOREPLACE) == 0)
                {
                    Check(Unistd.fsync(sets) == 0, "sets");
                    return number.ToString();
                }

                Check(FileDescriptor.LastError() == Errno.EEXIST, number.ToString());
            }
        });
    }

    /// <summary>Makes a set the current one (TLS-26).</summary>
    /// <exception cref="SetStoreException">The tree does not take it.</exception>
    public void RollOver(string name) => AsOwner(() =>
    {
        using var ssl = domain.OpenBelow("config/ssl", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error) ?? throw Refused("config/ssl", error);
        using (var current = ssl.OpenPlace(FileDescriptor.NulTerminated("current"), out _))
        {
            if (current is not null && current.ReadLink() is null)
                throw new SetStoreException("config/ssl/current is not a link; move it away");
        }

        var next = $".current.{Guid.NewGuid():N}";
        Check(Unistd.symlinkat($"sets/{name}", ssl, next) == 0, "config/ssl/current");
        if (Stdio.renameat2(ssl, next, ssl, "current", 0) != 0)
        {
            error = FileDescriptor.LastError();
            _ = Unistd.unlinkat(ssl, next, 0); // best effort: the failure to report is the one above
            throw Refused("config/ssl/current", error);
        }

        Check(Unistd.fsync(ssl) == 0, "config/ssl");
        return true;
    });

    /// <summary>Removes a set that nobody needs any more (TLS-21). One that holds other files than ours stays, and the answer is false.</summary>
    public bool Remove(string name) => AsOwner(() =>
    {
        using var sets = domain.OpenBelow(TlsModule.SetsPath, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        using var set = sets?.OpenBelow(name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (sets is null || set is null)
            return false;
        foreach (var file in (string[])["ssl.key", "ssl.crt", "ssl.csr", "ssl.bundle", "ssl.combined"])
            _ = Unistd.unlinkat(set, file, 0); // what is not there need not go, ignoring
        return Unistd.unlinkat(sets, name, Fcntl.AT_REMOVEDIR) == 0;
    });

    /// <summary>Puts the answer to a challenge into a directory below the domain, for a web server elsewhere (TLS-44).</summary>
    /// <returns>Takes the answer away again; null when the directory cannot be written.</returns>
    public Action? PutChallenge(string directory, string token, string content)
    {
        var path = $"{directory}/.well-known/acme-challenge";
        var isDone = AsOwner(() =>
        {
            using var place = MakePath(path, out _);
            using var file = place?.OpenBelow(token, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out _, 0x1A4);
            return file is not null && file.WriteFully(System.Text.Encoding.ASCII.GetBytes(content)) == Errno.None && SysStat.fchmod(file, 0x1A4) == 0;
        });
        return !isDone ? null : () => AsOwner(() =>
        {
            using var place = domain.OpenBelow(path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
            return place is not null && Unistd.unlinkat(place, token, 0) == 0;
        });
    }

    private (FileDescriptor Ssl, FileDescriptor Sets, string Temporary) Prepare(Handles made, NewSet set)
    {
        var ssl = made.Keep(MakePath("config/ssl", out var error) ?? throw Refused("config/ssl", error));
        var isNew = SysStat.mkdirat(ssl, "sets", DirectoryMode) == 0;
        var sets = made.Keep(ssl.OpenBelow("sets", Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error) ?? throw Refused("config/ssl/sets", error));
        if (isNew)
        {
            Check(SysStat.fchmod(sets, DirectoryMode) == 0, "config/ssl/sets"); // without the bit that a directory inherits
            made.New.Add(sets);
        }

        var temporary = $".new.{Guid.NewGuid():N}";
        Check(SysStat.mkdirat(sets, temporary, 0x1C0) == 0, "config/ssl/sets"); // 0700
        made.Set = made.Keep(sets.OpenBelow(temporary, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error) ?? throw Refused("config/ssl/sets", error));
        made.New.Add(made.Set);
        foreach (var (name, content, mode) in set.Files)
        {
            var file = made.Keep(made.Set.OpenBelow(name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, out error, 0x180) ?? throw Refused(name, error)); // 0600
            made.New.Add(file);
            error = file.WriteFully(System.Text.Encoding.ASCII.GetBytes(content));
            if (error != Errno.None)
                throw Refused(name, error);
            Check(SysStat.fchmod(file, mode) == 0 && Unistd.fsync(file) == 0, name);
        }

        return (ssl, sets, temporary);
    }

    private FileDescriptor? MakePath(string path, out Errno error)
    {
        FileDescriptor? current = null;
        error = Errno.None;
        foreach (var name in path.Split('/'))
        {
            using var parent = current;
            var above = parent ?? domain;
            // It may exist; the next line sees what it is.
            var refused = SysStat.mkdirat(above, name, 0x1ED) == 0 ? Errno.None : FileDescriptor.LastError(); // 0755
            current = above.OpenBelow(name, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out error);
            if (current is null)
            {
                error = error == Errno.ENOENT ? refused : error;
                return null;
            }
        }

        return current;
    }

    private T AsOwner<T>(Func<T> action) => FileIdentity.Use(owner.Uid, owner.Gid, action);

    private static void Check(bool isDone, string name)
    {
        if (!isDone)
            throw Refused(name, FileDescriptor.LastError());
    }

    private static SetStoreException Refused(string name, Errno error) => new(error switch
    {
        Errno.ELOOP or Errno.ENOTDIR => $"{name}: a link or file is where a directory belongs",
        Errno.EACCES or Errno.EPERM => $"{name}: the domain's owner may not write there",
        Errno.ENOSPC or Errno.EDQUOT => $"{name}: the disk is full",
        _ => $"{name}: {error}",
    });

    private sealed class Handles : IDisposable
    {
        private readonly List<FileDescriptor> _all = [];

        public List<FileDescriptor> New { get; } = [];

        public FileDescriptor Set { get; set; } = null!; // set by Prepare before anybody asks

        public FileDescriptor Keep(FileDescriptor handle)
        {
            _all.Add(handle);
            return handle;
        }

        public void Dispose() => _all.ForEach(handle => handle.Dispose());
    }
}
