using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Symbiosis.Machine.Native;
using Symbiosis.Services;

namespace Symbiosis.Machine;

/// <summary>
/// Publishes a key and certificate for daemons (TLS-55): a new directory beside the others, complete and synced, then one rename of the link that daemons go through. A reader sees the old
/// pair or the new pair, never a mixture; a crash leaves at most an unused directory, which the next publication removes.
/// </summary>
internal static class CertificatePublisher
{
    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private const UnixFileMode SecretMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private const UnixFileMode PublicMode = SecretMode | UnixFileMode.OtherRead;

    /// <summary>Makes and publishes a self-signed certificate.</summary>
    /// <param name="wanted">What to make and where.</param>
    /// <param name="root">Where the host's file system begins.</param>
    /// <param name="readers">Group that may read the keys: number of <c>ssl-cert</c>; null leaves them to root alone.</param>
    /// <param name="now">The present time.</param>
    public static void Publish(Provision.SelfSignedCertificate wanted, HostRoot root, uint? readers, DateTimeOffset now)
    {
        var pem = SelfSignedCertificateMaker.Make(wanted, now);
        var link = root.PathOf(wanted.Directory);
        var published = Path.GetDirectoryName(link)!; // an absolute path below /var/lib
        Directory.CreateDirectory(published);
        var name = $".{wanted.Directory.Name}.{now.UtcTicks:x}";
        var set = Path.Combine(published, name);
        Directory.CreateDirectory(set, DirectoryMode);
        Write("fullchain.pem", pem.FullChain, PublicMode);
        Write("key.pem", pem.Key, SecretMode);
        Write("combined.pem", pem.Combined, SecretMode);
        Finish(set, DirectoryMode);

        // A symbolic link cannot be replaced in place, but a rename over it can. File.Move would look through the link.
        var next = wanted.Directory.Name + ".next";
        File.Delete(Path.Combine(published, next));
        File.CreateSymbolicLink(Path.Combine(published, next), name);
        using (var directory = FileDescriptor.OpenRoot(published, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error) ?? throw new Win32Exception((int)error, published))
        {
            if (Stdio.renameat2(directory, next, directory, wanted.Directory.Name, flags: 0) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError(), link);
        }

        Finish(published, mode: null);
        foreach (var old in Directory.EnumerateDirectories(published, $".{wanted.Directory.Name}.*"))
        {
            if (old != set)
                Directory.Delete(old, recursive: true);
        }

        void Write(string file, string content, UnixFileMode mode)
        {
            var path = Path.Combine(set, file);
            using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                stream.Write(Encoding.ASCII.GetBytes(content));
            Finish(path, mode);
        }

        void Finish(string path, UnixFileMode? mode)
        {
            using var descriptor = FileDescriptor.OpenRoot(path, Fcntl.O_RDONLY, out var error) ?? throw new Win32Exception((int)error, path);
            var failed = mode is not null && root.IsReal && readers is not null && Unistd.fchown(descriptor, 0, readers.Value) != 0;
            failed = failed || (mode is not null && SysStat.fchmod(descriptor, (uint)mode) != 0) || Unistd.fsync(descriptor) != 0;
            if (failed)
                throw new Win32Exception(Marshal.GetLastPInvokeError(), path);
        }
    }
}
