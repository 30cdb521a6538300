using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.Applying;

/// <summary>The exclusive right to plan and apply on this host (CORE-70), held by the kernel for as long as this is open: a killed holder leaves nothing behind.</summary>
internal sealed class ApplyLock : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(20);

    private readonly FileDescriptor _file;

    private ApplyLock(FileDescriptor file) => _file = file;

    /// <summary>Takes the lock, or returns null when another run holds it.</summary>
    public static ApplyLock? TryTake(IHostFiles files)
    {
        files.MakeDirectories(StateDirectory.Root);
        var file = FileDescriptor.OpenRoot(files.PathOf(StateDirectory.Lock), Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, out var error, mode: 0x180)
            ?? throw new HostFileException("open", StateDirectory.Lock, error);
        if (SysFile.flock(file, SysFile.LOCK_EX | SysFile.LOCK_NB) == 0)
            return new ApplyLock(file);
        error = FileDescriptor.LastError();
        file.Dispose();
        return error == Errno.EAGAIN ? null : throw new HostFileException("lock", StateDirectory.Lock, error);
    }

    /// <summary>Takes the lock as soon as it is free, or returns null at the deadline. The watch service holds it only for moments.</summary>
    public static async Task<ApplyLock?> TakeAsync(IHostFiles files, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        // flock(2) has no waiting with a time limit, so it is asked again; both the interval and the number of tries are bounded.
        var started = clock.GetTimestamp();
        using var retry = new PeriodicTimer(RetryInterval, clock);
        while (true)
        {
            if (TryTake(files) is { } taken)
                return taken;
            if (clock.GetElapsedTime(started) >= patience || !await retry.WaitForNextTickAsync(cancellationToken))
                return null;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();
}
