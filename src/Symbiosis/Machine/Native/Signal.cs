using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>signal.h</c>: signals that were blocked before this program started.</summary>
internal static partial class Signal
{
    public const int SIGHUP = 1;
    public const int SIGTERM = 15;

    private const int SIG_UNBLOCK = 1;

    // sigset_t of the C library on 64-bit Linux; more than any kernel uses.
    private const int SetBytes = 128;

    [LibraryImport("libc")]
    private static unsafe partial int sigemptyset(byte* set);

    [LibraryImport("libc")]
    private static unsafe partial int sigaddset(byte* set, int signal);

    // Returns the error instead of setting errno.
    [LibraryImport("libc")]
    private static unsafe partial int pthread_sigmask(int how, byte* set, byte* old);

    /// <summary><c>kill(2)</c>.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    /// <summary>Lets the calling thread receive these signals; those that came while they were blocked come now.</summary>
    public static unsafe void Unblock(params ReadOnlySpan<int> signals)
    {
        var set = stackalloc byte[SetBytes];
        _ = sigemptyset(set);
        foreach (var signal in signals)
            _ = sigaddset(set, signal);
        if (pthread_sigmask(SIG_UNBLOCK, set, null) is not 0 and var error)
            throw new System.ComponentModel.Win32Exception(error);
    }
}
