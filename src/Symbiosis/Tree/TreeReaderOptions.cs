using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>Where the tree lies and how much of it is read. The standard values are right for a host; tests change them.</summary>
internal sealed record TreeReaderOptions
{
    /// <summary>Directory of the domains.</summary>
    public HostPath Srv { get; init; } = HostPath.Parse("/srv");

    /// <summary>Where the host's file system begins.</summary>
    public HostRoot Root { get; init; } = new();

    /// <summary>Reads the user database; called once for each scan.</summary>
    public Func<UserDatabase> ReadUsers { get; init; } = UserDatabase.Read;

    /// <summary>Lowest user and group number that may own a domain (CORE-3).</summary>
    public uint MinimumId { get; init; } = 1000;

    /// <summary>How owners and modes are seen. Null: as they are. Only tests, which cannot change owners without root, replace it.</summary>
    public Func<FileStatus, FileStatus>? View { get; init; }

    /// <summary>Largest file that is read (CORE-15).</summary>
    public int MaxFileBytes { get; init; } = 1 << 20;

    /// <summary>Most bytes of settings that one domain may have.</summary>
    public long MaxDomainBytes { get; init; } = 64L << 20;

    /// <summary>Most mailboxes of one domain.</summary>
    public int MaxMailboxes { get; init; } = 100_000;

    /// <summary>Most entries of any other directory that is listed.</summary>
    public int MaxEntries { get; init; } = 10_000;

    /// <summary>Told of each directory that is opened, before it is looked into. Null: nobody listens.</summary>
    public ITreeObserver? Observer { get; init; }

    /// <summary>Tells whether a certificate is still valid.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How many domains are read at the same time.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;
}

/// <summary>
/// Watches what is read. It is told of a directory after that was opened and before it is listed, so a change that the reading does not see comes as an event: nothing falls in between.
/// </summary>
internal interface ITreeObserver
{
    /// <summary>Begins the reading of one unit. Disposing the session ends it; directories that were watched for this unit before and were not opened again are forgotten then.</summary>
    IObservedUnit Begin(WatchedUnit unit);

    /// <summary>Forgets the domains that are not in <c>/srv</c> any more: a directory that was moved away would else be watched for ever.</summary>
    void KeepOnly(IReadOnlySet<DomainName> domains);
}

/// <summary>One reading of one unit.</summary>
internal interface IObservedUnit : IDisposable
{
    /// <summary>A directory was opened. Called from one thread at a time.</summary>
    /// <param name="directory">The directory, open.</param>
    /// <param name="plan">The names in it that matter; null when all do.</param>
    void Opened(FileDescriptor directory, PlanDirectory? plan);

    /// <summary>The directory of published certificates was opened: an entry with the name of a domain belongs to that domain, all others to nobody.</summary>
    /// <param name="directory">The directory, open.</param>
    /// <param name="host">The host's own name, whose certificate belongs to the host too.</param>
    void OpenedCertificates(FileDescriptor directory, DomainName host);

    /// <summary>A link was followed to a file outside of the directories that are watched.</summary>
    void Followed(FileDescriptor file);
}

/// <summary>What a watched directory belongs to.</summary>
/// <param name="Domain">A domain, or null.</param>
/// <param name="IsSrv">True for <c>/srv</c> itself.</param>
internal readonly record struct WatchedUnit(DomainName? Domain, bool IsSrv)
{
    /// <summary>The list of domains.</summary>
    public static WatchedUnit Srv => new(null, IsSrv: true);

    /// <summary>Host-wide settings, homes, accounts, packages.</summary>
    public static WatchedUnit Host => new(null, IsSrv: false);

    /// <summary>One domain.</summary>
    public static WatchedUnit Of(DomainName domain) => new(domain, IsSrv: false);
}
