using System.Buffers.Text;
using System.Text;
using Symbiosis.Machine.Native;

namespace Symbiosis.LogSplitting;

/// <summary>
/// Takes the log lines of all sites and writes each to the log of its domain (WEB-37 to WEB-48). It never stops because of what a line or a customer's directory holds: a line that has no better
/// place goes, complete, to the default log. Bytes are not decoded.
/// </summary>
internal sealed class LogSplitter : IDisposable
{
    /// <summary>Longer lines are cut (WEB-46).</summary>
    public const int MaxLineBytes = 1024 * 1024;

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(1); // WEB-45
    private static readonly TimeSpan _retryRefused = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _reportInterval = TimeSpan.FromMinutes(1); // WEB-48

    private readonly SplitterOptions _options;
    private readonly TimeProvider _clock;
    private readonly Action<string> _report;
    private readonly HostedNameTable<DomainLogs> _names;
    private readonly LogOpener _opener;
    private readonly LinkedList<Target> _open = []; // most recently used first
    private readonly Target _default = new("", isSsl: false, []);
    private readonly Target _sslDefault = new("", isSsl: true, []);

    private byte[] _partial = new byte[8192];
    private int _partialLength;
    private bool _skipsLine;
    private long _now;
    private long _droppedLines;
    private string? _droppedReason;
    private long? _lastReport;

    public LogSplitter(SplitterOptions options, TimeProvider clock, Action<string> report)
    {
        (_options, _clock, _report) = (options, clock, report);
        _names = new HostedNameTable<DomainLogs>(options.NamesDirectory, options.TestingSuffix, clock, domain => new DomainLogs(domain));
        _opener = new LogOpener(options);
        _now = clock.GetTimestamp();
    }

    /// <summary>Number of domain logs that are open.</summary>
    public int OpenFiles => _open.Count;

    private sealed class DomainLogs(string domain)
    {
        private readonly byte[] _prefix = Encoding.ASCII.GetBytes(domain + " ");
        private Target? _http;
        private Target? _https;

        public Target Http => _http ??= new Target(domain, isSsl: false, _prefix);

        public Target Https => _https ??= new Target(domain, isSsl: true, _prefix);
    }

    // A log that lines go to. The prefix is what a line in the default log has in front when this log vanished under it.
    private sealed class Target(string domain, bool isSsl, byte[] prefix)
    {
        public string Domain => domain;

        public bool IsSsl => isSsl;

        public byte[] Prefix => prefix;

        public LogFile? File { get; set; }

        public LinkedListNode<Target>? Node { get; set; }

        public long? RefusedAt { get; set; }
    }

    /// <summary>Takes bytes as they come; lines may be torn anywhere.</summary>
    public void Feed(ReadOnlySpan<byte> data)
    {
        _now = _clock.GetTimestamp();
        if (_names.CheckForChange(_now))
            CloseDomainLogs(); // a domain may have gone, moved, or become an alias
        while (!data.IsEmpty)
        {
            var end = data.IndexOf((byte)'\n');
            if (end < 0)
            {
                KeepPartial(data);
                break;
            }

            if (_skipsLine)
            {
                _skipsLine = false;
            }
            else if (_partialLength > 0)
            {
                KeepPartial(data[..end]);
                if (!_skipsLine) // else it became too long and was dealt with
                    Take(_partial.AsSpan(0, _partialLength));
                _skipsLine = false;
                _partialLength = 0;
            }
            else
            {
                Take(data[..end].Length <= MaxLineBytes ? data[..end] : Cut(data));
            }

            data = data[(end + 1)..];
        }

        if (_options.Synchronous)
            FlushAll();
    }

    /// <summary>Writes all whole lines now.</summary>
    public void FlushAll() => Flush(_ => true);

    /// <summary>How long the caller may wait for more input before <see cref="FlushDue"/>; null when nothing waits.</summary>
    public TimeSpan? UntilDue()
    {
        TimeSpan? shortest = null;
        foreach (var target in OpenTargets())
        {
            if (target.File!.HasWaiting && (_longestWait - _clock.GetElapsedTime(target.File.WaitingSince)) is var left && (shortest is null || left < shortest))
                shortest = left;
        }

        return shortest < TimeSpan.Zero ? TimeSpan.Zero : shortest;
    }

    /// <summary>Writes what has waited long enough, and what is due to be said.</summary>
    public void FlushDue()
    {
        Flush(file => _clock.GetElapsedTime(file.WaitingSince) >= _longestWait);
        ReportDropped(atOnce: false);
    }

    /// <summary>Writes everything and closes all files; they are opened again on demand. Never tears a line: what has no end yet waits on (WEB-44).</summary>
    public void Hangup()
    {
        CloseDomainLogs();
        Close(_default);
        Close(_sslDefault);
    }

    /// <summary>End of input: a last line without line break counts, everything is written, all files are closed.</summary>
    public void Finish()
    {
        if (_partialLength > 0 && !_skipsLine)
            Take(_partial.AsSpan(0, _partialLength));
        _partialLength = 0;
        Hangup();
        ReportDropped(atOnce: true);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var target in OpenTargets().ToList())
            target.File!.Dispose();
        _names.Dispose();
    }

    private static ReadOnlySpan<byte> CutMark => " [line cut]"u8;

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> line) => (byte[])[.. line[..MaxLineBytes], .. CutMark];

    private void KeepPartial(ReadOnlySpan<byte> data)
    {
        if (_skipsLine)
            return;
        var room = MaxLineBytes - _partialLength;
        var kept = data[..Math.Min(room, data.Length)];
        if (_partialLength + kept.Length > _partial.Length)
            Array.Resize(ref _partial, Math.Min(MaxLineBytes, Math.Max(_partialLength + kept.Length, _partial.Length * 2)));
        kept.CopyTo(_partial.AsSpan(_partialLength));
        _partialLength += kept.Length;
        if (kept.Length == data.Length)
            return;
        Take(Cut(_partial));
        (_partialLength, _skipsLine) = (0, true);
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        var isSsl = false;
        if (_options.Form == LineForm.Plain)
        {
            Append(_default, line, line);
            return;
        }

        var named = line;
        if (_options.Form == LineForm.Port)
        {
            if (!Utf8Parser.TryParse(line, out ushort port, out var digits) || digits >= line.Length || line[digits] != (byte)' ')
            {
                Append(_default, line, line);
                return;
            }

            isSsl = port == 443;
            named = line[(digits + 1)..];
        }

        // Anchored at the first byte: whatever a visitor writes into a request comes later in the line (WEB-37).
        var space = named.IndexOf((byte)' ');
        var domain = space > 0 ? _names.Find(named[..space]) : null;
        if (domain is null)
            Append(isSsl ? _sslDefault : _default, named, named);
        else
            Append(isSsl ? domain.Https : domain.Http, named[(space + 1)..], named);
    }

    private void Append(Target target, ReadOnlySpan<byte> line, ReadOnlySpan<byte> complete)
    {
        if (!IsOpen(target))
        {
            var fallback = target.IsSsl ? _sslDefault : _default;
            if (target == fallback)
                Drop(1, "it cannot be opened");
            else
                Append(fallback, complete, complete);
            return;
        }

        var file = target.File!;
        if (!file.HasRoomFor(line.Length))
            Write(target);
        file = target.File;
        if (file is null) // it vanished, and its lines went to the default log
        {
            Append(target.IsSsl ? _sslDefault : _default, complete, complete);
        }
        else if (file.HasRoomFor(line.Length))
        {
            file.Add(line, _now);
        }
        else if (file.Write([.. line, (byte)'\n']) is var error && error != Errno.None)
        {
            Drop(1, $"{NameOf(target)}: {error}");
        }
    }

    private bool IsOpen(Target target)
    {
        if (target.File is not null)
        {
            if (target.Node is { Previous: not null } node) // it is already first otherwise, or a default log
            {
                _open.Remove(node);
                _open.AddFirst(node);
            }

            return true;
        }

        // Do not try again for each line.
        if (target.RefusedAt is { } refusedAt && _clock.GetElapsedTime(refusedAt, _now) < _retryRefused)
            return false;
        var isDefault = target == _default || target == _sslDefault;
        var file = isDefault
            ? _opener.OpenDefaultLog(target.IsSsl ? _options.SslDefaultLog : _options.DefaultLog, out var refusal)
            : _opener.OpenDomainLog(target.Domain, FileNameOf(target), out refusal);
        if (file is null)
        {
            target.RefusedAt = _now;
            if (_options.Verbose || isDefault)
                _report($"{NameOf(target)}: {refusal}");
            return false;
        }

        target.RefusedAt = null;
        target.File = new LogFile(file);
        if (isDefault)
            return true;
        target.Node = _open.AddFirst(target);
        while (_open.Count > _options.MaxOpenFiles)
            Close(_open.Last!.Value); // more than one is open
        return true;
    }

    private void Flush(Func<LogFile, bool> isDue)
    {
        foreach (var target in OpenTargets().Where(target => target.File!.HasWaiting && isDue(target.File)).ToList())
        {
            if (target.File is not null) // writing one can close another
                Write(target);
        }
    }

    private void Write(Target target)
    {
        var file = target.File!;
        if (file.Waiting.IsEmpty)
            return;
        if (target.Node is not null && file.IsDeleted)
        {
            Reopen(target);
            return;
        }

        if (file.Write(file.Waiting) is var error && error != Errno.None)
            Drop(file.Waiting.Count((byte)'\n'), $"{NameOf(target)}: {error}");
        file.Clear();
    }

    // Somebody removed the log, or the whole domain (WEB-39). The lines that waited go to a new log, or to the default log if there can be none.
    private void Reopen(Target target)
    {
        var lines = target.File!.Waiting.ToArray();
        target.File.Clear();
        Close(target);
        var isBack = IsOpen(target);
        foreach (var range in lines.AsSpan()[..^1].Split((byte)'\n'))
        {
            var line = lines.AsSpan()[range];
            if (isBack)
                Append(target, line, line);
            else
                Append(target.IsSsl ? _sslDefault : _default, (byte[])[.. target.Prefix, .. line], default);
        }
    }

    private void Close(Target target)
    {
        if (target.File is null)
            return;
        Write(target);
        if (target.File is null) // writing found it deleted and could not open another
            return;
        target.File.Dispose();
        target.File = null;
        if (target.Node is { } node)
            _open.Remove(node);
        target.Node = null;
    }

    private void CloseDomainLogs()
    {
        while (_open.Last is { } last)
            Close(last.Value);
        _names.Forget();
    }

    private IEnumerable<Target> OpenTargets() => _open.Concat(new[] { _default, _sslDefault }.Where(target => target.File is not null));

    private string FileNameOf(Target target) => target.IsSsl ? "ssl_" + _options.FileName : _options.FileName;

    private string NameOf(Target target) => target == _default ? _options.DefaultLog
        : target == _sslDefault ? _options.SslDefaultLog
        : $"{_options.Prefix}/{target.Domain}/public/logs/{FileNameOf(target)}";

    private void Drop(int lines, string reason)
    {
        _droppedLines += lines;
        _droppedReason = reason;
        ReportDropped(atOnce: false);
    }

    private void ReportDropped(bool atOnce)
    {
        if (_droppedLines == 0 || (!atOnce && _lastReport is { } last && _clock.GetElapsedTime(last) < _reportInterval))
            return;
        _report($"{_droppedLines} lines could not be written; last {_droppedReason}");
        (_droppedLines, _lastReport) = (0, _clock.GetTimestamp());
    }
}
