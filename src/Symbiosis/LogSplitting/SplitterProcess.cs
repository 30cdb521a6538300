using System.Runtime.InteropServices;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.LogSplitting;

/// <summary>
/// The splitter as a process that Apache starts: reads standard input until it ends. SIGHUP makes it open its files again, SIGTERM makes it read what is there, write everything and end; both may
/// come at any time and lose nothing (WEB-44). A single thread does all the work; signals only wake it.
/// </summary>
internal static class SplitterProcess
{
    private const int ReadBytes = 256 * 1024;

    /// <summary>After SIGTERM, how long somebody who still writes may keep it from ending.</summary>
    private static readonly TimeSpan _longestDrain = TimeSpan.FromSeconds(5);

    /// <summary>Runs until the input ends. Returns the exit code: 0 at the end of input, 1 when the input cannot be read.</summary>
    public static int Run(SplitterOptions options, TimeProvider clock, Action<string> report)
    {
        using var input = new FileDescriptor(0);
        using var wake = new FileDescriptor(SysEventfd.eventfd(0, SysEventfd.EFD_CLOEXEC | SysEventfd.EFD_NONBLOCK));
        var hangup = 0;
        var end = 0;
        using var onHangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Note(context, ref hangup, wake));
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Note(context, ref end, wake));
        using var splitter = new LogSplitter(options, clock, report);
        var buffer = new byte[ReadBytes];
        Span<byte> counter = stackalloc byte[sizeof(ulong)];
        long? ending = null;
        while (true)
        {
            Span<Poll.pollfd> ready = [new() { fd = (int)input.DangerousGetHandle(), events = Poll.POLLIN }, new() { fd = (int)wake.DangerousGetHandle(), events = Poll.POLLIN }];
            var wait = ending is null ? splitter.UntilDue() : TimeSpan.Zero;
            var count = Poll.poll(ready, wait is { } time ? (int)Math.Ceiling(time.TotalMilliseconds) : -1);
            if (count < 0 && FileDescriptor.LastError() != Errno.EINTR)
                return 1;
            if (count > 0 && ready[1].revents != 0)
                _ = Unistd.read(wake, counter); // only empties it
            if (Interlocked.Exchange(ref hangup, 0) != 0)
                splitter.Hangup();
            if (Interlocked.Exchange(ref end, 0) != 0)
                ending ??= clock.GetTimestamp();

            if (count > 0 && ready[0].revents != 0)
            {
                var length = Unistd.read(input, buffer);
                if (length < 0 && FileDescriptor.LastError() is not (Errno.EINTR or Errno.EAGAIN))
                {
                    report($"standard input cannot be read ({FileDescriptor.LastError()})");
                    splitter.Finish();
                    return 1;
                }

                if (length == 0)
                {
                    splitter.Finish();
                    return 0;
                }

                if (length > 0)
                    splitter.Feed(buffer.AsSpan(0, (int)length));
            }
            else if (ending is not null)
            {
                splitter.Finish();
                return 0;
            }

            splitter.FlushDue();
            if (ending is { } since && clock.GetElapsedTime(since) > _longestDrain)
            {
                splitter.Finish();
                return 0;
            }
        }
    }

    private static void Note(PosixSignalContext context, ref int flag, FileDescriptor wake)
    {
        context.Cancel = true; // do not end at once
        Interlocked.Exchange(ref flag, 1);
        _ = wake.WriteFully(BitConverter.GetBytes(1UL)); // a full counter wakes as well
    }
}
