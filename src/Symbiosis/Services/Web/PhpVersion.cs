using Symbiosis.Model;

namespace Symbiosis.Services.Web;

/// <summary>The PHP of the host: the newest <c>phpX.Y-fpm</c> package that is installed (8.2 on Debian 12, 8.4 on Debian 13).</summary>
/// <param name="Text">Version as it stands in paths, such as <c>8.4</c>.</param>
internal sealed record PhpVersion(string Text)
{
    /// <summary>The variable that tells php-fpm its socket.</summary>
    public const string SocketVariableName = "SYMBIOSIS_SOCKET";

    public string Program => $"/usr/sbin/php-fpm{Text}";

    /// <summary>Debian's own pools are in <c>php-fpm.conf</c> and <c>pool.d</c>, beside this.</summary>
    public HostPath SettingsFile => HostPath.Parse($"/etc/php/{Text}/fpm/symbiosis.conf");

    public HostPath IniFile => HostPath.Parse($"/etc/php/{Text}/fpm/conf.d/00-symbiosis-httpd.ini");

    public static PhpVersion? On(Host host) =>
        host.Packages
            .Select(package => package.Name)
            .Where(name => name.StartsWith("php", StringComparison.Ordinal) && name.EndsWith("-fpm", StringComparison.Ordinal))
            .Select(name => Version.TryParse(name[3..^4], out var version) ? version : null)
            .OfType<Version>()
            .Order()
            .Select(version => new PhpVersion(version.ToString()))
            .LastOrDefault();
}
