using System.Globalization;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>
/// How much memory, processor and how many processes all code of one owner may take together: PHP, scripts and programs are in one slice of systemd. The owner's domains may ask for less
/// (<c>config/limits</c>), the administrator says what holds without that and what may not be exceeded.
/// </summary>
internal static class OwnerLimits
{
    public const string SettingPath = "config/limits";
    public const string DefaultsPath = $"{WebPaths.Templates}/limits";
    public const string MostPath = $"{WebPaths.Templates}/limits-max";

    private const string Fact = "limit";
    private const long LeastMemoryBytes = 16L << 20; // below, not even php-fpm starts
    private const long LeastTasks = 4;

    internal static readonly DiagnosticKind LineSkipped = new("WEB064", Severity.Warning, "A line of a file of limits cannot be used and is skipped");

    internal static readonly DiagnosticKind AboveMost = new("WEB065", Severity.Warning, "A domain asks for more than the administrator allows, and gets what is allowed");

    private static readonly (string Word, string Setting, string Example)[] _limits =
    [
        ("memory", "MemoryMax", "memory 512M"),
        ("cpu", "CPUQuota", "cpu 50%"),
        ("tasks", "TasksMax", "tasks 100"),
    ];

    /// <summary>What a domain asks for, as contributions to the slice of its owner.</summary>
    public static IEnumerable<Contribution> WantedBy(Domain domain, Host host, ICollection<Diagnostic> diagnostics)
    {
        var node = SiteSetting.Of(domain, SettingPath);
        if (!node.Exists)
            yield break;
        var most = Read(host.Tree[MostPath], MostPath, []);
        foreach (var (word, (value, line)) in Read(node, domain.PathOf(SettingPath), diagnostics))
        {
            if (most.TryGetValue(word, out var limit) && limit.Value < value)
                diagnostics.Add(AboveMost.At(domain.PathOf(SettingPath), $"{word} is limited to {Text(word, limit.Value)}", $"the administrator can allow more in {MostPath}", line));
            yield return new OwnFact(WebModule.ModuleName, Fact, $"{domain.Owner.Uid} {word} {value}");
        }
    }

    /// <summary>What is wrong with the administrator's own files.</summary>
    public static IEnumerable<Diagnostic> FindFaults(Host host)
    {
        var found = new List<Diagnostic>();
        foreach (var path in (string[])[DefaultsPath, MostPath])
            _ = Read(host.Tree[path], path, found);
        return found;
    }

    /// <summary>The slice of each owner that has a limit.</summary>
    public static IEnumerable<RenderedFile> Render(Host host, IEnumerable<string> owners, ValueList<Contribution> contributions)
    {
        var defaults = Read(host.Tree[DefaultsPath], DefaultsPath, []);
        var most = Read(host.Tree[MostPath], MostPath, []);
        var wanted = contributions.OfType<OwnFact>()
            .Where(fact => fact is { Service: WebModule.ModuleName, Key: Fact })
            .Select(fact => fact.Value.Split(' '))
            .GroupBy(words => (Owner: words[0], Limit: words[1]), words => long.Parse(words[2], CultureInfo.InvariantCulture))
            .ToDictionary(group => group.Key, group => group.Min());
        foreach (var owner in owners)
        {
            var slice = new SystemdUnitWriter().Section("Unit").Set("Description", $"All code of the sites of uid {owner}").Section("Slice");
            var isLimited = false;
            foreach (var (word, setting, _) in _limits)
            {
                var value = wanted.TryGetValue((owner, word), out var asked) ? asked : defaults.TryGetValue(word, out var usual) ? usual.Value : (long?)null;
                if (most.TryGetValue(word, out var limit) && !(value <= limit.Value))
                    value = limit.Value;
                if (value is not { } number)
                    continue;
                slice.Set(setting, Text(word, number));
                if (word == "memory")
                    slice.Set("MemorySwapMax", "0"); // swapping is what the limit is to spare the others
                isLimited = true;
            }

            if (!isLimited)
                continue;
            yield return new RenderedFile
            {
                Path = HostPath.Parse($"/etc/systemd/system/symbiosis-owner-{owner}.slice"),
                Content = slice.ToString(),
                Because = $"limits of the code of uid {owner} ({SettingPath}, {DefaultsPath}, {MostPath})",
                Daemon = AppUnits.Daemon,
            };
        }
    }

    private static Dictionary<string, (long Value, int Line)> Read(TreeNode node, string path, ICollection<Diagnostic> diagnostics)
    {
        var limits = new Dictionary<string, (long, int)>(StringComparer.Ordinal);
        if (!node.Exists)
            return limits;
        if (node.Kind != NodeKind.File)
        {
            diagnostics.Add(LineSkipped.At(path, node.Fault ?? "is not a file"));
            return limits;
        }

        foreach (var (line, number) in node.Text.Split('\n').Select((line, index) => (line.Trim(), index + 1)))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 2 && Parse(words[0], words[1]) is { } value)
                limits[words[0]] = (value, number);
            else
                diagnostics.Add(LineSkipped.At(path, $"'{(line.Length > 40 ? line[..40] + "..." : line)}' is not a limit", $"write lines such as: {string.Join("; ", _limits.Select(limit => limit.Example))}", number));
        }

        return limits;
    }

    // Bytes, hundredths of one processor, or processes.
    private static long? Parse(string word, string text) => word switch
    {
        "memory" => ByteSize.TryParse(text, out var size) && size.Bytes >= LeastMemoryBytes ? size.Bytes : null,
        "cpu" => text.EndsWith('%') && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100_000 ? percent : null,
        "tasks" => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tasks) && tasks >= LeastTasks ? tasks : null,
        _ => null,
    };

    private static string Text(string word, long value) => word == "cpu" ? $"{value}%" : value.ToString(CultureInfo.InvariantCulture);
}
