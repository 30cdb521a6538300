using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Symbiosis.Bench.Measuring;

/// <summary>What a program did to the files below a directory, as strace(1) saw it. Counting in the kernel cannot be fooled by our own counters.</summary>
/// <param name="TreeOpens">Files and directories opened (or tried) below <c>srv</c>.</param>
/// <param name="Changes">Calls that write, make, rename or remove something below the directory, except the lock file.</param>
internal sealed partial record SystemCallTrace(int TreeOpens, IReadOnlyList<string> Changes)
{
    private const string Calls =
        "openat,openat2,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,mkdir,mkdirat,mknodat,truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,utimensat,setxattr,fsetxattr";

    /// <summary>True when strace is installed.</summary>
    public static bool IsPossible { get; } = File.Exists("/usr/bin/strace");

    /// <summary>Runs a command to its end and sorts its calls.</summary>
    public static SystemCallTrace Of(string root, IReadOnlyList<string> command)
    {
        var log = Path.Join(Path.GetTempPath(), $"symbiosis-bench-{Environment.ProcessId}.strace");
        try
        {
            using var strace = Process.Start(new ProcessStartInfo("/usr/bin/strace", ["-f", "-qq", "-y", "--seccomp-bpf", "-e", $"trace={Calls}", "-o", log, .. command]) { RedirectStandardOutput = true, UseShellExecute = false })
                ?? throw new InvalidOperationException("strace did not start");
            strace.StandardOutput.ReadToEnd();
            strace.WaitForExit();
            return Read(root, File.ReadLines(log));
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>Sorts the lines of a log made with <c>-f -y</c>.</summary>
    internal static SystemCallTrace Read(string root, IEnumerable<string> lines)
    {
        var opens = 0;
        var changes = new List<string>();
        foreach (var line in lines)
        {
            var call = Call().Match(line);
            if (!call.Success)
                continue; // the second half of an interrupted line, or a signal
            var arguments = line[(call.Index + call.Length)..];
            if (!call.Groups["name"].Value.StartsWith("open", StringComparison.Ordinal))
            {
                if (arguments.Contains(root, StringComparison.Ordinal))
                    changes.Add(line);
                continue;
            }

            var open = OpenArguments().Match(arguments);
            var path = open.Groups["path"].Value is ['/', ..] absolute ? absolute : $"{open.Groups["directory"].Value}/{open.Groups["path"].Value}";
            if (!path.StartsWith(root + "/", StringComparison.Ordinal))
                continue;
            opens += path.StartsWith(root + "/srv", StringComparison.Ordinal) ? 1 : 0;
            if (WritingFlags().IsMatch(arguments) && !path.EndsWith("lock", StringComparison.Ordinal))
                changes.Add(line);
        }

        return new SystemCallTrace(opens, changes);
    }

    [GeneratedRegex(@"^\d+\s+(?<name>[a-z0-9]+)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Call();

    [GeneratedRegex("^(AT_FDCWD|\\d+)(<(?<directory>[^>]*)>)?, \"(?<path>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OpenArguments();

    [GeneratedRegex("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WritingFlags();
}
