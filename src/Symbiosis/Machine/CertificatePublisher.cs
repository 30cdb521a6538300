using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
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
        Publish(wanted.Directory, pem.FullChain, chain: "", pem.Key, root, readers, now);
    }

    /// <summary>Publishes a pair.</summary>
    /// <param name="place">The path daemons know.</param>
    /// <param name="fullChain">Certificate and intermediates, PEM.</param>
    /// <param name="chain">Intermediates only, PEM; may be empty.</param>
    /// <param name="key">Private key, PEM.</param>
    /// <param name="root">Where the host's file system begins.</param>
    /// <param name="readers">Group that may read the keys; null leaves them to root alone.</param>
    /// <param name="now">The present time.</param>
    public static void Publish(HostPath place, string fullChain, string chain, string key, HostRoot root, uint? readers, DateTimeOffset now)
    {
        var link = root.PathOf(place);
        var published = Path.GetDirectoryName(link)!; // an absolute path below /var/lib
        Directory.CreateDirectory(published);
        // Two publications at the same moment (the service and a command) must not share a directory.
        var name = $".{place.Name}.{now.UtcTicks:x}.{Guid.NewGuid():N}";
        var set = Path.Combine(published, name);
        Directory.CreateDirectory(set, DirectoryMode);
        Write("fullchain.pem", fullChain, PublicMode);
        Write("chain.pem", chain, PublicMode);
        Write("key.pem", key, SecretMode);
        Write("combined.pem", fullChain + key, SecretMode);
        Finish(set, DirectoryMode);

        // A symbolic link cannot be replaced in place, but a rename over it can. File.Move would look through the link.
        var next = $".{place.Name}.next";
        File.Delete(Path.Combine(published, next));
        File.CreateSymbolicLink(Path.Combine(published, next), name);
        using (var directory = FileDescriptor.OpenRoot(published, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error) ?? throw new Win32Exception((int)error, published))
        {
            if (Stdio.renameat2(directory, next, directory, place.Name, flags: 0) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError(), link);
        }

        Finish(published, mode: null);
        foreach (var old in Directory.EnumerateDirectories(published, $".{place.Name}.*"))
        {
            // Names of other publications may begin with this one and a dot; ours is followed by digits and a dot.
            if (old != set && IsVersion(Path.GetFileName(old)[(place.Name.Length + 2)..]))
                Directory.Delete(old, recursive: true);
        }

        static bool IsVersion(string rest) => rest.Split('.')[0] is { Length: >= 12 } ticks && ticks.All(char.IsAsciiHexDigitLower) && rest.Split('.').Length <= 2;

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
