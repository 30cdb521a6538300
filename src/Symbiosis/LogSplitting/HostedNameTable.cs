using System.Text;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.LogSplitting;

/// <summary>
/// Finds the domain of a host name the way Apache does (WEB-38): the name itself, or its nearest hosted ancestor at label boundaries; a testing name is exactly the name in it. What was found is
/// remembered until the table's directory changes.
/// </summary>
/// <typeparam name="T">What the caller keeps for each domain.</typeparam>
internal sealed class HostedNameTable<T> : IDisposable
    where T : class
{
    private const int MaxNameLength = 253;
    private const int MaxRemembered = 20_000; // whoever asks for ever new names must not fill the memory

    private static readonly TimeSpan _settleTime = TimeSpan.FromSeconds(1);

    private readonly Dictionary<byte[], T?> _found = new(new NameBytes());
    private readonly Dictionary<byte[], T?>.AlternateLookup<ReadOnlySpan<byte>> _foundBySpan;
    private readonly Dictionary<string, T> _domains = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly byte[] _testing;
    private readonly TimeProvider _clock;
    private readonly Func<string, T> _make;
    private readonly byte[] _content = new byte[512];
    private FileDescriptor? _directory;
    private SysStat.statx_timestamp _changed;
    private long? _changeSeen;
    private byte[]? _last; // the name asked for last; busy sites come in runs
    private T? _lastFound;

    public HostedNameTable(string directory, string? testingSuffix, TimeProvider clock, Func<string, T> make)
    {
        (_path, _clock, _make) = (directory, clock, make);
        _testing = testingSuffix is null ? [] : Encoding.ASCII.GetBytes("." + testingSuffix);
        _foundBySpan = _found.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Looks whether the table changed since it was asked last, and forgets what was found if so.</summary>
    /// <param name="now">The clock, in its ticks.</param>
    public bool CheckForChange(long now)
    {
        SysStat.statx_t status = default;
        if (_directory is null || SysStat.statx(_directory, [0], Fcntl.AT_EMPTY_PATH, out status) != 0 || status.stx_nlink == 0)
        {
            _directory?.Dispose();
            _directory = FileDescriptor.OpenRoot(_path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _); // absent: nothing is hosted
            if (_directory is null || SysStat.statx(_directory, [0], Fcntl.AT_EMPTY_PATH, out status) != 0)
            {
                ForgetFound();
                return _directory is null;
            }
        }

        var isChanged = status.stx_mtime.tv_sec != _changed.tv_sec || status.stx_mtime.tv_nsec != _changed.tv_nsec;
        if (isChanged)
            (_changed, _changeSeen) = (status.stx_mtime, now);
        // Two changes within one tick of the kernel's clock leave the same time (inode(7)), so nothing is remembered for long right after one, and the end of that time counts as a change.
        if (_changeSeen is { } seen)
        {
            ForgetFound();
            if (_clock.GetElapsedTime(seen, now) < _settleTime)
                return isChanged;
            _changeSeen = null;
            return true;
        }

        return false;
    }

    /// <summary>Forgets what was made for each domain.</summary>
    public void Forget()
    {
        ForgetFound();
        _domains.Clear();
    }

    /// <summary>What was made for the domain that a host name belongs to, or null. Only bytes that can stand in a name are looked up (CORE-2).</summary>
    public T? Find(ReadOnlySpan<byte> host)
    {
        if (_last is not null && host.SequenceEqual(_last))
            return _lastFound;
        if (!_foundBySpan.TryGetValue(host, out var key, out var domain))
        {
            if (_found.Count >= MaxRemembered)
                ForgetFound();
            if (Normalize(host) is not { } name)
                return null;
            key = host.ToArray();
            domain = LookUp(name) is not { } directoryName ? null : _domains.TryGetValue(directoryName, out var known) ? known : _domains[directoryName] = _make(directoryName);
            _found[key] = domain;
        }

        (_last, _lastFound) = (key, domain);
        return domain;
    }

    /// <inheritdoc />
    public void Dispose() => _directory?.Dispose();

    private static byte[]? Normalize(ReadOnlySpan<byte> host)
    {
        if (host.Length is 0 or > MaxNameLength)
            return null;
        var name = new byte[host.Length];
        for (var i = 0; i < host.Length; i++)
        {
            var c = (char)host[i];
            if (char.IsAsciiLetterUpper(c))
                c = (char)(c | 0x20);
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_' or '.'))
                return null;
            if (c == '.' && (i == 0 || name[i - 1] == '.'))
                return null;
            name[i] = (byte)c;
        }

        return name;
    }

    private void ForgetFound()
    {
        _found.Clear();
        (_last, _lastFound) = (null, null);
    }

    private string? LookUp(ReadOnlySpan<byte> name)
    {
        if (_testing.Length > 0 && Read(_testing.AsSpan(1)) is null && (name.EndsWith(_testing) || name.SequenceEqual(_testing.AsSpan(1))))
            return name.Length > _testing.Length ? Read(name[..^_testing.Length]) : null;
        while (Read(name) is var domain)
        {
            var dot = name.IndexOf((byte)'.');
            if (domain is not null || dot < 0)
                return domain;
            name = name[(dot + 1)..];
        }

        return null;
    }

    // A file holds "DOMAIN OWNERUID"; the directory's name is what counts here, and its owner is looked at when it is opened.
    private string? Read(ReadOnlySpan<byte> name)
    {
        if (_directory is null || name.IsEmpty)
            return null;
        using var file = _directory.OpenBelow([.. name, 0], Fcntl.O_RDONLY, out _);
        if (file is null)
            return null;
        var length = file.ReadFully(_content, out _);
        var space = length <= 0 ? -1 : _content.AsSpan(0, length).IndexOf((byte)' ');
        var domain = space <= 0 ? null : Encoding.ASCII.GetString(_content, 0, space);
        return domain is null || DomainName.FindFault(domain, requireDot: false) is not null ? null : domain; // it becomes part of a path
    }
}
