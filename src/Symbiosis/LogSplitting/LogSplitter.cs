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
    private static readonly TimeSpan _trustedFor = TimeSpan.FromSeconds(1); // that a log can, or cannot, be opened
    private static readonly TimeSpan _reportInterval = TimeSpan.FromMinutes(1); // WEB-48

    private readonly SplitterOptions _options;
    private readonly TimeProvider _clock;
    private readonly Action<string> _report;
    private readonly HostedNameTable<DomainLogs> _names;
    private readonly LogOpener _opener;
    private readonly BlockPool _pool;
    private readonly LinkedList<Log> _open = []; // domain logs, most recently written first
    private readonly LinkedList<Log> _waiting = []; // logs with waiting lines, whose oldest came first
    private readonly Log _default = new("", isSsl: false, []);
    private readonly Log _sslDefault = new("", isSsl: true, []);

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
        _pool = new BlockPool(Math.Max(options.MaxWaitingBytes, Log.MaxWaitingBytes) / BlockPool.BlockBytes);
        _now = clock.GetTimestamp();
    }

    /// <summary>Number of domain logs that are open.</summary>
    public int OpenFiles => _open.Count;

    private sealed class DomainLogs(string domain)
    {
        private readonly byte[] _prefix = Encoding.ASCII.GetBytes(domain + " ");
        private Log? _http;
        private Log? _https;

        public Log Http => _http ??= new Log(domain, isSsl: false, _prefix);

        public Log Https => _https ??= new Log(domain, isSsl: true, _prefix);
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
    public void FlushAll()
    {
        while (_waiting.First is { } first)
            Write(first.Value);
    }

    /// <summary>How long the caller may wait for more input before <see cref="FlushDue"/>; null when nothing waits.</summary>
    public TimeSpan? UntilDue()
    {
        if (_waiting.First is not { } oldest)
            return null;
        var left = _longestWait - _clock.GetElapsedTime(oldest.Value.WaitingSince);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>Writes what has waited long enough, and what is due to be said.</summary>
    public void FlushDue()
    {
        _now = _clock.GetTimestamp();
        while (_waiting.First is { } oldest && _clock.GetElapsedTime(oldest.Value.WaitingSince, _now) >= _longestWait)
            Write(oldest.Value);
        ReportDropped(atOnce: false);
    }

    /// <summary>Writes everything and closes all files; they are opened again on demand. Never tears a line: what has no end yet waits on (WEB-44).</summary>
    public void Hangup()
    {
        CloseDomainLogs();
        FlushAll(); // also what a domain log that vanished gave to a default log
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
        foreach (var log in _open.Append(_default).Append(_sslDefault))
            log.File?.Dispose();
        _names.Dispose();
        _pool.Dispose();
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

    private void Append(Log log, ReadOnlySpan<byte> line, ReadOnlySpan<byte> complete)
    {
        // What holds waiting lines, or was opened a moment ago, is not opened just to see whether that would work.
        if (log.WaitingBytes == 0 && log.File is null && !IsRecent(log.OpenedAt) && !Open(log))
        {
            TakeBack(log, complete);
            return;
        }

        if (!log.HasRoomFor(line.Length))
        {
            Write(log);
            if (!log.HasRoomFor(line.Length)) // even alone it is too long to wait
            {
                if (!Open(log))
                    TakeBack(log, complete);
                else if (log.WriteThrough(line) is var error && error != Errno.None)
                    Drop(1, $"{NameOf(log)}: {error}");
                return;
            }
        }

        while (!log.Reserve(line.Length, _pool))
            MakeRoom();
        if (log.WaitingBytes == 0)
            _waiting.AddLast(log.WaitingPlace);
        log.Add(line, _now, _pool);
    }

    // A line that its log does not take.
    private void TakeBack(Log log, ReadOnlySpan<byte> complete)
    {
        var fallback = DefaultOf(log);
        if (log == fallback)
            Drop(1, "it cannot be opened");
        else
            Append(fallback, complete, complete);
    }

    // Memory is short. The largest are written, so that most is gained for each call.
    private void MakeRoom()
    {
        var average = _waiting.Sum(log => log.Blocks) / _waiting.Count;
        for (var place = _waiting.First; place is not null;)
        {
            var next = place.Next;
            if (place.Value.Blocks >= average)
                Write(place.Value);
            place = next;
        }
    }

    private bool Open(Log log)
    {
        if (log.File is not null)
        {
            if (log.OpenPlace is { List: not null, Previous: not null }) // it is already first otherwise, or a default log
            {
                _open.Remove(log.OpenPlace);
                _open.AddFirst(log.OpenPlace);
            }

            return true;
        }

        // Do not try again for each line.
        if (IsRecent(log.RefusedAt))
            return false;
        var isDefault = log == DefaultOf(log);
        var file = isDefault
            ? _opener.OpenDefaultLog(log.IsSsl ? _options.SslDefaultLog : _options.DefaultLog, out var refusal)
            : _opener.OpenDomainLog(log.Domain, FileNameOf(log), out refusal);
        if (file is null)
        {
            (log.OpenedAt, log.RefusedAt) = (null, _now);
            if (_options.Verbose || isDefault)
                _report($"{NameOf(log)}: {refusal}");
            return false;
        }

        (log.OpenedAt, log.RefusedAt, log.File) = (_now, null, file);
        if (isDefault)
            return true;
        _open.AddFirst(log.OpenPlace);
        if (_open.Count > _options.MaxOpenFiles)
            Close(_open.Last!.Value); // more than one is open
        return true;
    }

    private void Write(Log log)
    {
        if (log.WaitingBytes == 0)
            return;
        if (log.OpenPlace.List is not null && log.IsDeleted)
            Close(log); // somebody removed the log, or the whole domain (WEB-39)
        _waiting.Remove(log.WaitingPlace);
        if (!Open(log))
            GiveToDefault(log);
        else if (log.WriteWaiting(_pool) is var error && error != Errno.None)
            Drop(log.CopyWaiting(_pool).Count((byte)'\n'), $"{NameOf(log)}: {error}");
        log.Clear(_pool);
    }

    // The lines waited for a log that is there no more. They are written at once: memory may be short.
    private void GiveToDefault(Log log)
    {
        var lines = log.CopyWaiting(_pool);
        var fallback = DefaultOf(log);
        if (log == fallback || !Open(fallback))
        {
            Drop(lines.Count((byte)'\n'), "it cannot be opened");
            return;
        }

        Write(fallback);
        foreach (var range in lines.AsSpan()[..^1].Split((byte)'\n'))
        {
            if (fallback.WriteThrough((byte[])[.. log.Prefix, .. lines.AsSpan()[range]]) is var error && error != Errno.None)
                Drop(1, $"{NameOf(fallback)}: {error}");
        }
    }

    private void Close(Log log)
    {
        log.File?.Dispose();
        log.File = null;
        if (log.OpenPlace.List is not null)
            _open.Remove(log.OpenPlace);
    }

    private void CloseDomainLogs()
    {
        FlushAll();
        while (_open.Last is { } last)
            Close(last.Value);
        _names.Forget();
    }

    private bool IsRecent(long? time) => time is { } then && _clock.GetElapsedTime(then, _now) < _trustedFor;

    private Log DefaultOf(Log log) => log.IsSsl ? _sslDefault : _default;

    private string FileNameOf(Log log) => log.IsSsl ? "ssl_" + _options.FileName : _options.FileName;

    private string NameOf(Log log) => log == _default ? _options.DefaultLog
        : log == _sslDefault ? _options.SslDefaultLog
        : $"{_options.Prefix}/{log.Domain}/public/logs/{FileNameOf(log)}";

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
