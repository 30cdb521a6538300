using Symbiosis.Diagnostics;
using Symbiosis.LogSplitting;
using Symbiosis.Model;
using Symbiosis.Statistics;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>What a domain says about its logs and statistics. The programs that run at night read these files themselves, with the owner's rights; here only mistakes are found.</summary>
internal static class LogSettings
{
    internal static readonly DiagnosticKind NoEngine = new("WEB050", Severity.Warning, "config/stats-engine names no engine that is installed, so the domain gets no new statistics");

    internal static readonly DiagnosticKind NoNumberOfDays = new("WEB051", Severity.Warning, "A number of days for logs cannot be used, so logs are kept as long as without it");

    public static ValueList<Setting> All { get; } =
    [
        new(DaysKept.SettingPath, SettingForm.Text, "How many days the logs of this domain are kept, 1 to 366") { Default = "what the host says", Example = "7" },
        new(DaysKept.HostPath, SettingForm.Text, "How many days logs are kept, 1 to 366") { Default = "30", Example = "14" },
        new(StatisticsRun.OldSwitchPath, SettingForm.Flag, "No statistics of this domain are made"),
        new(StatisticsRun.EnginePath, SettingForm.Text, "What makes the statistics: goaccess, webalizer or none") { Default = "goaccess if it is installed, else webalizer", Example = "goaccess" },
        new(StatisticsRun.WebalizerPath, SettingForm.DaemonReads, "Settings of Webalizer; yours as soon as you edit it") { Default = "made when Webalizer makes the statistics" },
        new(StatisticsRun.DatabasePath, SettingForm.Directory, "What GoAccess has counted") { Default = "made when GoAccess makes the statistics" },
    ];

    public static IEnumerable<Diagnostic> FindFaults(Domain domain, Host host)
    {
        if (FindDaysFault(domain.Tree[DaysKept.SettingPath], domain.PathOf(DaysKept.SettingPath)) is { } days)
            yield return days;
        if (domain.Tree[StatisticsRun.EnginePath].Value is not SettingValue.Text(var text))
            yield break;
        var path = domain.PathOf(StatisticsRun.EnginePath);
        if (EngineChoice.Parse(text) is not { } engine)
            yield return NoEngine.At(path, $"'{text.Trim()}' is no engine for statistics", "write goaccess, webalizer or none", line: 1);
        else if (PackageOf(engine) is { } package && host.VersionOf(package) is null)
            yield return NoEngine.At(path, $"the package {package} is not installed", $"apt install {package}, or write the name of another engine", line: 1);
    }

    public static IEnumerable<Diagnostic> FindFaults(Host host) => FindDaysFault(host.Tree[DaysKept.HostPath], DaysKept.HostPath) is { } fault ? [fault] : [];

    private static Diagnostic? FindDaysFault(TreeNode node, string path) =>
        node.Kind == NodeKind.File && DaysKept.Parse(node.Text) is null ? NoNumberOfDays.At(path, "this is no number of days from 1 to 366", "write a number such as 14", line: 1) : null;

    private static string? PackageOf(StatisticsEngine engine) => engine switch
    {
        StatisticsEngine.GoAccess => "goaccess",
        StatisticsEngine.Webalizer => "webalizer",
        _ => null,
    };
}
