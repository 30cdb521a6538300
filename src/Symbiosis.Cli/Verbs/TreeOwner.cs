using Symbiosis.Cli.Output;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.Cli.Verbs;

/// <summary>Who owns what the verbs make: the owner of the domain, or of <c>/srv</c> for a domain that does not exist yet (CORE-12, CORE-13).</summary>
internal static class TreeOwner
{
    public static (uint Uid, uint Gid)? Find(string prefix, string domain, Terminal errors)
    {
        using var root = FileDescriptor.OpenRoot(prefix, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        if (root is null)
        {
            errors.Line(errors.Red($"symbiosis: {prefix} cannot be opened ({error})"));
            return null;
        }

        if (root.StatBelow(FileDescriptor.NulTerminated(domain), out var status, follow: true) != Errno.None)
            _ = root.Stat(out status); // an open directory can be looked at
        return (status.Uid, status.Gid);
    }
}
