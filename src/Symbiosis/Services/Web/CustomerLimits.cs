using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// What a domain of another owner than the administrator may not do in Apache (WEB-66, NET-27): one file of limits for each, in force for every virtual host. The administrator's own domains need
/// none, so a new one of them needs no reload.
/// </summary>
internal static class CustomerLimits
{
    private const string Name = "symbiosis-site-"; // sorts behind symbiosis-httpd.conf, whose settings for all of /srv it narrows

    /// <summary>The file that shows, to the rules of <see cref="HostedMap"/>, that the limits of a domain are in force.</summary>
    public static string EnabledPattern => $"{WebPaths.Apache}/conf-enabled/{Name}%{{ENV:SYMBIOSIS_DOMAIN}}.conf";

    /// <summary>
    /// Directives of .htaccess a customer may use, besides those of AuthConfig, Indexes and Limit: everything of FileInfo but RequestHeader, which could undo the lock of <see cref="OwnerSockets"/>,
    /// and ProxyFCGISetEnvIf. Apache takes at most 64 of them.
    /// </summary>
    private static readonly string[] _allowed =
    [
        "AcceptPathInfo", "AddCharset", "AddDefaultCharset", "AddEncoding", "AddHandler", "AddInputFilter", "AddLanguage", "AddOutputFilter", "AddOutputFilterByType", "AddType",
        "BrowserMatch", "BrowserMatchNoCase", "DefaultLanguage", "DefaultType", "EnableMMAP", "EnableSendfile", "ErrorDocument", "FileETag", "FilterChain", "FilterDeclare", "FilterProtocol",
        "FilterProvider", "ForceLanguagePriority", "ForceType", "Header", "LanguagePriority", "LimitRequestBody", "ModMimeUsePathInfo", "MultiviewsMatch", "PassEnv", "Redirect",
        "RedirectMatch", "RedirectPermanent", "RedirectTemp", "RemoveCharset", "RemoveEncoding", "RemoveHandler", "RemoveInputFilter", "RemoveLanguage", "RemoveOutputFilter", "RemoveType",
        "RewriteBase", "RewriteCond", "RewriteEngine", "RewriteOptions", "RewriteRule", "SetEnv", "SetEnvIf", "SetEnvIfExpr", "SetEnvIfNoCase", "SetHandler", "SetInputFilter",
        "SetOutputFilter", "UnsetEnv",
    ];

    public static bool AreNeededBy(Domain domain, Host host) => domain.Owner.Uid != host.AdminUid;

    public static RenderedFile Render(Domain domain)
    {
        var apache = new ApacheWriter();
        apache.Comment($"{domain.Name} belongs to {domain.Owner.UserName}: a customer's .htaccess may not lift what keeps customers apart (WEB-66).");
        apache.Comment("What is not allowed there is ignored with a line in the error log, so an Options +FollowSymLinks of a content manager breaks nothing.");
        foreach (var name in domain.Aliases.Prepend(domain.Name))
        {
            apache.Section("Directory", $"/srv/{name}", directory => directory
                .Directive("Options", "SymLinksIfOwnerMatch")
                .Directive("AllowOverride", "AuthConfig", "Indexes", "Limit", "Nonfatal=Override")
                .Directive("AllowOverrideList", _allowed));
        }

        var file = $"{Name}{domain.Name}.conf";
        return new RenderedFile
        {
            Path = HostPath.Parse($"{WebPaths.Apache}/conf-available/{file}"),
            Content = apache.ToString(),
            EnabledLink = HostPath.Parse($"{WebPaths.Apache}/conf-enabled/{file}"),
            Because = $"{domain.Directory} belongs to {domain.Owner.UserName} (WEB-66)",
            Daemon = WebModule.ApacheDaemon,
        };
    }
}
