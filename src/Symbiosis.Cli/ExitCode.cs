namespace Symbiosis.Cli;

/// <summary>Exit codes of every verb, as documented in symbiosis(1).</summary>
internal static class ExitCode
{
    /// <summary>Done; nothing is wrong.</summary>
    public const int Success = 0;

    /// <summary>Done as far as possible, but at least one part of the tree is held back or a daemon refused; the messages say which.</summary>
    public const int Failed = 1;

    /// <summary><c>plan</c> only: nothing is wrong and there would be changes.</summary>
    public const int ChangesPlanned = 3;

    /// <summary>The command line was not understood (sysexits.h EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>A fault of the program itself (EX_SOFTWARE).</summary>
    public const int Bug = 70;

    /// <summary>Another run holds the lock; try again (EX_TEMPFAIL, CORE-70).</summary>
    public const int Busy = 75;

    /// <summary>The verb needs root (EX_NOPERM).</summary>
    public const int NotPermitted = 77;
}
