using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Watching;

/// <summary>
/// Watches every directory that the readers look into (inotify(7)): the entries of <c>/srv</c>, of domains, of <c>config</c> and <c>mailboxes</c>, of each mailbox; never a Maildir or a document
/// root, because no setting lies there. The readers tell it of each directory while that is open, before they list it. A unit is read again after a change, and tells it of the directories it
/// has by then: so moved and replaced directories come right by themselves. Changes of the host's addresses come from the kernel as well (rtnetlink(7)).
/// </summary>
internal sealed class TreeWatcher : ITreeObserver, IDisposable
{
    /// <summary>How often everything is read again although nothing was seen: against mounts, network file systems and whatever else sends no events (MAIL-170).</summary>
    public static readonly TimeSpan SafetyNet = TimeSpan.FromMinutes(15);

    /// <summary>The same when not every directory can be watched.</summary>
    public static readonly TimeSpan SafetyNetWhenLimited = TimeSpan.FromMinutes(1);

    private const uint DirectoryEvents = SysInotify.IN_ATTRIB | SysInotify.IN_CLOSE_WRITE | SysInotify.IN_CREATE | SysInotify.IN_DELETE | SysInotify.IN_MOVED_FROM | SysInotify.IN_MOVED_TO
        | SysInotify.IN_DELETE_SELF | SysInotify.IN_MOVE_SELF | SysInotify.IN_ONLYDIR | SysInotify.IN_EXCL_UNLINK;

    // A file that a link leads to. Whether its name is taken by another file cannot be seen from here; that it lost its name shows as a changed link count.
    private const uint FileEvents = SysInotify.IN_ATTRIB | SysInotify.IN_CLOSE_WRITE | SysInotify.IN_DELETE_SELF | SysInotify.IN_MOVE_SELF;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Watch> _watches = [];
    private readonly Dictionary<WatchedUnit, UnitWatches> _units = [];
    private readonly FileDescriptor _inotify;
    private readonly FileDescriptor? _addresses;
    private readonly FileDescriptor _stop;
    private readonly TouchCollector _collector;
    private readonly ITimer _safetyNet;
    private readonly Thread _thread;
    private bool _isLimited;

    /// <summary>Starts watching; nothing is watched until a reader tells of directories.</summary>
    /// <exception cref="Win32Exception">The kernel gives no inotify instance.</exception>
    public TreeWatcher(TimeProvider clock)
    {
        _inotify = Open(SysInotify.inotify_init1(SysInotify.IN_CLOEXEC | SysInotify.IN_NONBLOCK), "inotify");
        _stop = Open(SysEventfd.eventfd(0, SysEventfd.EFD_CLOEXEC | SysEventfd.EFD_NONBLOCK), "eventfd");
        _addresses = OpenAddressEvents();
        _collector = new TouchCollector(clock);
        _safetyNet = clock.CreateTimer(_ => _collector.Touch([], isEverything: true), null, SafetyNet, SafetyNet);
        _thread = new Thread(ReadEvents) { IsBackground = true, Name = "inotify" };
        _thread.Start();
    }

    /// <summary>Watches in use.</summary>
    public int WatchCount
    {
        get
        {
            lock (_lock)
                return _watches.Count;
        }
    }

    /// <summary>What stands in the way of watching, for the list of findings: empty, or the limit of the kernel.</summary>
    public ValueList<Diagnostic> Diagnostics
    {
        get
        {
            lock (_lock)
            {
                return _isLimited
                    ? [TreeDiagnostics.WatchLimit.At("/proc/sys/fs/inotify/max_user_watches", $"the kernel allows no more than {_watches.Count} watches, so the tree is read again every minute", "raise fs.inotify.max_user_watches in /etc/sysctl.d")]
                    : [];
            }
        }
    }

    /// <summary>What is touched, in sets, until cancelled. For one reader.</summary>
    public IAsyncEnumerable<TouchedSet> ReadAsync(CancellationToken cancellationToken) => _collector.ReadAsync(cancellationToken);

    /// <inheritdoc />
    public IObservedUnit Begin(WatchedUnit unit) => new Session(this, unit);

    /// <inheritdoc />
    public void KeepOnly(IReadOnlySet<DomainName> domains)
    {
        lock (_lock)
        {
            foreach (var unit in _units.Keys.Where(unit => unit.Domain is { } name && !domains.Contains(name)).ToList())
            {
                Release(_units[unit], []);
                _units.Remove(unit);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _safetyNet.Dispose();
        _ = _stop.WriteFully(BitConverter.GetBytes(1UL)); // an eventfd takes eight bytes; a thread that has ended already needs none
        _thread.Join();
        _collector.Dispose();
        _inotify.Dispose();
        _addresses?.Dispose();
        _stop.Dispose();
    }

    private void Add(UnitWatches unit, HashSet<int> found, FileDescriptor place, PlanDirectory? plan, uint events, DomainName? certificatesOf = null)
    {
        Span<byte> path = stackalloc byte[32];
        path.Clear();
        "/proc/self/fd/"u8.CopyTo(path);
        lock (_lock)
        {
            // Within the lock: an event of the new watch must not be looked up before the watch is noted.
            place.Number.TryFormat(path["/proc/self/fd/".Length..], out _, default, CultureInfo.InvariantCulture);
            var number = SysInotify.inotify_add_watch(_inotify, path, events);
            if (number < 0)
            {
                if (FileDescriptor.LastError() is Errno.ENOSPC or Errno.ENOMEM && !_isLimited)
                {
                    _isLimited = true;
                    _safetyNet.Change(SafetyNetWhenLimited, SafetyNetWhenLimited);
                }

                return; // otherwise it is gone again, and its parent's event tells that
            }

            found.Add(number);
            for (var watch = _watches.GetValueOrDefault(number); watch is not null; watch = watch.Next)
            {
                if (watch.Unit == unit)
                {
                    watch.Plan = plan;
                    watch.CertificatesOf = certificatesOf;
                    return;
                }
            }

            // One directory may belong to two units: /srv is also the home of admin.
            _watches[number] = new Watch(unit, plan, _watches.GetValueOrDefault(number)) { CertificatesOf = certificatesOf };
        }
    }

    // Lets go of what the unit watched before and does not any more.
    private void End(UnitWatches unit, HashSet<int> found)
    {
        lock (_lock)
        {
            Release(unit, found);
            unit.Numbers = found;
        }
    }

    private void Release(UnitWatches unit, HashSet<int> kept)
    {
        foreach (var number in unit.Numbers)
        {
            if (kept.Contains(number) || !_watches.TryGetValue(number, out var watch))
                continue;
            watch = Without(watch, unit);
            if (watch is not null)
            {
                _watches[number] = watch;
                continue;
            }

            _watches.Remove(number);
            _ = SysInotify.inotify_rm_watch(_inotify, number); // fails when the directory is gone, which is as good
        }
    }

    private static Watch? Without(Watch? watch, UnitWatches unit)
    {
        if (watch is null)
            return null;
        if (watch.Unit == unit)
            return watch.Next;
        watch.Next = Without(watch.Next, unit);
        return watch;
    }

    private void ReadEvents()
    {
        var buffer = new byte[64 << 10];
        var touched = new HashSet<WatchedUnit>();
        Span<Poll.pollfd> polled =
        [
            new() { fd = _inotify.Number, events = Poll.POLLIN },
            new() { fd = _stop.Number, events = Poll.POLLIN },
            new() { fd = _addresses?.Number ?? -1, events = Poll.POLLIN }, // poll(2) ignores a negative one
        ];
        while (true)
        {
            if (Poll.poll(polled, timeoutMilliseconds: -1) < 0)
                continue; // EINTR
            if (polled[1].revents != 0)
                return;
            var isEverything = false;
            if (polled[2].revents != 0)
                ReadAddressEvents(buffer, touched);
            if (polled[0].revents != 0 && Unistd.read(_inotify, buffer) is > 0 and var length)
            {
                lock (_lock)
                    isEverything |= Sort(buffer.AsSpan(0, (int)length), touched);
            }

            _collector.Touch(touched, isEverything);
            touched.Clear();
        }
    }

    // True when events were lost.
    private bool Sort(ReadOnlySpan<byte> events, HashSet<WatchedUnit> touched)
    {
        var isEverything = false;
        while (events.Length >= SysInotify.EventSize)
        {
            var number = BitConverter.ToInt32(events);
            var mask = BitConverter.ToUInt32(events[4..]);
            var nameLength = BitConverter.ToInt32(events[12..]);
            var name = events.Slice(SysInotify.EventSize, nameLength);
            events = events[(SysInotify.EventSize + nameLength)..];
            if ((mask & (SysInotify.IN_Q_OVERFLOW | SysInotify.IN_UNMOUNT)) != 0)
            {
                isEverything = true;
                continue;
            }

            if ((mask & SysInotify.IN_IGNORED) != 0)
            {
                _watches.Remove(number); // the kernel let go of it
                continue;
            }

            name = name.TrimEnd((byte)0);
            for (var watch = _watches.GetValueOrDefault(number); watch is not null; watch = watch.Next)
            {
                if (watch.CertificatesOf is { } host)
                    TouchCertificate(name, host, touched);
                else if (Matters(watch, name, mask))
                    touched.Add(watch.Unit.Unit);
            }
        }

        return isEverything;
    }

    private static bool Matters(Watch watch, ReadOnlySpan<byte> name, uint mask)
    {
        if (name.IsEmpty)
            return true; // the directory itself: owner, mode, place
        if (watch.Unit.Unit.IsSrv)
            return name[0] != (byte)'.' && (mask & SysInotify.IN_CLOSE_WRITE) == 0; // files are nothing there, but that they exist (CORE-9)
        if (watch.Plan is not { } plan)
            return true;
        if (name[0] != (byte)'.' && (plan.Any is not null || plan.ReportsUnknown))
            return true;
        Span<char> characters = stackalloc char[256]; // NAME_MAX is 255 bytes
        return name.Length <= 255 && Encoding.UTF8.TryGetChars(name, characters, out var length) && plan.Find(characters[..length]) is not null;
    }

    // One publication is one domain's, however many there are. New sets and links in the making have names that no domain has.
    private static void TouchCertificate(ReadOnlySpan<byte> name, DomainName host, HashSet<WatchedUnit> touched)
    {
        if (name.IsEmpty)
            touched.Add(WatchedUnit.Host); // the directory itself: it is opened afresh
        else if (DomainName.TryParse(Encoding.UTF8.GetString(name), out var domain))
            touched.Add(WatchedUnit.Of(domain));
        if (name.SequenceEqual(Encoding.ASCII.GetBytes(host.Value)))
            touched.Add(WatchedUnit.Host);
    }

    // What changed does not matter, nor that messages may be lost: all addresses are read again.
    private void ReadAddressEvents(Span<byte> buffer, HashSet<WatchedUnit> touched)
    {
        touched.Add(WatchedUnit.Host);
        while (_addresses is not null && SysSocket.recv(_addresses, buffer) > 0)
        {
        }
    }

    private static FileDescriptor? OpenAddressEvents()
    {
        var number = SysSocket.socket(SysSocket.AF_NETLINK, SysSocket.SOCK_RAW | SysSocket.SOCK_CLOEXEC | SysSocket.SOCK_NONBLOCK, LinuxRtnetlink.NETLINK_ROUTE);
        if (number < 0)
            return null; // the sandbox forbids it: addresses are then read with the next change, or by the safety net
        var socket = new FileDescriptor(number);

        // struct sockaddr_nl: u16 family, u16 pad, u32 pid, u32 groups.
        Span<byte> address = stackalloc byte[12];
        address.Clear();
        BitConverter.TryWriteBytes(address, (ushort)SysSocket.AF_NETLINK);
        BitConverter.TryWriteBytes(address[8..], LinuxRtnetlink.RTMGRP_IPV4_IFADDR | LinuxRtnetlink.RTMGRP_IPV6_IFADDR);
        if (SysSocket.bind(socket, address) == 0)
            return socket;
        socket.Dispose();
        return null;
    }

    private static FileDescriptor Open(int number, string what) => number >= 0 ? new FileDescriptor(number) : throw new Win32Exception(Marshal.GetLastPInvokeError(), what);

    private UnitWatches UnitOf(WatchedUnit unit)
    {
        lock (_lock)
        {
            if (!_units.TryGetValue(unit, out var watches))
                _units[unit] = watches = new UnitWatches(unit);
            return watches;
        }
    }

    private sealed class UnitWatches(WatchedUnit unit)
    {
        public WatchedUnit Unit { get; } = unit;

        public HashSet<int> Numbers { get; set; } = [];
    }

    private sealed class Watch(UnitWatches unit, PlanDirectory? plan, Watch? next)
    {
        public UnitWatches Unit { get; } = unit;

        public PlanDirectory? Plan { get; set; } = plan;

        // The host's name for the directory of published certificates, where each entry is another unit's.
        public DomainName? CertificatesOf { get; set; }

        public Watch? Next { get; set; } = next;
    }

    private sealed class Session(TreeWatcher watcher, WatchedUnit unit) : IObservedUnit
    {
        private readonly UnitWatches _unit = watcher.UnitOf(unit);
        private readonly HashSet<int> _found = [];

        public void Opened(FileDescriptor directory, PlanDirectory? plan) => watcher.Add(_unit, _found, directory, plan, DirectoryEvents);

        public void OpenedCertificates(FileDescriptor directory, DomainName host) => watcher.Add(_unit, _found, directory, null, DirectoryEvents, host);

        public void Followed(FileDescriptor file) => watcher.Add(_unit, _found, file, null, FileEvents);

        public void Dispose() => watcher.End(_unit, _found);
    }
}
