using Symbiosis.Model;

namespace Symbiosis.Services.Web;

/// <summary>Where the files of the web service lie.</summary>
internal static class WebPaths
{
    public const string Names = "/var/lib/symbiosis/web/names";
    public const string Passwords = "/var/lib/symbiosis/web/passwords";
    public const string AcmeChallenges = "/var/lib/symbiosis/acme";
    public const string StaticFiles = "/usr/share/symbiosis/static";
    public const string Templates = "/etc/symbiosis/apache.d";
    public const string DefaultLog = "/var/log/apache2/zz-mass-hosting.access.log";
    public const string ErrorLog = "/var/log/apache2/zz-mass-hosting.error.log";
    public const string Apache = "/etc/apache2";

    public static HostPath SiteAvailable(string name) => HostPath.Parse($"{Apache}/sites-available/{name}.conf");

    public static HostPath SiteEnabled(string name) => HostPath.Parse($"{Apache}/sites-enabled/{name}.conf");

    /// <summary>The document root of a domain (WEB-1).</summary>
    public static string DocumentRoot(HostPath domain) => $"{domain}/public/htdocs";
}
