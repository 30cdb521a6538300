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
    private const int AllLabels = 127; // 253 characters are at most 127 labels

    // There may be thousands of own sites, and each label is two regular expressions that Apache keeps in memory. Deeper names are found by mass hosting.
    private const int LabelsOfOwnSite = 12;

    /// <summary>Rules of a virtual host whose document root is that of exactly the requested name.</summary>
    public static string ForExactNames(Host host) => Write(host, null, AllLabels, rewrite => rewrite.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_NAME} %{SERVER_NAME}", @"^(\S+) \1$"));

    /// <summary>Rules of a virtual host whose document root is that of the requested name without <c>www.</c>.</summary>
    public static string ForWwwNames(Host host) => Write(host, null, AllLabels, rewrite => rewrite.Rewrite("RewriteCond", "www.%{ENV:SYMBIOSIS_NAME} %{SERVER_NAME}", @"^(\S+) \1$"));

    /// <summary>Rules of a domain's own site, which also serves requests that name no host (WEB-8).</summary>
    /// <param name="host">The host.</param>
    /// <param name="domain">Whose site it is.</param>
    /// <param name="isShared">True where mass hosting listens as well: then only names of the domain itself come here, which are found by one label, or two for <c>www</c>.</param>
    public static string ForDomain(Host host, DomainName domain, bool isShared) => Write(host, domain, isShared ? 2 : LabelsOfOwnSite, rewrite => rewrite.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_DOMAIN}", "=" + domain));

    private static string Write(Host host, DomainName? withoutHost, int mostLabels, Action<ApacheWriter> isMainName)
    {
        const string unknown = "[R=404,L]";
        const string documents = "/srv/%{ENV:SYMBIOSIS_DOMAIN}/public/htdocs";
        const string scripts = "/srv/%{ENV:SYMBIOSIS_DOMAIN}/public/cgi-bin";
        var testing = $"testing.{host.Name}";
        var rules = new ApacheWriter();
        rules.Rewrite("RewriteEngine", "On");

        // Apache gives a subrequest (an index file, an included page) the variables of its request, which .htaccess can set. So nothing here asks a variable that was not set by these rules in
        // this very pass, or a customer's request could be led into another customer's directory.
        rules.Comment("No name at all (WEB-8). Apache has refused what cannot be a name; this does not depend on it.");
        rules.Rewrite("RewriteCond", "%{HTTP_HOST}", "^$");
        rules.Rewrite("RewriteRule", "^", "-", withoutHost is null ? unknown : $"[E=SYMBIOSIS_NAME:{withoutHost},S={mostLabels + 4}]");
        rules.Rewrite("RewriteCond", "%{SERVER_NAME}", "!^[a-z0-9._-]{1,253}$");
        rules.Rewrite("RewriteRule", "^", "-", unknown);

        rules.Comment("NAME.testing.HOST is exactly NAME (WEB-9).");
        rules.Rewrite("RewriteCond", "%{SERVER_NAME}", $@"^(.+)\.{ApacheWriter.Pattern(testing)}$");
        rules.Rewrite("RewriteCond", $"{WebPaths.Names}/%1", "-f");
        rules.Rewrite("RewriteCond", $"{WebPaths.Names}/{testing}", "!-f");
        rules.Rewrite("RewriteRule", "^", "-", $"[E=SYMBIOSIS_NAME:%1,S={mostLabels + 2}]");
        rules.Rewrite("RewriteCond", "%{SERVER_NAME}", $@"(?:^|\.){ApacheWriter.Pattern(testing)}$");
        rules.Rewrite("RewriteCond", $"{WebPaths.Names}/{testing}", "!-f");
        rules.Rewrite("RewriteRule", "^", "-", unknown);

        rules.Comment("Otherwise the name itself, or its nearest hosted ancestor, label by label (WEB-7). The first that is there skips the rest.");
        for (var label = 0; label < mostLabels; label++)
        {
            rules.Rewrite("RewriteCond", "%{SERVER_NAME}", label switch { 0 => "^(.+)$", 1 => @"^[^.]+\.(.+)$", _ => $@"^(?:[^.]+\.){{{label}}}(.+)$" });
            rules.Rewrite("RewriteCond", $"{WebPaths.Names}/%1", "-f");
            rules.Rewrite("RewriteRule", "^", "-", $"[E=SYMBIOSIS_NAME:%1,S={mostLabels - label}]");
        }

        rules.Rewrite("RewriteRule", "^", "-", unknown);
        rules.Rewrite("RewriteCond", "expr", $"file('{WebPaths.Names}/%{{reqenv:SYMBIOSIS_NAME}}') =~ /^([^ ]+) ([0-9]+)(?: php([0-9.]+))?(?: (app))?\\s*$/");
        rules.Rewrite("RewriteRule", "^", "-", "[E=SYMBIOSIS_DOMAIN:%1,E=SYMBIOSIS_OWNER:%2,E=SYMBIOSIS_PHP:%3,E=SYMBIOSIS_APP:%4,S=1]");
        rules.Rewrite("RewriteRule", "^", "-", unknown);

        rules.Comment("A domain of another owner than the administrator is served when Apache has read its limits (WEB-66).");
        rules.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_OWNER}", $"!={host.AdminUid}");
        rules.Rewrite("RewriteCond", CustomerLimits.EnabledPattern, "!-f");
        rules.Rewrite("RewriteRule", "^", "-", "[R=503,L]");

        rules.Comment("Reserved paths are the same for all (WEB-67).");
        rules.Rewrite("RewriteRule", $@"^/(?:\.default-page|\.well-known/acme-challenge)/{HostProgram.Patterns(host)}", "-", "[L]");
        if (PhpVersion.On(host) is { } php)
        {
            rules.Rewrite("RewriteCond", "%{ENV:SYMBIOSIS_PHP}", "^$");
            rules.Rewrite("RewriteRule", "^", "-", $"[E=SYMBIOSIS_PHP:{php.Text}]");
        }

        AppRoute.WriteRules(rules);
        rules.Comment("Scripts of /cgi-bin/: without htdocs nothing (WEB-1), a script that cannot be run is a mistake of the server (WEB-11).");
        rules.Rewrite("RewriteCond", documents, "!-d");
        rules.Rewrite("RewriteRule", "^/cgi-bin/", "-", unknown);
        rules.Rewrite("RewriteCond", $"{scripts}/$1", "-f");
        rules.Rewrite("RewriteCond", $"{scripts}/$1", "!-x");
        rules.Rewrite("RewriteRule", "^/cgi-bin/(.+)$", "-", "[R=500,L]");
        rules.Rewrite("RewriteRule", "^/cgi-bin/(.*)$", $"{scripts}/$1", "[L]");

        rules.Comment("The main name has the document root of this virtual host.");
        isMainName(rules);
        rules.Rewrite("RewriteRule", "^", "-", "[L]");

        rules.Comment("Any other name. The second rule brings a path back that a relative rule in .htaccess sent here as a URL.");
        rules.Rewrite("RewriteRule", "^", "-", $"[E=SYMBIOSIS_ROOT:{documents}]");
        rules.Rewrite("RewriteCond", "%{ENV:REDIRECT_SYMBIOSIS_ROOT}", ".");
        rules.Rewrite("RewriteRule", "^/srv/[^/]+/public/htdocs(/.*)$", "$1", "[E=SYMBIOSIS_URI:$1]");
        rules.Rewrite("RewriteRule", "^(/.*)$", $"{documents}$1", "[L]");
        return Indent(rules.ToString());
    }

    internal static string Indent(string text) => string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"  {line}\n")).TrimEnd('\n');
}
