namespace Symbiosis.Statistics;

/// <summary>What makes the statistics of a site.</summary>
public enum StatisticsEngine
{
    /// <summary>Nothing does.</summary>
    None,

    /// <summary>GoAccess: one page that needs nothing else.</summary>
    GoAccess,

    /// <summary>Webalizer, with a configuration file in the domain.</summary>
    Webalizer,
}

/// <summary>Which engine a domain gets.</summary>
internal static class EngineChoice
{
    /// <summary>Reads the text of <c>config/stats-engine</c>; null when it names none.</summary>
    public static StatisticsEngine? Parse(string text) => text.Trim().ToLowerInvariant() switch
    {
        "goaccess" => StatisticsEngine.GoAccess,
        "webalizer" => StatisticsEngine.Webalizer,
        "none" => StatisticsEngine.None,
        _ => null,
    };

    /// <summary>
    /// The engine of a domain that names none: Webalizer where the domain already has a configuration for it, else GoAccess, else Webalizer, as far as they are installed.
    /// </summary>
    public static StatisticsEngine Default(bool hasWebalizerFile, Func<StatisticsEngine, bool> isInstalled) =>
        ((StatisticsEngine[])(hasWebalizerFile
            ? [StatisticsEngine.Webalizer, StatisticsEngine.GoAccess]
            : [StatisticsEngine.GoAccess, StatisticsEngine.Webalizer])).FirstOrDefault(isInstalled, StatisticsEngine.None);
}
