using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Symbiosis.Journals;

/// <summary>
/// Follows what one unit says. The journal itself knows of which unit a process is (<c>_SYSTEMD_UNIT</c>), so nobody else can speak in its name, as anybody can in syslog.
/// </summary>
/// <param name="unit">Such as <c>dovecot.service</c>.</param>
/// <param name="clock">For the pause before it is started again.</param>
public sealed class JournalFollower(string unit, TimeProvider clock)
{
    private const string Program = "/usr/bin/journalctl";

    // What was said while nobody followed, as over a restart; noting it twice does no harm.
    private const string Earlier = "--lines=500";

    // Without it --follow looks at this boot only (systemd 252), and in a container a unit of ours sees another boot number than the journal. It takes in other machines' journals as well,
    // which the machine's own number leaves out again.
    private const string AllBoots = "--merge";

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(30);

    /// <summary>The entries, without end. When the program that prints them ends, it is started again after a pause.</summary>
    public async IAsyncEnumerable<JournalEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await foreach (var line in LinesAsync(cancellationToken))
            {
                if (JournalEntry.Parse(line) is { } entry)
                    yield return entry;
            }

            await Task.Delay(_pause, clock, cancellationToken);
        }
    }

    private async IAsyncEnumerable<string> LinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            yield break; // not installed, or no memory: tried again
        }

        try
        {
            process.StandardInput.Close();
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
                yield return line;
        }
        finally
        {
            process.Kill(entireProcessTree: true); // it never ends by itself
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    // machine-id(5)
    private static string MachineId()
    {
        try
        {
            return File.ReadAllText("/etc/machine-id").Trim();
        }
        catch (IOException)
        {
            return ""; // matches nothing: better than another machine's words
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (var argument in (string[])["--follow", AllBoots, Earlier, "--output=json", "--output-fields=MESSAGE", "--no-pager", "--quiet", $"_SYSTEMD_UNIT={unit}", "_UID=0", $"_MACHINE_ID={MachineId()}"])
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        return start;
    }
}
