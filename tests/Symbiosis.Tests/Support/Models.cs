using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Support;

/// <summary>Hosts for tests of pure code.</summary>
internal static class Hosts
{
    /// <summary>A host with documentation addresses, a fixed secret and nothing installed.</summary>
    public static Host Plain { get; } = new()
    {
        Name = DomainName.Parse("host.example.net"),
        PrimaryIPv4 = "192.0.2.1",
        PrimaryIPv6 = "2001:db8::1",
        Addresses = ["192.0.2.1", "2001:db8::1"],
        Tree = new HostTree([]),
        Secret = new HostSecret(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray()),
        ReadAt = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero),
    };
}

/// <summary>Domains for tests of pure code.</summary>
internal static class Domains
{
    /// <summary>A domain of the admin with nothing, or with the given nodes, in its directory.</summary>
    public static Domain Make(string name, params (string Path, TreeNode Node)[] nodes) => new()
    {
        Name = DomainName.Parse(name),
        Directory = HostPath.Parse("/srv/" + name),
        Owner = new Owner(1000, 1000, "admin", "admin"),
        Tree = new DomainTree(
            nodes.Select(node => KeyValuePair.Create(node.Path, node.Node)),
            nodes.Select(node => node.Path.Split('/')).Where(parts => parts is ["mailboxes", _, ..]).Select(parts => parts[1]).Distinct().Order(StringComparer.Ordinal).ToValueList(),
            []),
    };
}
