using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// The rewrite rules that find the domain of a request (WEB-4 to WEB-9). They look at the table of <see cref="HostedNames"/>, so they never change when domains do.
/// <para>
/// A virtual host has one document root, and only it makes relative rewrite rules and <c>%{DOCUMENT_ROOT}</c> in <c>.htaccess</c> come out right. The rules therefore leave a request for the
/// virtual host's main name alone, so that its own document root serves it, and map only the rest: names that fall back to an ancestor, and testing names.
/// </para>
/// <para>
/// Not mod_lua, which could set the document root of any request: its directives and its handler are open to every <c>.htaccess</c> file, so each customer could run code inside
/// Apache, next to everybody's keys (docs/decisions/mass-hosting.md).
/// </para>
/// </summary>
internal static class HostedMap
{
    /// <summary>Rules of a virtual host whose document root is that of exactly the requested name.</summary>
    public static string ForExactNames(Host host) => Write(host, null, rewrite => rewrite.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_NAME} %{SERVER_NAME}", @"^(\S+) \1$"));

    /// <summary>Rules of a virtual host whose document root is that of the requested name without <c>www.</c>.</summary>
    public static string ForWwwNames(Host host) => Write(host, null, rewrite => rewrite.Rewrite("RewriteCond", "www.%{ENV:SYMBIOSIS_NAME} %{SERVER_NAME}", @"^(\S+) \1$"));

    /// <summary>Rules of a domain's own site, which also serves requests that name no host (WEB-8).</summary>
    public static string ForDomain(Host host, DomainName domain) => Write(host, domain, rewrite => rewrite.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_DOMAIN}", "=" + domain));

    private static string Write(Host host, DomainName? withoutHost, Action<ApacheWriter> isMainName)
    {
        const string unknown = "[R=404,L]";
        const string isFile = WebPaths.Names + "/%{ENV:SYMBIOSIS_NAME}";
        var testing = ApacheWriter.Pattern($"testing.{host.Name}");
        var rules = new ApacheWriter();
        rules.Rewrite("RewriteEngine", "On");

        rules.Comment("No name at all (WEB-8). Apache has refused what cannot be a name; this does not depend on it.");
        rules.Rewrite("RewriteCond", "%{HTTP_HOST}", "^$");
        rules.Rewrite("RewriteRule", "^", "-", withoutHost is null ? unknown : $"[E=SYMBIOSIS_NAME:{withoutHost}]");
        rules.Rewrite("RewriteCond", "%{SERVER_NAME}", "!^[a-z0-9._-]{1,253}$");
        rules.Rewrite("RewriteRule", "^", "-", unknown);

        rules.Comment("NAME.testing.HOST is exactly NAME (WEB-9).");
        rules.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_NAME}", "^$");
        rules.Rewrite("RewriteCond", "%{SERVER_NAME}", $@"^(.+)\.{testing}$");
        rules.Rewrite("RewriteRule", "^", "-", "[E=SYMBIOSIS_NAME:%1]");
        rules.Rewrite("RewriteCond", "%{SERVER_NAME}", $@"(?:^|\.){testing}$");
        rules.Rewrite("RewriteCond", isFile, "!-f");
        rules.Rewrite("RewriteRule", "^", "-", unknown);

        rules.Comment("Otherwise the name itself, or its nearest hosted ancestor, label by label (WEB-7).");
        rules.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_NAME}", "^$");
        rules.Rewrite("RewriteRule", "^", "-", "[E=SYMBIOSIS_NAME:%{SERVER_NAME}]");
        rules.Rewrite("RewriteCond", isFile, "!-f");
        rules.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_NAME}", @"^[^.]+\.(.+)$");
        rules.Rewrite("RewriteRule", "^", "-", "[E=SYMBIOSIS_NAME:%1,N=130]"); // 253 characters are at most 127 labels
        rules.Rewrite("RewriteCond", isFile, "!-f");
        rules.Rewrite("RewriteRule", "^", "-", unknown);
        rules.Rewrite("RewriteCond", "expr", $"file('{WebPaths.Names}/%{{reqenv:SYMBIOSIS_NAME}}') =~ /^([^ ]+) ([0-9]+)\\s*$/");
        rules.Rewrite("RewriteRule", "^", "-", "[E=SYMBIOSIS_DOMAIN:%1,E=SYMBIOSIS_OWNER:%2]");

        rules.Comment("Reserved paths are the same for all (WEB-67), and the main name has the document root of this virtual host.");
        rules.Rewrite("RewriteRule", @"^/(?:\.default-page|\.well-known/acme-challenge)/", "-", "[L]");
        isMainName(rules);
        rules.Rewrite("RewriteRule", "^", "-", "[L]");

        rules.Comment("Any other name. The second rule brings a path back that a relative rule in .htaccess sent here as a URL.");
        rules.Rewrite("RewriteRule", "^", "-", "[E=SYMBIOSIS_ROOT:/srv/%{ENV:SYMBIOSIS_DOMAIN}/public/htdocs]");
        rules.Rewrite("RewriteCond", "%{ENV:REDIRECT_SYMBIOSIS_ROOT}", ".");
        rules.Rewrite("RewriteRule", "^/srv/[^/]+/public/htdocs(/.*)$", "$1", "[E=SYMBIOSIS_URI:$1]");
        rules.Rewrite("RewriteRule", "^(/.*)$", "/srv/%{ENV:SYMBIOSIS_DOMAIN}/public/htdocs$1", "[L]");
        return Indent(rules.ToString());
    }

    internal static string Indent(string text) => string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"  {line}\n")).TrimEnd('\n');
}
