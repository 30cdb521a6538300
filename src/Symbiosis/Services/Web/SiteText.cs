using System.Runtime.CompilerServices;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>Pieces of text that site templates share (WEB-30).</summary>
internal static class SiteText
{
    // The same for all sites of a host, and there are as many sites as domains.
    private static readonly ConditionalWeakTable<Host, Dictionary<string, object>> _commonNames = [];

    /// <summary>Names that every site template knows.</summary>
    public static Dictionary<string, object> CommonNames(Host host) => new(_commonNames.GetValue(host, MakeCommonNames), StringComparer.Ordinal);

    private static Dictionary<string, object> MakeCommonNames(Host host) => new(StringComparer.Ordinal)
    {
        ["hostname"] = host.Name.Value,
        ["default_page_directory"] = WebPaths.StaticFiles + "/",
        ["acme_directory"] = WebPaths.AcmeChallenges + "/",
        ["php_handler"] = PhpHandler(host),
        ["private_files"] = PrivateFiles,
    };

    /// <summary>An address as Apache writes it: IPv6 in brackets.</summary>
    public static string Bracketed(string address) => address.Contains(':') ? $"[{address}]" : address;

    /// <summary>
    /// The command Apache starts once and pipes lines to. It must be the same text wherever the same process is meant. env(1) keeps signals from it until it can take them, see
    /// <see cref="LogSplitting.SplitterProcess"/>, and has the collector tidy up after every MiB: by itself it would let the little there is grow for a long time.
    /// </summary>
    public static string SplitterCommand(Host host, string arguments) => $"||/usr/bin/env --block-signal=HUP,TERM DOTNET_GCgen0size=0x100000 /usr/bin/symbiosis log-splitter -t testing.{host.Name} {arguments}";

    // WEB-66, by file name for whatever leads there, and by URL because such a section comes after .htaccess, so nobody opens these again by accident.
    private static string PrivateFiles { get; } = HostedMap.Indent(new ApacheWriter()
        .Section("FilesMatch", @"^\.(?:ht|git|svn|env)", files => files.Directive("Require", "all", "denied"))
        .Section("LocationMatch", @"/\.(?:ht|git|svn|env)", locations => locations.Directive("Require", "all", "denied"))
        .ToString());

    private static string PhpHandler(Host host)
    {
        const string inScripts = "m#^/srv/[^/]+/public/cgi-bin/#";
        var writer = new ApacheWriter();
        if (PhpVersion.On(host) is not null)
        {
            // Only what exists goes to PHP: a missing page is Apache's 404, not the FastCGI server's text. In cgi-bin a PHP file is a script like others (WEB-62).
            writer.Section("FilesMatch", @"\.(?:php|phtml)$", files => files.Section("If", $"-f %{{REQUEST_FILENAME}} && %{{REQUEST_FILENAME}} !~ {inScripts}", handler =>
                handler.Directive("SetHandler", OwnerSockets.HandlerOf(OwnerSockets.ChosenPhp))));
            // Names that are not the main name of their virtual host (see HostedMap) have another document root than Apache thinks.
            writer.Directive("ProxyFCGISetEnvIf", "-n reqenv('SYMBIOSIS_ROOT')", "DOCUMENT_ROOT", "%{reqenv:SYMBIOSIS_ROOT}");
            writer.Directive("ProxyFCGISetEnvIf", "-n reqenv('SYMBIOSIS_URI')", "SCRIPT_NAME", "%{reqenv:SYMBIOSIS_URI}");
            writer.Section("FilesMatch", @"^\.(?:php|phtml|phar)$|\.phps$", files => files.Directive("Require", "all", "denied"));
        }
        else
        {
            writer.Comment("No PHP is installed (package php-fpm). Its source must not be shown instead.");
            writer.Section("FilesMatch", @"\.(?:php|phtml|phps)$", files => files.Directive("Require", "all", "denied"));
        }

        writer.Section("DirectoryMatch", "^/srv/[^/]+/public/cgi-bin", scripts =>
        {
            scripts.Directive("Options", "SymLinksIfOwnerMatch").Directive("DirectoryIndex", "disabled").Directive("AcceptPathInfo", "On");
            if (!OwnerSockets.RunScripts(host))
            {
                scripts.Comment("Nothing that could run scripts is installed (package fcgiwrap). Their source must not be shown instead.");
                scripts.Directive("Require", "all", "denied");
                return;
            }

            scripts.Directive("ProxyFCGIBackendType", "GENERIC");
            scripts.Directive("ProxyFCGISetEnvIf", "true", "DOCUMENT_ROOT", "/srv/%{reqenv:SYMBIOSIS_DOMAIN}/public/htdocs"); // WEB-13
            scripts.Section("If", "-f %{REQUEST_FILENAME}", handler => handler.Directive("SetHandler", OwnerSockets.HandlerOf(OwnerSockets.Scripts)));
        });
        OwnerSockets.WriteLock(writer, host);
        return HostedMap.Indent(writer.ToString());
    }
}
