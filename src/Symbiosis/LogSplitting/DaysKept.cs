using System.Globalization;

namespace Symbiosis.LogSplitting;

/// <summary>
/// How many days logs are kept (WEB-49). Addresses of visitors are personal data: 30, unless the administrator says otherwise for the host, or the owner for a domain.
/// </summary>
internal static class DaysKept
{
    public const int Default = 30;
    public const int Most = 366;
    public const string SettingPath = "config/log-days";
    public const string HostPath = "/etc/symbiosis/log-days";

    /// <summary>Reads a number of days; null when the text is none from 1 to 366.</summary>
    public static int? Parse(string text) =>
        int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is >= 1 and <= Most ? days : null;
}
