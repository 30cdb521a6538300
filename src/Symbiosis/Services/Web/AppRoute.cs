using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// How Apache brings a request to the program of a site: a rule of the virtual host, which comes before any <c>.htaccess</c> is read, so nothing there has a say in it. The table of
/// <see cref="HostedNames"/> says which domains are programs, so one comes and goes without a reload.
/// <para>
/// The lock of <see cref="OwnerSockets"/> must let these requests through, and no other that is on its way to the same socket, such as one that a customer's <c>[P]</c> sent there. <c>&lt;Proxy&gt;</c>
/// sections tell them apart: Apache applies them only when the virtual host itself made the request a proxied one, before it looks at directories. The section leaves a header that customers
/// cannot set, which is their pass.
/// </para>
/// </summary>
internal static class AppRoute
{
    /// <summary>Name of the header that is the pass.</summary>
    public const string Pass = "X-Symbiosis-App";

    private const string Sockets = $"unix:{OwnerSockets.Directory}/[0-9]+/app-";

    /// <summary>When the lock is opened for the program of a site. By then mod_proxy has taken the socket out of the name; the section that gave the pass has seen it.</summary>
    public static string LockException => $"expr=-n %{{HTTP:{Pass}}} && %{{REQUEST_FILENAME}} =~ m#^proxy:(?:http|ws)://localhost/#";

    /// <summary>Writes the rules that send everything of a domain, but the reserved paths, to its program.</summary>
    public static void WriteRules(ApacheWriter rules)
    {
        var gate = $"unix:{OwnerSockets.PathOf("%{ENV:SYMBIOSIS_OWNER}", AppUnits.GateName("%{ENV:SYMBIOSIS_DOMAIN}"))}|";
        rules.Comment("A site that is a program (config/app).");
        rules.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_APP}", "=app");
        rules.Rewrite("RewriteCond", "%{HTTP:Upgrade}", "=websocket", "[NC]");
        rules.Rewrite("RewriteRule", "^(/.*)$", $"{gate}ws://localhost$1", "[P,L]");
        rules.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_APP}", "=app");
        rules.Rewrite("RewriteRule", "^(/.*)$", $"{gate}http://localhost$1", "[P,L]");
    }

    /// <summary>Writes what the whole server needs.</summary>
    public static void WriteServerSettings(ApacheWriter apache)
    {
        apache.Blank();
        apache.Comment("A site's own program (config/app). The header is the pass through the lock in front of the sockets of all owners; nobody else may bring one.");
        apache.Directive("RequestHeader", "unset", Pass, "early");
        apache.Section("ProxyMatch", $"^{Sockets}", proxy => proxy
            .Directive("Require", "all", "granted")
            .Directive("ProxyPreserveHost", "On")
            .Directive("RequestHeader", "unset", "X-Forwarded-For")
            .Directive("RequestHeader", "unset", "X-Forwarded-Host")
            .Directive("RequestHeader", "unset", "X-Forwarded-Server")
            .Directive("RequestHeader", "set", "X-Forwarded-Proto", "expr=%{REQUEST_SCHEME}")
            .Directive("RequestHeader", "set", Pass, "yes"));
    }
}
