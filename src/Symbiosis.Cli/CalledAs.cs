namespace Symbiosis.Cli;

/// <summary>The name this program was called by: compatibility names are links to it.</summary>
internal static class CalledAs
{
    /// <summary>The last part of the first word of the command line, such as <c>symbiosis-ssl</c>; empty when the kernel does not tell.</summary>
    public static string Name()
    {
        try
        {
            var words = File.ReadAllText("/proc/self/cmdline");
            return Path.GetFileName(words.Split('\0', 2)[0]);
        }
        catch (IOException)
        {
            return ""; // without /proc there are no compatibility names
        }
    }
}
