using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Symbiosis.Bench;

/// <summary>
/// Splits a made-up access log of many hosts with <c>symbiosis log-splitter</c>, and with Apache's own <c>split-logfile</c>, and compares processor time and every byte that was written. The order of the
/// lines matters: as visitors come (Zipf), evenly, and in runs of one host.
/// </summary>
internal sealed partial class LogSplitting(string work, int hosts, int lines)
{
    private static readonly string[] _orders = ["zipf", "uniform", "runs"];

    private string Input => Path.Combine(work, "input");

    /// <summary>Measures all orders and prints a line for each. False when an output is not what it must be, byte for byte.</summary>
    public bool Run(string splitter, string? peer)
    {
        var isRight = true;
        Console.WriteLine("order    program          CPU s   lines/s CPU   peak MB");
        foreach (var order in _orders)
        {
            Directory.CreateDirectory(work);
            var expected = Generate(order);
            MakeHosts();
            var ours = Measure("/usr/bin/env", ["DOTNET_GCgen0size=0x100000", splitter, "log-splitter", "-m", "split", "-p", Path.Combine(work, "srv"), "--names", Path.Combine(work, "names"), "-f", "2000", Path.Combine(work, "default.access.log")], work);
            Print(order, "log-splitter", ours);
            for (var host = 0; host < hosts; host++)
                isRight &= DigestOf(Path.Combine(work, "srv", NameOf(host), "public/logs/access.log")) == expected[host];
            isRight &= !File.Exists(Path.Combine(work, "default.access.log"));
            if (peer is not null)
            {
                var directory = Directory.CreateDirectory(Path.Combine(work, "peer")).FullName;
                Print(order, "split-logfile", Measure("/usr/bin/perl", [peer], directory));
            }

            Directory.Delete(work, recursive: true);
        }

        Console.WriteLine(isRight ? "Every log is, byte for byte, what it must be." : "A LOG IS WRONG.");
        return isRight;
    }

    private static string NameOf(int host) => string.Create(CultureInfo.InvariantCulture, $"host{host:0000}.example");

    private static string DigestOf(string file)
    {
        if (!File.Exists(file))
            return DigestOf(SHA256.HashData([]));
        using var stream = File.OpenRead(file);
        return DigestOf(SHA256.HashData(stream));
    }

    private static string DigestOf(byte[] hash) => Convert.ToHexStringLower(hash);

    private void Print(string order, string program, (double Seconds, long PeakBytes) measured) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{order,-8} {program,-14} {measured.Seconds,7:0.00} {lines / measured.Seconds,13:0} {measured.PeakBytes / 1e6,9:0.0}"));

    private void MakeHosts()
    {
        for (var host = 0; host < hosts; host++)
        {
            Directory.CreateDirectory(Path.Combine(work, "srv", NameOf(host), "public/logs"));
            if (Environment.IsPrivilegedProcess)
            {
                // A domain of a system user gets no log (CORE-3).
                using var chown = Process.Start("chown", ["-R", "1000:1000", Path.Combine(work, "srv", NameOf(host))]);
                chown.WaitForExit();
            }

            Directory.CreateDirectory(Path.Combine(work, "names"));
            File.WriteAllText(Path.Combine(work, "names", NameOf(host)), $"{NameOf(host)} 1000\n");
        }
    }

    // What each host's log must hold, as digests, while the input is written.
    private string[] Generate(string order)
    {
        var dice = new Random(1);
        var digests = Enumerable.Range(0, hosts).Select(_ => IncrementalHash.CreateHash(HashAlgorithmName.SHA256)).ToArray();
        // Zipf's law: host k has a share of 1/k.
        var shares = new double[hosts];
        for (var (host, sum) = (0, 0.0); host < hosts; host++)
            shares[host] = sum += 1.0 / (host + 1);
        using var input = new FileStream(Input, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var current = 0;
        for (var line = 0; line < lines; line++)
        {
            current = order switch
            {
                "zipf" => Math.Min(hosts - 1, ~Array.BinarySearch(shares, dice.NextDouble() * shares[^1]) is var at and >= 0 ? at : 0),
                "uniform" => dice.Next(hosts),
                _ => line % 100 == 0 ? dice.Next(hosts) : current,
            };
            var text = Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"203.0.113.{line % 250} - - [21/Nov/2026:15:47:50 +0000] \"GET /page/{dice.Next(100_000)}.html HTTP/1.1\" 200 {dice.Next(50_000)} \"https://www.example.net/\" \"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\"\n"));
            digests[current].AppendData(text);
            input.Write(Encoding.ASCII.GetBytes(NameOf(current) + " "));
            input.Write(text);
        }

        return [.. digests.Select(digest => DigestOf(digest.GetHashAndReset()))];
    }

    private (double Seconds, long PeakBytes) Measure(string program, IReadOnlyList<string> arguments, string directory)
    {
        // A shell, because the input must be the program's own descriptor: what we would copy to it is not its work. sh replaces itself, so the times are the program's.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "input=$1; shift; exec \"$@\" <\"$input\"", "sh", Input, program, .. arguments]) { WorkingDirectory = directory };
        var before = ChildrenSeconds();
        using var process = Process.Start(start)!; // never null without UseShellExecute
        var peak = 0L;
        while (!process.WaitForExit(20))
        {
            process.Refresh();
            peak = Math.Max(peak, process.HasExited ? 0 : process.WorkingSet64);
        }

        return process.ExitCode == 0 ? (ChildrenSeconds() - before, peak) : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }

    // getrusage(2): struct rusage begins with user and system time, each seconds and microseconds; the rest is not needed.
    private static double ChildrenSeconds()
    {
        const int Children = -1;
        Span<long> usage = stackalloc long[32];
        return getrusage(Children, ref usage[0]) == 0 ? usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6) : throw new System.ComponentModel.Win32Exception();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrusage(int who, ref long usage);
}
