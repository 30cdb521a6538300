using System.Text;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.Applying;

/// <summary>The exclusive right to plan and apply on this host (CORE-70), held by the kernel for as long as this is open: a killed holder leaves nothing behind.</summary>
internal sealed class ApplyLock : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(20);

    private readonly FileDescriptor _file;

    private ApplyLock(FileDescriptor file) => _file = file;

    /// <summary>What the service calls itself as holder: it holds the lock for moments only, so waiting for it makes sense.</summary>
    public const string Service = "watch";

    /// <summary>Takes the lock, or returns null when another run holds it.</summary>
    /// <param name="files">The host.</param>
    /// <param name="holder">Who takes it, for those who find it taken.</param>
    public static ApplyLock? TryTake(IHostFiles files, string holder = "apply")
    {
        files.MakeDirectories(StateDirectory.Root);
        var file = FileDescriptor.OpenRoot(files.PathOf(StateDirectory.Lock), Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, out var error, mode: 0x180)
            ?? throw new HostFileException("open", StateDirectory.Lock, error);
        if (SysFile.flock(file, SysFile.LOCK_EX | SysFile.LOCK_NB) == 0)
        {
            // Only a hint for those who come later, ignoring a disk that is full. A run that changes nothing writes nothing, so mostly it is there already.
            if (ReadHolder(files) != holder)
                _ = Unistd.ftruncate(file, 0) == 0 && file.WriteFully(Encoding.ASCII.GetBytes(holder + "\n")) == Errno.None;
            return new ApplyLock(file);
        }

        error = FileDescriptor.LastError();
        file.Dispose();
        return error == Errno.EAGAIN ? null : throw new HostFileException("lock", StateDirectory.Lock, error);
    }

    /// <summary>Takes the lock for a command: waits while the service holds it, but not for another command (CORE-70).</summary>
    public static async Task<ApplyLock?> TakeForCommandAsync(IHostFiles files, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (TryTake(files) is { } taken)
            return taken;
        if (ReadHolder(files) != Service)
        {
            // Whoever has just taken it may not have written yet who it is.
            await Task.Delay(RetryInterval, clock, cancellationToken);
            if (TryTake(files) is { } free)
                return free;
        }

        return ReadHolder(files) == Service ? await TakeAsync(files, patience, clock, cancellationToken) : null;
    }

    // Not by System.IO, which takes an advisory lock of its own on what it opens and fails when another is held.
    private static string ReadHolder(IHostFiles files)
    {
        using var file = FileDescriptor.OpenRoot(files.PathOf(StateDirectory.Lock), Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW, out _);
        Span<byte> text = stackalloc byte[16];
        return file?.ReadFully(text, out _) is { } length and > 0 ? Encoding.ASCII.GetString(text[..length]).Trim() : "";
    }

    /// <summary>Takes the lock as soon as it is free, or returns null at the deadline.</summary>
    public static async Task<ApplyLock?> TakeAsync(IHostFiles files, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken, string holder = "apply")
    {
        // flock(2) has no waiting with a time limit, so it is asked again; both the interval and the number of tries are bounded.
        var started = clock.GetTimestamp();
        using var retry = new PeriodicTimer(RetryInterval, clock);
        while (true)
        {
            if (TryTake(files, holder) is { } taken)
                return taken;
            if (clock.GetElapsedTime(started) >= patience || !await retry.WaitForNextTickAsync(cancellationToken))
                return null;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // Said aloud, because a program that is being started just now has a copy of the descriptor until it is executed.
        _ = SysFile.flock(_file, SysFile.LOCK_UN);
        _file.Dispose();
    }
}
