using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>
/// A customer, mallory, writes all that .htaccess can hold, to run code as somebody else or to see what Apache can see (NET-26, NET-27, WEB-66). Each attack is tried for real, over several
/// paths and names; none may show the uid of another owner, of Apache, or another owner's secret.
/// </summary>
public sealed class HostileHtaccessTests(Sites sites) : HostTest(sites)
{
    private const string Documents = "/srv/mallory.example/public/htdocs";

    private static readonly string[] _paths = ["/", "/who.php", "/evil.php", "/a.txt", "/missing", "/below/", "/link", "/cgi-bin/who.cgi"];

    /// <summary>Name and text; VICTIM stands for the victim's socket, EVIL for settings that make PHP run mallory's file first.</summary>
    private static readonly (string Name, string Text)[] _attacks =
    [
        ("handler", "SetHandler VICTIM"),
        ("handler of a file", "<Files who.php>\nSetHandler VICTIM\n</Files>"),
        ("handler in a condition", "<If \"true\">\n<If \"true\">\nSetHandler VICTIM\n</If>\n</If>"),
        ("handler by name ending", "AddHandler VICTIM .php .txt"),
        ("type as handler", "ForceType VICTIM"),
        ("type by name ending", "AddType VICTIM .php .txt"),
        ("rule with handler", "RewriteEngine On\nRewriteRule ^ - [H=proxy:unix:/run/symbiosis-web/UID/PHP.sock|fcgi://localhost]"),
        ("rule with handler, forwarded", "RewriteEngine On\nRewriteRule ^a.txt$ who.php [H=proxy:unix:/run/symbiosis-web/UID/PHP.sock|fcgi://localhost,END]"),
        ("rule with handler for a file of the victim", "RewriteEngine On\nRewriteRule ^ /srv/victor.example/public/htdocs/who.php [H=proxy:unix:/run/symbiosis-web/UID/PHP.sock|fcgi://localhost,END]"),
        ("proxy rule to the socket", $"RewriteEngine On\nRewriteRule ^ \"unix:/run/symbiosis-web/UID/PHP.sock|fcgi://localhost{Documents}/evil.php\" [P]"),
        ("proxy rule to the scripts' socket", "RewriteEngine On\nRewriteRule ^ \"unix:/run/symbiosis-web/UID/cgi.sock|fcgi://localhost/srv/mallory.example/public/cgi-bin/who.cgi\" [P]"),
        ("proxy rule to the victim's program", "RewriteEngine On\nRewriteRule ^ unix:/run/symbiosis-web/UID/app-program.example.sock|http://localhost/ [P]"),
        ("proxy rule to the victim's program, WebSocket", "RewriteEngine On\nRewriteRule ^ unix:/run/symbiosis-web/UID/app-program.example.sock|ws://localhost/ [P]"),
        ("rule with handler to the victim's program", "RewriteEngine On\nRewriteRule ^ - [H=proxy:unix:/run/symbiosis-web/UID/app-program.example.sock|http://localhost]"),
        ("handler of the victim's program", "SetHandler \"proxy:unix:/run/symbiosis-web/UID/app-program.example.sock|http://localhost/\""),
        ("pass to the victim's program", "RewriteEngine On\nRequestHeader set X-Symbiosis-App yes\nRewriteRule ^ unix:/run/symbiosis-web/UID/app-program.example.sock|http://localhost/ [P,E=HTTP_X_SYMBIOSIS_APP:yes]"),
        ("program by variables", "SetEnvIf Request_URI . SYMBIOSIS_APP=app\nSetEnvIf Request_URI . SYMBIOSIS_DOMAIN=program.example\nSetEnvIf Request_URI . SYMBIOSIS_OWNER=UID\nDirectoryIndex nope.html /nope.php\nErrorDocument 404 /nope"),
        ("proxy rule to Debian's pool", $"RewriteEngine On\nRewriteRule ^ \"unix:/run/php/php-fpm.sock|fcgi://localhost{Documents}/evil.php\" [P]"),
        ("handler of Debian's pool", "SetHandler \"proxy:unix:/run/php/php-fpm.sock|fcgi://localhost\""),
        ("proxy rule to the host itself", "RewriteEngine On\nRewriteRule ^ http://127.0.0.1/server-status [P]"),
        ("lock undone by a header", "SetHandler VICTIM\nRequestHeader unset Max-Forwards\nRequestHeader set Max-Forwards 5"),
        ("lock undone in nested conditions", "RewriteEngine On\nRewriteRule ^ - [H=proxy:unix:/run/symbiosis-web/UID/PHP.sock|fcgi://localhost]\n<If \"true\">\n<If \"true\">\n<If \"true\">\nRequestHeader edit* Max-Forwards 0 7\nRequestHeader unset Max-Forwards\n</If>\n</If>\n</If>"),
        ("owner set", "SetEnv SYMBIOSIS_OWNER UID"),
        ("owner set by the request", "SetEnvIf Request_URI . SYMBIOSIS_OWNER=UID\nSetEnvIf Request_URI . PHP_ADMIN_VALUE=EVIL"),
        ("owner set by a rule", "RewriteEngine On\nRewriteRule ^ - [E=SYMBIOSIS_OWNER:UID,E=PHP_ADMIN_VALUE:EVIL]"),
        ("domain set for an index page", "SetEnvIf Request_URI . SYMBIOSIS_NAME=victor.example\nSetEnvIf Request_URI . SYMBIOSIS_DOMAIN=victor.example\nSetEnvIf Request_URI . SYMBIOSIS_OWNER=UID\nSetEnvIf Request_URI . PHP_ADMIN_VALUE=EVIL\nDirectoryIndex nope.html /who.php index.php"),
        ("index page by the victim", "DirectoryIndex who.php\n<Files who.php>\nSetHandler VICTIM\n</Files>"),
        ("index page by a rule", "DirectoryIndex who.php\nRewriteEngine On\nRewriteRule who.php - [H=proxy:unix:/run/symbiosis-web/UID/PHP.sock|fcgi://localhost]"),
        ("index page by a proxy rule", $"DirectoryIndex who.php\nRewriteEngine On\nRewriteRule who.php \"unix:/run/symbiosis-web/UID/PHP.sock|fcgi://localhost{Documents}/evil.php\" [P]"),
        ("fallback page", "FallbackResource /who.php\n<Files who.php>\nSetHandler VICTIM\n</Files>"),
        ("error page", "ErrorDocument 404 /who.php\nErrorDocument 502 /evil.php\n<Files *.php>\nSetHandler VICTIM\n</Files>"),
        ("script of PHP's environment", $"RewriteEngine On\nRewriteRule ^ - [E=SYMBIOSIS_OWNER:UID]\nProxyFCGISetEnvIf true SCRIPT_FILENAME {Documents}/evil.php\nProxyFCGISetEnvIf true PHP_ADMIN_VALUE EVIL"),
        ("path into the victim's directory", "RewriteEngine On\nRewriteRule ^ /srv/victor.example/public/htdocs/who.php [E=PHP_ADMIN_VALUE:EVIL,L]"),
        ("status page", "SetHandler server-status"),
        ("configuration page", "SetHandler server-info"),
        ("balancer page", "SetHandler balancer-manager"),
        ("scripts by Apache itself", "Options +ExecCGI\nAddHandler cgi-script .cgi .txt .php\nSetHandler cgi-script"),
        ("included commands", "Options +Includes\nAddOutputFilter INCLUDES .txt\nSetOutputFilter INCLUDES"),
        ("links to other people's files", "Options +FollowSymLinks"),
        ("links, in a condition", "<If \"true\">\nOptions +FollowSymLinks -SymLinksIfOwnerMatch\n</If>"),
        ("fcgid wrapper of the victim", "FcgidWrapper /srv/victor.example/public/cgi-bin/who.cgi .php\nSetHandler fcgid-script"),
        ("Lua", "SetHandler lua-script"),
    ];

    [Theory, Releases]
    public async Task No_htaccess_runs_code_as_somebody_else_or_shows_what_is_anothers(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home mallory; useradd --create-home victor");
        var php = (await site.Host.ShellAsync("ls /etc/php")).Trim();
        var victor = (await site.Host.RunAsync("id", "-u", "victor")).Trim();
        var mallory = (await site.Host.RunAsync("id", "-u", "mallory")).Trim();
        const string who = "<?php echo '[uid ', posix_geteuid(), ']';";
        const string script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n[uid %s]' $(id -u)\n";
        await site.Host.PublishAsAsync("victor", "victor.example", ("public/htdocs/who.php", who), ("public/htdocs/index.php", who), ("config/secret", "[uid secret]"), ("public/cgi-bin/who.cgi", script));
        await site.Host.PublishAsAsync(
            "mallory", "mallory.example", ("public/htdocs/who.php", who), ("public/htdocs/evil.php", who), ("public/htdocs/index.php", who), ("public/htdocs/below/index.php", who),
            ("public/htdocs/a.txt", "text <!--#exec cmd=\"echo [uid $(id -u)]\" -->"), ("public/cgi-bin/who.cgi", script));
        const string program = """
            import os, http.server, socketserver
            class Who(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b'[uid %d]' % os.getuid())
                def address_string(self):
                    return 'gate'
            socketserver.UnixStreamServer(os.environ['SOCKET'], Who).serve_forever()
            """;
        await site.Host.PublishAsAsync("victor", "program.example", ("who.py", program), ("config/app", "python3 who.py\n"));
        await site.Host.RunAsync("chmod", "755", "/srv/mallory.example/public/cgi-bin/who.cgi", "/srv/victor.example/public/cgi-bin/who.cgi");
        await site.Host.As("mallory").RunAsync("ln", "-s", "/srv/victor.example/config/secret", $"{Documents}/link");
        // The victim's PHP could read mallory's files: she lets him in.
        await site.Host.As("mallory").RunAsync("setfacl", "-m", "u:victor:rx", "/srv/mallory.example");
        // What Apache can read, so that only Apache's own rules keep it from mallory.
        await site.Host.RunAsync("setfacl", "-m", "u:www-data:rx", "/srv/victor.example/config", "/srv/victor.example/config/secret");
        await site.SoonAsync("victor.example", 200, $"[uid {victor}]", "/who.php");
        await site.SoonAsync("program.example", 200, $"[uid {victor}]");
        await site.SoonAsync("mallory.example", 200, $"[uid {mallory}]", "/who.php");
        await site.SoonAsync("mallory.example", 200, $"[uid {mallory}]", "/cgi-bin/who.cgi");

        var shown = new List<string>();
        foreach (var (name, text) in _attacks)
        {
            var socket = $"/run/symbiosis-web/{victor}/php{php}.sock";
            await site.Host.As("mallory").WriteAsync(
                $"{Documents}/.htaccess",
                text.Replace("VICTIM", $"\"proxy:unix:{socket}|fcgi://localhost\"", StringComparison.Ordinal).Replace("UID", victor, StringComparison.Ordinal)
                    .Replace("PHP.sock", $"php{php}.sock", StringComparison.Ordinal).Replace("EVIL", $"auto_prepend_file={Documents}/evil.php", StringComparison.Ordinal) + "\n");
            foreach (var host in (string[])["mallory.example", "www.mallory.example", "shop.mallory.example", "mallory.example.testing.host.example.net"])
            {
                foreach (var header in (string[])["X-Symbiosis-App: yes", "Max-Forwards: 10"])
                {
                    var body = await site.World.RunAsync(["curl", "-s", "--max-time", "20", "-H", $"Host: {host}", "-H", header, .. _paths.Select(path => $"http://192.0.2.1{path}")]);
                    if (body.Replace($"[uid {mallory}]", "", StringComparison.Ordinal) is var rest
                        && (rest.Contains("[uid ", StringComparison.Ordinal) && !rest.Contains("'[uid '", StringComparison.Ordinal) && !rest.Contains("cmd=", StringComparison.Ordinal) || rest.Contains("Server Version", StringComparison.Ordinal)))
                    {
                        shown.Add($"{name}, {host}, {header}: {rest}");
                    }
                }
            }
        }

        shown.ShouldBeEmpty();
        // The victim was not poisoned, and mallory's own site works as before.
        (await site.GetAsync("victor.example", "/who.php")).Body.ShouldBe($"[uid {victor}]");
        await site.Host.RunAsync("rm", $"{Documents}/.htaccess");
        (await site.GetAsync("shop.mallory.example", "/who.php")).Body.ShouldEndWith($"[uid {mallory}]");
    }

    [Theory, Releases]
    public async Task WEB_T26_what_a_customer_may_not_use_in_htaccess_is_ignored_and_the_rest_works(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home carol");
        await site.Host.PublishAsync("my-brilliant-site.example", ("config/secret", "admin's"));
        await site.Host.PublishAsAsync(
            "carol", "carol.example",
            ("public/htdocs/front.php", "<?php echo 'front ', $_SERVER['REQUEST_URI'];"),
            ("public/htdocs/.htaccess", "Options +FollowSymLinks\nRequestHeader unset Proxy early\nHeader set X-Carol yes\nRewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-l\nRewriteRule . front.php [L]\n"));
        await site.Host.As("carol").RunAsync("ln", "-s", "/srv/my-brilliant-site.example/config", "/srv/carol.example/public/htdocs/l");

        var page = await site.SoonAsync("carol.example", 200, "front /pretty/path", "/pretty/path");
        page.Headers.ShouldContain("X-Carol: yes");
        (await site.GetAsync("carol.example", "/l/secret")).Body.ShouldNotContain("admin's");
        await site.Host.RunAsync("rm", "/srv/carol.example/public/htdocs/.htaccess");
        (await site.GetAsync("carol.example", "/l/secret")).Status.ShouldBe(403);
    }
}
