using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Support;

/// <summary>
/// A real tree in a temporary directory, read by the real reader. Nobody needs root: who owns what is told beside the tree, and the reader sees it through a view.
/// </summary>
internal sealed class TemporaryTree : IDisposable
{
    /// <summary>Accounts the tree knows: admin and two customers, and what Debian has.</summary>
    public const string Passwd = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/sh\n"
        + "admin:x:1000:1000::/srv:/bin/bash\ncarol:x:1001:1001::/home/carol:/bin/bash\ndave:x:1002:1002::/home/dave:/bin/bash\nsystemd-temp:x:61200:61200::/:/bin/sh\n";

    public const string Group = "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\nadmin:x:1000:\ncarol:x:1001:\ndave:x:1002:\nsystemd-temp:x:61200:\n";

    private readonly Dictionary<DeviceInode, (uint Uid, uint Gid)> _owners = [];
    private readonly List<(string Parent, byte[] Name)> _rawNames = [];

    public TemporaryTree()
    {
        Root = Directory.CreateTempSubdirectory("symbiosis-tree-").FullName;
        Directory.CreateDirectory(Srv);
        Options = new TreeReaderOptions { Root = new HostRoot(Root), ReadUsers = () => UserDatabase.Parse(Passwd, Group), View = View };
    }

    /// <summary>Stands for <c>/</c>.</summary>
    public string Root { get; }

    /// <summary>Stands for <c>/srv</c>.</summary>
    public string Srv => Root + "/srv";

    /// <summary>Who owns everything that is not told otherwise.</summary>
    public uint StandardOwner { get; set; } = 1000;

    /// <summary>Options for a reader of this tree.</summary>
    public TreeReaderOptions Options { get; set; }

    /// <summary>Settings that are read.</summary>
    public IReadOnlyList<Setting> Settings { get; set; } =
    [
        .. ServiceCatalog.All.SelectMany(service => service.Settings),
        new("config/ip", SettingForm.Text, ""),
        new("config/flag-of-tests", SettingForm.Flag, ""),
        new("config/mailbox-quota", SettingForm.Size, ""),
        new("config/dns", SettingForm.DirectoryOfTexts, ""),
        new("mailboxes/*/password", SettingForm.Secret, ""),
        new("mailboxes/*/quota", SettingForm.Size, ""),
        new("mailboxes/*/forward", SettingForm.DaemonReads, ""),
        new("mailboxes/*/sieve", SettingForm.DaemonReads, ""),
        new("mailboxes/*/vacation", SettingForm.DaemonReads, ""),
        new("public/htdocs", SettingForm.Directory, ""),
        new("public/logs", SettingForm.Directory, ""),
    ];

    public TreeReader Reader => new(ReadingPlan.For(Settings), Options);

    public static DomainName HostName { get; } = DomainName.Parse("host.example.net");

    public string PathOf(string relativePath) => $"{Srv}/{relativePath}";

    /// <summary>Makes a directory outside of <c>/srv</c> that belongs to root, and returns its path.</summary>
    public string MakeSystemDirectory(string path, uint uid = 0)
    {
        var full = $"{Root}/{path}";
        Directory.CreateDirectory(full);
        _owners[IdentityOf(full)] = (uid, uid);
        return full;
    }

    /// <summary>Makes a file outside of <c>/srv</c> that belongs to root, and returns its path.</summary>
    public string MakeSystemFile(string path, string content, uint uid = 0)
    {
        var full = $"{Root}/{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(full)!); // a path below the root has one
        File.WriteAllText(full, content);
        _owners[IdentityOf(full)] = (uid, uid);
        return full;
    }

    public TemporaryTree MakeDirectory(string path, uint? uid = null, uint? gid = null)
    {
        Directory.CreateDirectory(PathOf(path));
        return Own(path, uid, gid);
    }

    public TemporaryTree Write(string path, string content, uint? uid = null) => Write(path, Encoding.UTF8.GetBytes(content), uid);

    public TemporaryTree Write(string path, byte[] content, uint? uid = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!); // a path below the root has one
        File.WriteAllBytes(PathOf(path), content);
        return Own(path, uid, null);
    }

    public TemporaryTree Link(string path, string target, uint? uid = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!); // a path below the root has one
        File.CreateSymbolicLink(PathOf(path), target);
        return Own(path, uid, null);
    }

    public TemporaryTree Fifo(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!); // a path below the root has one
        SysStat.mkfifo(PathOf(path), 0x1A4).ShouldBe(0);
        return this;
    }

    /// <summary>Makes a directory whose name is any bytes.</summary>
    public TemporaryTree MakeRawDirectory(byte[] name) => MakeRaw("", name);

    /// <summary>Makes an empty directory with a name of any bytes below a directory of the tree.</summary>
    public TemporaryTree MakeRaw(string parent, byte[] name)
    {
        using var directory = FileDescriptor.OpenRoot(PathOf(parent), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _).ShouldNotBeNull();
        SysStat.mkdirat(directory, [.. name, 0], 0x1ED).ShouldBe(0);
        _rawNames.Add((parent, name));
        return this;
    }

    /// <summary>Tells who owns a path, without following it.</summary>
    public TemporaryTree Own(string path, uint? uid, uint? gid)
    {
        if (uid is not null || gid is not null)
            _owners[IdentityOf(PathOf(path))] = (uid ?? StandardOwner, gid ?? uid ?? StandardOwner);
        return this;
    }

    public DomainScan Scan() => Reader.ScanDomains(HostName);

    /// <summary>Reads the domains of the tree.</summary>
    public List<Domain> Read()
    {
        var reader = Reader;
        return reader.ReadDomains(reader.ScanDomains(HostName).Domains);
    }

    /// <summary>Reads the only domain of the tree.</summary>
    public DomainTree ReadOnly() => Read().ShouldHaveSingleItem().Tree;

    /// <summary>Ids of all findings, sorted.</summary>
    public static IEnumerable<string> Ids(IEnumerable<Diagnostic> diagnostics) => diagnostics.Select(found => found.Kind.Id).Order(StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (var (parent, name) in _rawNames)
        {
            // .NET cannot name them, so it cannot remove them either.
            using var directory = FileDescriptor.OpenRoot(PathOf(parent), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
            if (directory is not null)
                _ = Unistd.unlinkat(directory, [.. name, 0], Fcntl.AT_REMOVEDIR); // a directory that stays fails the next line
        }

        Directory.Delete(Root, recursive: true);
    }

    // Whoever runs the tests made everything.
    private FileStatus View(FileStatus status) =>
        _owners.TryGetValue(status.Identity, out var owner) ? status with { Uid = owner.Uid, Gid = owner.Gid }
        : status.Uid == Unistd.geteuid() ? status with { Uid = StandardOwner, Gid = StandardOwner }
        : status;

    private static DeviceInode IdentityOf(string path)
    {
        SysStat.statx(Fcntl.AT_FDCWD, FileDescriptor.NulTerminated(path), Fcntl.AT_SYMLINK_NOFOLLOW, out var raw).ShouldBe(0);
        return FileStatus.Of(ref raw).Identity;
    }
}
