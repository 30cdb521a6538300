namespace Symbiosis.Bench.Measuring;

/// <summary>Sizes of a process as the kernel sees them (proc(5), <c>status</c>). The rusage of a child would begin with the size of the parent that forked it.</summary>
internal static class ProcessStatus
{
    /// <summary>A field such as <c>VmRSS:</c>, in KiB.</summary>
    public static double KiB(int process, string name) =>
        double.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal));
}
