using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>Reads <c>/srv</c>: once over its entries to find the domains, then each domain's declared settings. Everything it gives back is a value.</summary>
internal sealed class TreeReader(ReadingPlan plan, TreeReaderOptions options)
{
    private UserDatabase? _users;
    private DomainName? _hostName;

    /// <summary>
    /// Finds the domains: one pass over the entries of <c>/srv</c> (CORE-1 to CORE-9). The scan's <see cref="DomainScan.Fault"/> says when it must not be used.
    /// </summary>
    /// <param name="hostName">The host's own name, which is a domain even without a dot (CORE-2).</param>
    public DomainScan ScanDomains(DomainName hostName)
    {
        _hostName = hostName;
        using var observed = options.Observer?.Begin(WatchedUnit.Srv);
        using var srv = FileDescriptor.OpenRoot(options.Root.PathOf(options.Srv), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out var error);
        if (srv is null)
        {
            var isMissing = error is Errno.ENOENT or Errno.ENOTDIR;
            return DomainScan.Failed(
                isMissing ? ScanFault.Missing : ScanFault.Unreadable,
                hostName,
                TreeDiagnostics.UnreadableDomain.At(options.Srv.Value, isMissing ? "the directory does not exist, so nothing is changed" : $"the directory cannot be opened ({error}), so nothing is changed", "is its file system mounted?"));
        }

        observed?.Opened(srv, null);
        try
        {
            _users = options.ReadUsers();
        }
        catch (IOException exception)
        {
            return DomainScan.Failed(ScanFault.Unreadable, hostName, TreeDiagnostics.UnreadableDomain.At("/etc/passwd", $"users and groups cannot be read ({exception.Message}), so nothing is changed"));
        }

        var entries = ListSrv(srv, out error);
        if (entries is null)
            return DomainScan.Failed(ScanFault.Unreadable, hostName, TreeDiagnostics.UnreadableDomain.At(options.Srv.Value, $"the directory cannot be listed ({error}), so nothing is changed"));
        var scan = DomainScan.Of(entries, options.Srv, hostName, new OwnerRule(_users, options.MinimumId));
        if (scan.Fault == ScanFault.None)
            options.Observer?.KeepOnly(scan.Domains.Select(domain => domain.Name).ToHashSet());
        return scan;
    }

    /// <summary>Reads one domain, or returns null when it is gone, or is not the directory of the scan any more: a new scan will tell.</summary>
    public Domain? ReadDomain(DomainEntry entry)
    {
        using var srv = FileDescriptor.OpenRoot(options.Root.PathOf(options.Srv), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        return srv is null ? null : ReadDomain(srv, entry);
    }

    /// <summary>Reads many domains on all processors; those that are gone are left out. Order is kept.</summary>
    public List<Domain> ReadDomains(IReadOnlyList<DomainEntry> entries) => ReadDomains(entries, static domain => domain);

    /// <summary>
    /// Reads many domains on all processors and makes something of each at once, so that what was read need not be kept: that of ten thousand domains is a hundred megabytes. Those that are gone
    /// are left out. Order is kept.
    /// </summary>
    public List<T> ReadDomains<T>(IReadOnlyList<DomainEntry> entries, Func<Domain, T> select)
        where T : class
    {
        using var srv = FileDescriptor.OpenRoot(options.Root.PathOf(options.Srv), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        var made = new List<T>(entries.Count);
        if (srv is null)
            return made;
        var read = new T?[entries.Count];
        Parallel.For(0, entries.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism }, i => read[i] = ReadDomain(srv, entries[i]) is { } domain ? select(domain) : null);
        foreach (var one in read)
        {
            if (one is not null)
                made.Add(one);
        }

        return made;
    }

    /// <summary>Opens the directory of a domain, or returns null when it is gone or has been replaced since the scan.</summary>
    internal FileDescriptor? OpenDirectory(DomainEntry entry)
    {
        using var srv = FileDescriptor.OpenRoot(options.Root.PathOf(options.Srv), Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        var directory = srv is null ? null : OpenDomain(srv, entry);
        if (directory is not null && directory.Stat(out var status) == Errno.None && IsStill(entry, status))
            return directory;
        directory?.Dispose();
        return null;
    }

    private Domain? ReadDomain(FileDescriptor srv, DomainEntry entry)
    {
        using var directory = OpenDomain(srv, entry);
        if (directory is null || directory.Stat(out var status) != Errno.None || !IsStill(entry, status))
            return null;
        using var observed = options.Observer?.Begin(WatchedUnit.Of(entry.Name));
        var reading = new UnitReading(options, _users ??= options.ReadUsers(), entry.Directory.Value, entry.Owner.Uid, entry.Name, observed);
        reading.Read(directory, plan.Domain);

        // Removed while we looked: what was seen is a ruin, not a domain.
        return directory.Stat(out status) == Errno.None && status.LinkCount > 0 ? WithCertificate(entry.With(reading.ToTree())) : null;
    }

    // Not from the domain's own directory: what daemons are given is a verified copy that only root can change (TLS-55). The self-signed one of the host, made so that daemons start, is the
    // host's and not that of the domain with its name (TLS-52).
    private Domain WithCertificate(Domain domain) =>
        PublishedCertificateReader.ReadPair(options.Root, domain.Name) is { } certificate && certificate.IsUsableFor(domain, options.Clock.GetUtcNow()) && !(certificate.IsSelfSigned && domain.Name == _hostName)
            ? domain with { Certificate = certificate }
            : domain;

    private FileDescriptor? OpenDomain(FileDescriptor srv, DomainEntry entry)
    {
        var flags = Fcntl.O_RDONLY | Fcntl.O_DIRECTORY;
        if (!entry.IsLink)
            return srv.OpenBelow(entry.Name.Value, flags, out _);
        using var place = LinkRule.Follow(srv, FileDescriptor.NulTerminated(entry.Name.Value), owner: null, options.View, out _, out _);
        return place?.Reopen(flags, out _);
    }

    private bool IsStill(DomainEntry entry, FileStatus status)
    {
        status = options.View?.Invoke(status) ?? status;
        return status.Identity == entry.Identity && status.Uid == entry.Owner.Uid && status.Gid == entry.Owner.Gid;
    }

    private List<SrvEntry>? ListSrv(FileDescriptor srv, out Errno error)
    {
        var entries = new List<SrvEntry>();
        var links = new List<(SrvEntry Entry, byte[] Name)>();
        var directories = new HashSet<DeviceInode>();
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        int filled;
        try
        {
            while ((filled = srv.ReadEntries(buffer, out error)) > 0)
            {
                for (var at = 0; at < filled;)
                {
                    var record = buffer.AsSpan(at);
                    at += BinaryPrimitives.ReadUInt16LittleEndian(record[Dirent.RecordLengthOffset..]);
                    var name = record[Dirent.NameOffset..];
                    name = name[..(name.IndexOf((byte)0) + 1)];
                    if (name[0] == (byte)'.')
                        continue;
                    var entry = new SrvEntry(Encoding.UTF8.GetString(name[..^1]), IsLink: false, Target: null) { HasInvalidBytes = !Utf8.IsValid(name) };
                    if (record[Dirent.TypeOffset] is Dirent.DT_DIR or Dirent.DT_LNK or Dirent.DT_UNKNOWN && srv.StatBelow(name, out var status) == Errno.None)
                    {
                        status = options.View?.Invoke(status) ?? status;
                        if (status.Sort == FileSort.Directory)
                        {
                            directories.Add(status.Identity);
                            entry = entry with { Target = status };
                        }
                        else if (status.Sort == FileSort.Link)
                        {
                            links.Add((entry with { IsLink = true }, name.ToArray()));
                            continue;
                        }
                    }

                    entries.Add(entry); // files too: an existing www.X counts in any form (CORE-9)
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (filled < 0)
            return null;
        foreach (var (entry, name) in links)
            entries.Add(Resolve(srv, entry, name, directories));
        return entries;
    }

    // A link to a directory of /srv is an alias, by looking alone. One that leads out of /srv is a domain of its own, and every step of it is judged (CORE-8).
    private SrvEntry Resolve(FileDescriptor srv, SrvEntry link, byte[] name, HashSet<DeviceInode> directories)
    {
        if (srv.StatBelow(name, out var status, follow: true) != Errno.None || status.Sort != FileSort.Directory)
            return link;
        status = options.View?.Invoke(status) ?? status;
        if (directories.Contains(status.Identity))
            return link with { Target = status };
        using var place = LinkRule.Follow(srv, name, owner: null, options.View, out var target, out var fault);
        return fault == LinkFault.None ? link with { Target = target } : link with { Target = status, Fault = LinkRule.Describe(fault, $"uid {target.Uid}") };
    }
}
