using System.Diagnostics;
using System.Text.Json;
using Symbiosis.Applying;
using Symbiosis.Planning;

namespace Symbiosis.Bench.Measuring;

/// <summary>What one process did and took, printed as one line of JSON for the process that started it.</summary>
internal sealed record RunReport
{
    /// <summary>Domains found.</summary>
    public int Domains { get; init; }

    /// <summary>Files and links the plan would write or remove.</summary>
    public int Changes { get; init; }

    /// <summary>Findings.</summary>
    public int Findings { get; init; }

    /// <summary>How many findings there are of each id.</summary>
    public required IReadOnlyDictionary<string, int> FindingsById { get; init; }

    /// <summary>Reading and rendering, in milliseconds.</summary>
    public double ReadMs { get; init; }

    /// <summary>Comparing with the host.</summary>
    public double PlanMs { get; init; }

    /// <summary>Writing; 0 for a plan.</summary>
    public double ApplyMs { get; init; }

    /// <summary>From the start of the process until the result was there.</summary>
    public double SinceStartMs { get; init; }

    /// <summary>Processor time of the process in all its threads.</summary>
    public double ProcessorMs { get; init; }

    /// <summary>How long the garbage collector stopped everything.</summary>
    public double CollectorPauseMs { get; init; }

    /// <summary>Bytes allocated in all.</summary>
    public double AllocatedMiB { get; init; }

    /// <summary>Methods compiled at run time.</summary>
    public long CompiledMethods { get; init; }

    /// <summary>Time the compiler took, in all threads.</summary>
    public double CompilerMs { get; init; }

    /// <summary>Largest resident size.</summary>
    public double PeakMiB { get; init; }

    /// <summary>Runs a plan, or plan and apply, in this process.</summary>
    public static async Task<RunReport> TakeAsync(string root, bool applies, CancellationToken cancellationToken)
    {
        var host = new BenchHost(root);
        var machine = host.Machine();
        using var held = applies ? ApplyLock.TryTake(machine.Files) ?? throw new IOException("locked") : null;
        var pipeline = host.CreatePipeline(machine);
        var watch = Stopwatch.StartNew();
        var reading = await pipeline.ReadEverythingAsync(cancellationToken);
        var readMs = watch.Elapsed.TotalMilliseconds;
        var plan = pipeline.Plan(reading.Desired ?? throw new IOException(string.Join('\n', reading.ScanFindings.AsEnumerable())), new PlanOptions());
        var planMs = watch.Elapsed.TotalMilliseconds - readMs;
        if (held is not null && await pipeline.ApplyAsync(held, plan, new ApplyOptions(), progress: null, cancellationToken) is { End: not (ApplyEnd.Applied or ApplyEnd.NothingToDo) } failed)
            throw new IOException(string.Join('\n', failed.Diagnostics.AsEnumerable().Take(10)));
        var applyMs = watch.Elapsed.TotalMilliseconds - readMs - planMs;
        using var self = Process.GetCurrentProcess();
        return new RunReport
        {
            Domains = pipeline.DomainCount,
            Changes = plan.Changes.Count,
            Findings = reading.ScanFindings.Count + plan.Diagnostics.Count,
            FindingsById = reading.ScanFindings.Concat(plan.Diagnostics).CountBy(finding => finding.Kind.Id).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal),
            ReadMs = readMs,
            PlanMs = planMs,
            ApplyMs = applyMs,
            SinceStartMs = (DateTime.Now - self.StartTime).TotalMilliseconds,
            ProcessorMs = self.TotalProcessorTime.TotalMilliseconds,
            CollectorPauseMs = GC.GetTotalPauseDuration().TotalMilliseconds,
            AllocatedMiB = GC.GetTotalAllocatedBytes() / 1048576.0,
            CompiledMethods = System.Runtime.JitInfo.GetCompiledMethodCount(),
            CompilerMs = System.Runtime.JitInfo.GetCompilationTime().TotalMilliseconds,
            PeakMiB = ProcessStatus.KiB(Environment.ProcessId, "VmHWM:") / 1024,
        };
    }

    /// <summary>Prints this for the parent.</summary>
    public void Print() => Console.WriteLine(JsonSerializer.Serialize(this));
}
