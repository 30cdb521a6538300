using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>A PHP of the host: an installed package <c>phpX.Y-fpm</c> (8.2 on Debian 12, 8.4 on Debian 13). The newest serves every domain that chooses no other one in <c>config/php-version</c>.</summary>
/// <param name="Text">Version as it stands in paths, such as <c>8.4</c>.</param>
internal sealed record PhpVersion(string Text)
{
    public const string SettingPath = "config/php-version";

    /// <summary>The variable that tells php-fpm its socket.</summary>
    public const string SocketVariableName = "SYMBIOSIS_SOCKET";

    internal static readonly DiagnosticKind NotInstalled = new("WEB063", Severity.Error, "config/php-version names no PHP that is installed; the newest one serves the domain");

    public string Program => $"/usr/sbin/php-fpm{Text}";

    /// <summary>Debian's own pools are in <c>php-fpm.conf</c> and <c>pool.d</c>, beside this.</summary>
    public HostPath SettingsFile => HostPath.Parse($"/etc/php/{Text}/fpm/symbiosis.conf");

    public HostPath IniFile => HostPath.Parse($"/etc/php/{Text}/fpm/conf.d/00-symbiosis-httpd.ini");

    /// <summary>The one that serves domains which choose none.</summary>
    public static PhpVersion? On(Host host) => AllOn(host) is { Count: > 0 } all ? all[all.Count - 1] : null;

    /// <summary>All that are installed, the newest last.</summary>
    public static ValueList<PhpVersion> AllOn(Host host) =>
        host.Packages
            .Select(package => package.Name)
            .Where(name => name.StartsWith("php", StringComparison.Ordinal) && name.EndsWith("-fpm", StringComparison.Ordinal))
            .Select(name => Version.TryParse(name[3..^4], out var version) ? version : null)
            .OfType<Version>()
            .Order()
            .Select(version => new PhpVersion(version.ToString()))
            .ToValueList();

    /// <summary>The one that a domain chose; null when it chose none, or none that is installed, which is reported.</summary>
    public static PhpVersion? ChosenBy(Domain domain, Host host, ICollection<Diagnostic> diagnostics)
    {
        var node = SiteSetting.Of(domain, SettingPath);
        if (!node.Exists)
            return null;
        var installed = AllOn(host);
        var word = node.Kind == NodeKind.File ? node.Text.Trim() : "";
        if (installed.FirstOrDefault(php => php.Text == word) is { } chosen)
            return chosen;
        diagnostics.Add(NotInstalled.At(
            domain.PathOf(SettingPath),
            node.Kind == NodeKind.File ? $"PHP '{(word.Length > 20 ? word[..20] + "..." : word)}' is not installed" : $"cannot be read: {node.Fault ?? "it is not a file"}",
            installed.Count == 0 ? "no PHP is installed (package php-fpm)" : $"installed: {string.Join(", ", installed.Select(php => php.Text))}",
            line: node.Kind == NodeKind.File ? 1 : 0));
        return null;
    }
}
