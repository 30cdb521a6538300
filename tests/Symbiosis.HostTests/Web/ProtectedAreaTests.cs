using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>Parts of a site that ask for a password or an address (NET-24, NET-25, NET-32): as visitors see them, and as somebody tries who may not.</summary>
public sealed class ProtectedAreaTests(Sites sites) : HostTest(sites)
{
    private const string Hidden = "what only some may see";
    private const string Bob = "bob:correct horse";
    private const string Allowed = "198.51.100.7";

    [Theory, Releases]
    public async Task NET_24_a_mailbox_a_group_and_a_guest_get_in_and_nobody_else(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await PublishAsync(site, "users.example", ("config/protected/private/users", "# who\n@staff\nguest:guest's: own\n"), ("groups/staff", "bob\n"));
        await site.Host.PublishAsync("users.example", ("mailboxes/eve/password", "eve's own"), ("mailboxes/bob/password", "correct horse"));
        await UntilAsync(site, "users.example", "/private/", null, 401);
        await UntilAsync(site, "users.example", "/private/", Bob, 200);

        (await StatusAsync(site, "users.example", "/private/", "bob@users.example:correct horse")).ShouldBe(200);
        (await StatusAsync(site, "users.example", "/private/", "guest:guest's: own")).ShouldBe(200);
        (await StatusAsync(site, "users.example", "/private/", "bob:wrong")).ShouldBe(401);
        (await StatusAsync(site, "users.example", "/private/", "eve:eve's own")).ShouldBe(401);
        (await StatusAsync(site, "users.example", "/")).ShouldBe(200);

        // Over http there is a redirect, and no question that a password would be the answer to.
        var plain = await site.GetAsync("users.example", "/private/x?y=1");
        plain.Status.ShouldBe(302);
        plain.Headers.ShouldContain("Location: https://users.example/private/x?y=1");
        plain.Headers.ShouldNotContain("WWW-Authenticate");

        // The guest's password is a hash by now, written by the owner of the tree; the file of hashes is Apache's alone.
        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "^guest:\\$6\\$", "/srv/users.example/config/protected/private/users");
        (await site.Host.RunAsync("stat", "-c", "%U %a", "/srv/users.example/config/protected/private/users")).ShouldBe("admin 600\n");
        (await site.Host.RunAsync("stat", "-c", "%U:%G %a", "/var/lib/symbiosis/web/passwords/private@users.example")).ShouldBe("root:www-data 640\n");
        (await site.Host.RunAsync("symbiosis", "plan", "users.example")).ShouldContain("Nothing to change");
        await site.Host.PublishAsync("users.example", ("public/htdocs/spy.php", "<?php echo @file_get_contents('/var/lib/symbiosis/web/passwords/private@users.example') === false ? 'refused' : 'read';"));
        (await site.GetAsync("users.example", "/spy.php")).Body.ShouldBe("refused");

        // People come and go without a reload; a new area costs one.
        var reloads = await site.Host.ReloadsAsync();
        await site.Host.PublishAsync("users.example", ("groups/staff", "eve\n"));
        await UntilAsync(site, "users.example", "/private/", Bob, 401);
        (await StatusAsync(site, "users.example", "/private/", "eve:eve's own")).ShouldBe(200);
        (await site.Host.ReloadsAsync()).ShouldBe(reloads);

        // Its removal opens it.
        await site.Host.RunAsync("rm", "-r", "/srv/users.example/config/protected");
        await UntilAsync(site, "users.example", "/private/", null, 200);
        (await site.Host.ShellAsync("ls /etc/apache2/conf-enabled/ /var/lib/symbiosis/web/passwords | grep users.example || true")).ShouldBeEmpty();
    }

    [Theory, Releases]
    public async Task NET_25_addresses_alone_with_a_password_or_instead_of_one(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await PublishAsync(
            site, "lan.example",
            ("config/protected/lan/path", "/private\n"), ("config/protected/lan/allow", "198.51.100.0/24\n2001:db8:cafe::/64\n"),
            ("config/protected/both/users", "*\n"), ("config/protected/both/allow", $"{Allowed}\n"),
            ("config/protected/either/users", "*\n"), ("config/protected/either/allow", $"{Allowed}\n"), ("config/protected/either/satisfy", "any\n"),
            ("config/protected/nobody/allow", "everybody\n"),
            ("config/stats", "private\n"),
            ("public/htdocs/both/index.html", Hidden), ("public/htdocs/either/index.html", Hidden), ("public/htdocs/nobody/index.html", Hidden), ("public/htdocs/stats/index.html", Hidden));
        await UntilAsync(site, "lan.example", "/stats/", null, 401); // written last, so with it all are there
        await UntilAsync(site, "lan.example", "/both/", Bob, 200, Allowed);

        (await StatusAsync(site, "lan.example", "/private/", from: Allowed)).ShouldBe(200);
        (await StatusAsync(site, "lan.example", "/private/", from: Allowed, scheme: "http")).ShouldBe(200);
        (await StatusAsync(site, "lan.example", "/both/", Bob)).ShouldBe(403);
        (await StatusAsync(site, "lan.example", "/both/", from: Allowed)).ShouldBe(401);
        (await StatusAsync(site, "lan.example", "/either/", Bob)).ShouldBe(200);
        (await StatusAsync(site, "lan.example", "/either/", from: Allowed)).ShouldBe(200);
        (await StatusAsync(site, "lan.example", "/either/")).ShouldBe(401);
        (await StatusAsync(site, "lan.example", "/nobody/", Bob, Allowed)).ShouldBe(403);
        (await StatusAsync(site, "lan.example", "/stats/")).ShouldBe(401);
        (await StatusAsync(site, "lan.example", "/stats/", Bob)).ShouldBe(200);
        (await site.Host.TryRunAsync(["symbiosis", "plan", "lan.example"])).Error.ShouldContain("WEB032");

        // A path that is broken later opens nothing.
        await site.Host.PublishAsync("lan.example", ("config/protected/lan/path", "private*\n"), ("config/protected/lan/allow", "\n"));
        await site.Host.UntilAsync(Visitor.Soon, "sh", "-c", "symbiosis plan lan.example 2>&1 | grep -q WEB030");
        (await StatusAsync(site, "lan.example", "/private/")).ShouldBe(403);
    }

    /// <summary>Each trick asks as a stranger; none may show the page, by whatever status.</summary>
    [Theory, Releases]
    public async Task Tricks_with_the_path_the_name_and_htaccess_open_nothing(Debian release)
    {
        var site = await SharedSiteAsync(release);
        string[] names = ["tricks.example", "www.tricks.example", "shop.tricks.example", "tricks.example.testing.host.example.net", "other-name.example", "www.other-name.example"];
        string[] paths =
        [
            "/private/", "/private", "//private/", "/private//", "/./private/", "/x/../private/", "/%2e/private/", "/%70rivate/", "/priv%61te/index.html", "/private/./index.html", "/private/%2e%2e/private/",
            "/private%2findex.html", "/private;x/", "/Private/", "/PRIVATE/", "/private/page.php", "/private/page.php/info", "/private/page.php/../page.php", "/private/index.html?x", "/private/index.html/",
            "/private\\index.html", "/.%2fprivate/", "/cgi-bin/private/script", "//cgi-bin//private/script", "/cgi-bin/./private/script/info", "/rewritten", "/included.shtml", "/index.php/../private/", "/private%00/", "/private%20/",
        ];
        await PublishAsync(
            site, "tricks.example",
            ("config/protected/private/users", "bob\n"), ("config/protected/scripts/users", "bob\n"), ("config/protected/scripts/path", "/cgi-bin/private\n"),
            ("public/htdocs/private/page.php", $"<?php echo '{Hidden}';"), ("public/cgi-bin/private/script", $"#!/bin/sh\necho Content-Type: text/plain; echo; echo '{Hidden}'\n"), ("public/htdocs/included.shtml", "<!--#include virtual=\"/private/\" -->"));
        await site.Host.RunAsync("chmod", "+x", "/srv/tricks.example/public/cgi-bin/private/script");
        await site.Host.RunAsync("ln", "-sfn", "tricks.example", "/srv/other-name.example");
        // Apache may be asked to wait with its next reload, and what was written last is in that one.
        await UntilAsync(site, "tricks.example", "/private/", null, 401);
        await UntilAsync(site, "tricks.example", "/cgi-bin/private/script", null, 401);
        await UntilAsync(site, "tricks.example", "/private/", Bob, 200);
        await UntilAsync(site, "other-name.example", "/private/page.php", Bob, 200);
        (await GetAsync(site, "tricks.example", "/cgi-bin/private/script", Bob)).ShouldContain(Hidden);

        string[] attempts =
        [
            "",
            "Require all granted",
            "Satisfy Any\nOrder allow,deny\nAllow from all",
            "AuthMerging Or\nRequire all granted",
            "<RequireAny>\nRequire all granted\nRequire valid-user\n</RequireAny>",
            "<If \"true\">\nRequire all granted\nSatisfy Any\n</If>",
            "<Files \"*\">\nRequire all granted\n</Files>",
            "<Limit GET>\nRequire all granted\n</Limit>",
            "AuthType None\nRequire all granted",
            "AuthUserFile /dev/null\nAuthName other\nAuthBasicProvider file\nRequire all granted",
            "AuthBasicFake bob x\nAuthBasicAuthoritative Off",
            "SetEnvIf Request_URI . SYMBIOSIS_DOMAIN=elsewhere.example\nSetEnv SYMBIOSIS_DOMAIN elsewhere.example",
            "SetEnvIf Request_URI . HTTPS=off HTTPS=on",
            "RewriteEngine On\nRewriteRule .* - [E=SYMBIOSIS_DOMAIN:elsewhere.example,E=HTTPS:on]",
            "RewriteEngine On\nRewriteRule ^rewritten$ /private/index.html [L]",
            "RewriteEngine On\nRewriteRule ^rewritten$ /private/page.php [PT,NS]",
            "ErrorDocument 401 /private/index.html\nErrorDocument 403 /private/index.html\nErrorDocument 404 /private/page.php",
            "Order deny,allow\nDeny from all\nErrorDocument 401 /private/index.html\nErrorDocument 403 /private/index.html",
            "<RequireNone>\nRequire all granted\n</RequireNone>\nErrorDocument 403 /private/page.php",
            "FallbackResource /private/page.php",
            "DirectoryIndex /private/index.html /private/page.php",
            "Options +Includes\nAddOutputFilter INCLUDES .shtml .html",
        ];
        foreach (var attempt in attempts)
        {
            await site.Host.PublishAsync("tricks.example", ("public/htdocs/.htaccess", $"<IfModule !none>\n{attempt}\n</IfModule>\n"), ("public/htdocs/private/.htaccess", attempt + "\n"));
            foreach (var name in attempt.Length == 0 ? names : [names[0]])
            {
                foreach (var scheme in (string[])["http", "https"])
                    (await GetManyAsync(site, scheme, name, paths)).ShouldNotContain(Hidden, customMessage: $"{scheme}://{name} with: {attempt}");
            }
        }

        await site.Host.RunAsync("rm", "/srv/tricks.example/public/htdocs/.htaccess", "/srv/tricks.example/public/htdocs/private/.htaccess");
        (await GetAsync(site, "tricks.example", "/private/", Bob)).ShouldContain(Hidden);
    }

    private static async Task PublishAsync(Site site, string domain, params (string Path, string Content)[] files)
    {
        await site.Host.PublishAsync(
            domain, [("mailboxes/bob/password", "correct horse"), ("public/htdocs/index.html", "for all"), ("public/htdocs/private/index.html", Hidden), .. files]);
        await site.SoonAsync(domain, 200, "for all");
    }

    private static Task<int> UntilAsync(Site site, string name, string path, string? user, int status, string? from = null) =>
        Eventually.BecomesAsync(() => StatusAsync(site, name, path, user, from), found => found == status, Visitor.Soon);

    private static async Task<int> StatusAsync(Site site, string name, string path, string? user = null, string? from = null, string scheme = "https") =>
        int.Parse(await CurlAsync(site, ["-o", "/dev/null", "-w", "%{http_code}", .. AsWhom(user, from), "-H", $"Host: {name}", $"{scheme}://{Visitor.PrimaryAddress}{path}"]), System.Globalization.CultureInfo.InvariantCulture);

    private static Task<string> GetAsync(Site site, string name, string path, string user) => CurlAsync(site, [.. AsWhom(user, null), "-H", $"Host: {name}", $"https://{Visitor.PrimaryAddress}{path}"]);

    private static Task<string> GetManyAsync(Site site, string scheme, string name, IEnumerable<string> paths) =>
        CurlAsync(site, ["-H", $"Host: {name}", .. paths.Select(path => $"{scheme}://{Visitor.PrimaryAddress}{path}")]);

    private static string[] AsWhom(string? user, string? from) => [.. user is null ? (string[])[] : ["-u", user], .. from is null ? (string[])[] : ["--interface", from]];

    private static Task<string> CurlAsync(Site site, IEnumerable<string> arguments) => site.World.RunAsync(["curl", "-sk", "-g", "--path-as-is", "--max-time", "30", .. arguments]);
}
