using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>Where the host's file system begins. <c>/</c> on a real host; a temporary directory in tests, where nothing needs root.</summary>
/// <param name="Prefix">Directory that stands for <c>/</c>; empty for the real root.</param>
public sealed record HostRoot(string Prefix = "")
{
    /// <summary>True on a real host, where owners can be set.</summary>
    public bool IsReal => Prefix.Length == 0;

    /// <summary>The path to use in system calls.</summary>
    public string PathOf(HostPath path) => Prefix + path.Value;
}
