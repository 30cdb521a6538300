using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>What holds for the whole Apache (WEB-20): how much it says about itself, who may read <c>/srv</c>, and the one process that gets the access log of all sites.</summary>
internal static class ServerSettings
{
    public static RenderedFile Render(Host host)
    {
        var apache = new ApacheWriter();
        apache.Comment("Settings of the whole server. To change one, put a file of your own into conf-available that sorts behind this one.");
        apache.Directive("ServerName", host.Name.Value);
        apache.Directive("ServerTokens", "Prod");
        apache.Directive("ServerSignature", "Off");
        apache.Directive("TraceEnable", "Off");
        apache.Directive("UseCanonicalName", "Off");
        apache.Directive("HttpProtocolOptions", "Strict");
        apache.Blank();
        apache.Comment("Names in /srv are made by the administrator, everything below by customers: a customer's link is followed only to what is the customer's (WEB-66).");
        apache.Section("Directory", "/srv", directory => directory
            .Directive("Options", "FollowSymLinks")
            .Directive("AllowOverride", "None")
            .Directive("Require", "all", "granted"));
        apache.Section("Directory", "/srv/*", directory => directory
            .Directive("Options", "SymLinksIfOwnerMatch")
            .Directive("AllowOverride", "All"));
        foreach (var own in (string[])[WebPaths.StaticFiles, WebPaths.AcmeChallenges])
        {
            apache.Section("Directory", own, directory => directory
                .Directive("Options", "None")
                .Directive("AllowOverride", "None")
                .Directive("Require", "all", "granted"));
        }

        AppRoute.WriteServerSettings(apache);
        apache.Blank();
        apache.Comment("One process writes the access logs of all domains (WEB-36). Sites without a CustomLog of their own use it if they set SYMBIOSIS_SITE.");
        // The port tells the splitter http from https. A variable would not do: .htaccess can set any, and so write a line for somebody else.
        apache.Directive("LogFormat", "%{local}p %V %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-agent}i\"", "symbiosis");
        apache.Directive("CustomLog", SiteText.SplitterCommand(host, $"-m port -f 2000 {WebPaths.DefaultLog}"), "symbiosis", "env=SYMBIOSIS_SITE");
        apache.Directive("CustomLog", "/var/log/apache2/other_vhosts_access.log", "vhost_combined", "env=!SYMBIOSIS_SITE");
        TlsPolicy.Write(apache, host);
        HostProgram.Write(apache, host);
        return new RenderedFile
        {
            Path = HostPath.Parse($"{WebPaths.Apache}/conf-available/symbiosis-httpd.conf"),
            Content = apache + DefaultSite.Render(host),
            EnabledLink = HostPath.Parse($"{WebPaths.Apache}/conf-enabled/symbiosis-httpd.conf"),
            Because = "settings of the whole server (WEB-20)",
            Daemon = WebModule.ApacheDaemon,
        };
    }
}
