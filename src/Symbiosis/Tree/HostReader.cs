using System.Buffers;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>Reads what must be known about the machine: its name and addresses, packages, accounts with the settings in their homes, and host-wide settings.</summary>
internal sealed class HostReader(ReadingPlan plan, IReadOnlyCollection<string> packages, TreeReaderOptions options, TimeProvider clock)
{
    private static readonly HostPath _dpkgStatus = HostPath.Parse("/var/lib/dpkg/status");

    /// <summary>How the network is read; tests replace it.</summary>
    public Func<NetworkState> ReadNetwork { get; init; } = NetworkState.Read;

    /// <summary>How the resolver is asked for the host's canonical name; tests replace it.</summary>
    public Func<string, CancellationToken, Task<string?>> AskResolver { get; init; } = HostNames.AskSystemAsync;

    /// <summary>False for a run that writes nothing: a missing secret is then made up and forgotten.</summary>
    public bool MakesSecret { get; init; } = true;

    /// <summary>Reads the host. Findings are in <see cref="HostTree.Diagnostics"/>.</summary>
    /// <exception cref="IOException">Accounts cannot be read.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel does not tell addresses, or the secret cannot be made.</exception>
    public async Task<Host> ReadAsync(CancellationToken cancellationToken)
    {
        var name = await HostNames.ReadAsync(options.Root.Prefix, AskResolver, cancellationToken);
        using var observed = options.Observer?.Begin(WatchedUnit.Host);
        using var root = FileDescriptor.OpenRoot(options.Root.IsReal ? "/" : options.Root.Prefix, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error)
            ?? throw new System.ComponentModel.Win32Exception((int)error, "/");
        var admin = FindAdmin(out var users);
        var reading = new UnitReading(options, users, "", admin, domain: null, observed);
        reading.Read(root, plan.Host, "/");
        var homes = ReadHomes(root, users, observed, reading.Diagnostics);
        WatchCertificates(name, observed);
        var secret = MakesSecret ? HostSecretFile.ReadOrMake(options.Root, out var isExposed) : HostSecretFile.ReadOrInvent(options.Root, out isExposed);
        if (isExposed)
            reading.Diagnostics.Add(TreeDiagnostics.ExposedSecret.At(HostSecretFile.Path.Value, "others than root can read this secret", $"chmod 600 {HostSecretFile.Path}"));
        if (name.Value == "localhost")
            reading.Diagnostics.Add(TreeDiagnostics.BadHostName.At("/etc/hostname", "the host has no name of its own", "hostnamectl set-hostname NAME.DOMAIN"));
        var network = ReadNetwork();
        return new Host
        {
            Name = name,
            PrimaryIPv4 = network.PrimaryIPv4?.ToString(),
            PrimaryIPv6 = network.PrimaryIPv6?.ToString(),
            IPv6Ranges = network.IPv6Ranges.Select(range => range.ToString()).ToValueList(),
            Addresses = network.Addresses.Select(address => address.Address.ToString()).Distinct().ToValueList(),
            AdminUid = admin,
            Packages = ReadPackages(),
            Users = homes,
            Certificate = PublishedCertificateReader.Read(options.Root, name),
            ReadAt = clock.GetUtcNow(),
            Tree = reading.ToHostTree(),
            Secret = secret,
        };
    }

    // CORE-12: the owner of /srv, or admin when that is a system user.
    private uint FindAdmin(out UserDatabase users)
    {
        users = options.ReadUsers();
        var rule = new OwnerRule(users, options.MinimumId);
        using var srv = FileDescriptor.OpenRoot(options.Root.PathOf(options.Srv), Fcntl.O_PATH | Fcntl.O_DIRECTORY, out _);
        if (srv?.Stat(out var status) == Errno.None && rule.IsPerson((options.View?.Invoke(status) ?? status).Uid))
            return (options.View?.Invoke(status) ?? status).Uid;
        return users.Accounts.FirstOrDefault(account => account.Name == "admin")?.Uid ?? 1000;
    }

    // MAIL-58: people with a home; which names are legal for mail is for the mail service to say.
    private ValueList<UnixUser> ReadHomes(FileDescriptor root, UserDatabase users, IObservedUnit? observed, List<Diagnostic> diagnostics)
    {
        var rule = new OwnerRule(users, options.MinimumId);
        var homes = new List<UnixUser>();
        foreach (var account in users.Accounts)
        {
            if (!rule.IsPerson(account.Uid) || account.Home is not ['/', _, ..])
                continue;
            using var home = LinkRule.OpenPath(root, account.Home, options.View);
            using var directory = home?.Reopen(Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
            if (directory is null)
                continue;
            var reading = new UnitReading(options, users, account.Home, account.Uid, domain: null, observed);
            reading.Read(directory, plan.Home);
            var tree = reading.ToTree();
            diagnostics.AddRange(tree.Diagnostics);
            homes.Add(new UnixUser(account.Name, account.Uid, account.Gid, account.Home) { Tree = tree });
        }

        return homes.OrderBy(user => user.Name, StringComparer.Ordinal).DistinctBy(user => user.Name).ToValueList();
    }

    private ValueList<InstalledPackage> ReadPackages()
    {
        using var file = FileDescriptor.OpenRoot(options.Root.PathOf(_dpkgStatus), Fcntl.O_RDONLY, out _);
        if (file is null || file.Stat(out var status) != Errno.None)
            return []; // no dpkg, no daemons
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(status.SizeBytes, 64 << 20));
        try
        {
            var length = file.ReadFully(buffer.AsSpan(0, (int)Math.Min(status.SizeBytes, buffer.Length)), out _);
            return length < 0 ? [] : PackageDatabase.Find(buffer.AsSpan(0, length), packages);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A new certificate is published by renaming a link in this directory. It is made here, so that the first one is seen as well.
    private void WatchCertificates(DomainName name, IObservedUnit? observed)
    {
        if (observed is null)
            return;
        if (MakesSecret)
            Directory.CreateDirectory(options.Root.PathOf(PublishedCertificateReader.Root));
        using var directory = FileDescriptor.OpenRoot(options.Root.PathOf(PublishedCertificateReader.Root), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (directory is not null)
            observed.OpenedCertificates(directory, name);
    }
}
