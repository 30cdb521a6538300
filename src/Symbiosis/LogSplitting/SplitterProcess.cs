using System.Runtime.InteropServices;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.LogSplitting;

/// <summary>
/// The splitter as a process that Apache starts: reads standard input until it ends. SIGHUP makes it open its files again; it may come at any time and loses nothing (WEB-44).
/// A single thread does all the work; signals only wake it.
/// <para>
/// SIGTERM does not end it at once. Apache sends it to the old process at every graceful reload, while its own old children still finish requests and write their lines to it; and when Apache
/// itself is stopped, systemd kills what is left as soon as its main process is gone. So it writes everything, holds nothing back any more, and goes on until the last writer is gone.
/// A second SIGTERM, or a long silence, ends it.
/// </para>
/// <para>
/// Either signal would kill a process that has not said yet what to do with it, and of two reloads in quick succession the second does that to the splitter of the first. So Apache starts it with
/// both blocked, and it unblocks them when it is ready.
/// </para>
/// </summary>
internal static class SplitterProcess
{
    private const int ReadBytes = 256 * 1024;
    private const int PipeBytes = 1024 * 1024; // what an ordinary user may ask for, pipe(7); Apache waits when it is full

    /// <summary>After SIGTERM, how long nobody may have written before it ends although somebody still could. As long as Apache gives a request that stands still.</summary>
    private static readonly TimeSpan _longestSilence = TimeSpan.FromMinutes(10);

    /// <summary>Runs until the input ends. Returns the exit code: 0 at the end of input, 1 when the input cannot be read.</summary>
    public static int Run(SplitterOptions options, TimeProvider clock, Action<string> report)
    {
        using var input = new FileDescriptor(0);
        using var wake = new FileDescriptor(SysEventfd.eventfd(0, SysEventfd.EFD_CLOEXEC | SysEventfd.EFD_NONBLOCK));
        var hangup = 0;
        var end = 0;
        using var onHangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Note(context, ref hangup, wake));
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Note(context, ref end, wake));
        Signal.Unblock(Signal.SIGHUP, Signal.SIGTERM);
        _ = Fcntl.fcntl(input, Fcntl.F_SETPIPE_SZ, PipeBytes); // fails when it is no pipe, ignoring it
        using var splitter = new LogSplitter(options, clock, report);
        var buffer = new byte[ReadBytes];
        Span<byte> counter = stackalloc byte[sizeof(ulong)];
        long? quietSince = null; // not null: SIGTERM came
        while (true)
        {
            Span<Poll.pollfd> ready = [new() { fd = (int)input.DangerousGetHandle(), events = Poll.POLLIN }, new() { fd = (int)wake.DangerousGetHandle(), events = Poll.POLLIN }];
            var wait = quietSince is { } quiet ? _longestSilence - clock.GetElapsedTime(quiet) : splitter.UntilDue();
            var count = Poll.poll(ready, wait is { } time ? (int)Math.Ceiling(Math.Max(0, time.TotalMilliseconds)) : -1);
            if (count < 0 && FileDescriptor.LastError() != Errno.EINTR)
                return 1;
            if (count > 0 && ready[1].revents != 0)
                _ = Unistd.read(wake, counter); // only empties it
            if (Interlocked.Exchange(ref hangup, 0) != 0)
                splitter.Hangup();
            if (Interlocked.Exchange(ref end, 0) != 0)
            {
                if (quietSince is not null)
                    break;
                quietSince = clock.GetTimestamp();
                splitter.FlushAll();
            }

            if (count > 0 && ready[0].revents != 0)
            {
                var length = Unistd.read(input, buffer);
                if (length == 0)
                    break;
                if (length > 0)
                {
                    splitter.Feed(buffer.AsSpan(0, (int)length));
                    if (quietSince is not null)
                    {
                        quietSince = clock.GetTimestamp();
                        splitter.FlushAll();
                    }
                }
                else if (FileDescriptor.LastError() is not (Errno.EINTR or Errno.EAGAIN) and var error)
                {
                    report($"standard input cannot be read ({error})");
                    splitter.Finish();
                    return 1;
                }
            }
            else if (quietSince is { } since && clock.GetElapsedTime(since) >= _longestSilence)
            {
                break;
            }

            splitter.FlushDue();
        }

        splitter.Finish();
        return 0;
    }

    /// <summary>Tells all splitters of this program to open their files again; how many there were.</summary>
    public static int HangUpAll()
    {
        var found = 0;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var pid) || pid == Environment.ProcessId)
                continue;
            try
            {
                // By what it runs, not by its name, which anybody can have.
                if (File.ResolveLinkTarget($"{directory}/exe", returnFinalTarget: false)?.FullName == Environment.ProcessPath
                    && File.ReadAllText($"{directory}/cmdline").Split('\0') is [_, "log-splitter", ..] && Signal.kill(pid, Signal.SIGHUP) == 0)
                {
                    found++;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is none of ours, ignoring it.
            }
        }

        return found;
    }

    private static void Note(PosixSignalContext context, ref int flag, FileDescriptor wake)
    {
        context.Cancel = true; // do not end at once
        Interlocked.Exchange(ref flag, 1);
        _ = wake.WriteFully(BitConverter.GetBytes(1UL)); // a full counter wakes as well
    }
}
