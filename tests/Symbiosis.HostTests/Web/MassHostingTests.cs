using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>Which page a name shows (WEB-1 to WEB-9, WEB-66).</summary>
public sealed class MassHostingTests(Sites sites) : HostTest(sites)
{
    private const string DefaultLog = "/var/log/apache2/zz-mass-hosting.access.log";

    [Theory, Releases]
    public async Task WEB_T1_an_unknown_name_gets_404_and_a_line_in_the_default_log(Debian release)
    {
        var site = await SharedSiteAsync(release);

        (await site.GetAsync("nobody.example")).Status.ShouldBe(404);

        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "^nobody\\.example 192\\.0\\.2\\.53 ", DefaultLog);
    }

    [Theory, Releases]
    public async Task WEB_T2_an_empty_site_shows_the_default_page(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("empty.example");

        await site.SoonAsync("empty.example", 403, "nothing has been uploaded");
        await site.SoonAsync("www.empty.example", 403, "nothing has been uploaded");
        (await site.GetAsync("empty.example", "//")).Body.ShouldContain("nothing has been uploaded");
        (await site.GetAsync("empty.example", "/missing.html")).Status.ShouldBe(404);
    }

    [Theory, Releases]
    public async Task WEB_1_a_domain_without_htdocs_answers_404(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("nodocs.example", ("public/htdocs/index.html", "was here"));
        await site.SoonAsync("nodocs.example", 200, "was here");

        await site.Host.RunAsync("rm", "-r", "/srv/nodocs.example/public/htdocs");

        (await site.GetAsync("nodocs.example")).Status.ShouldBe(404);
    }

    [Theory, Releases]
    public async Task WEB_T3_html_comes_before_php_and_php_is_run(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("index.example", ("public/htdocs/index.html", "A"), ("public/htdocs/index.php", "<?php echo 'B' . (1 + 1);"));
        (await site.SoonAsync("index.example", 200)).Body.ShouldBe("A");

        await site.Host.RunAsync("rm", "/srv/index.example/public/htdocs/index.html");

        (await site.GetAsync("index.example")).Body.ShouldBe("B2");
    }

    [Theory, Releases]
    public async Task WEB_T4_a_directory_for_www_has_a_page_of_its_own(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("double.example", ("public/htdocs/index.html", "A"));
        await site.SoonAsync("www.double.example", 200, "A");

        await site.Host.PublishAsync("www.double.example", ("public/htdocs/index.html", "W"));

        await site.SoonAsync("www.double.example", 200, "W");
        (await site.GetAsync("double.example")).Body.ShouldBe("A");
        (await site.GetAsync("www.double.example", "/missing.php")).Status.ShouldBe(404);
    }

    [Theory, Releases]
    public async Task WEB_T5_an_alias_shows_the_target_without_redirect_and_logs_there(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("my-brilliant-site.example", ("public/htdocs/index.html", "brilliant"));
        await site.Host.RunAsync("runuser", "-u", "admin", "--", "ln", "-s", "my-brilliant-site.example", "/srv/alias.example");

        (await site.SoonAsync("alias.example", 200)).Body.ShouldBe("brilliant");
        (await site.SoonAsync("www.alias.example", 200)).Body.ShouldBe("brilliant");

        await site.Host.UntilAsync(Visitor.Soon, "sh", "-c", "test $(grep -c '^192.0.2.53 .* 200 ' /srv/my-brilliant-site.example/public/logs/access.log) -ge 2");
        (await site.Host.RunAsync("stat", "-c", "%U:%G", "/srv/my-brilliant-site.example/public/logs/access.log")).ShouldBe("admin:admin\n");
    }

    [Theory, Releases]
    public async Task WEB_T6_a_name_below_a_hosted_one_shows_it_at_label_boundaries_only(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("nearest.example", ("public/htdocs/index.html", "near"));
        await site.SoonAsync("nearest.example", 200, "near");

        (await site.GetAsync("shop.nearest.example")).Body.ShouldBe("near");
        (await site.GetAsync("a.b.c.nearest.example")).Body.ShouldBe("near");
        (await site.GetAsync("notnearest.example")).Status.ShouldBe(404);
        (await site.GetAsync("NEAREST.Example:80")).Body.ShouldBe("near");
    }

    [Theory, Releases]
    public async Task WEB_T7_a_testing_name_is_exactly_the_name_in_it(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("tested.example", ("public/htdocs/index.html", "tested"));
        await site.SoonAsync("tested.example", 200);

        (await site.GetAsync("tested.example.testing.host.example.net")).Body.ShouldBe("tested");
        (await site.GetAsync("www.tested.example.testing.host.example.net")).Status.ShouldBe(404);
        (await site.GetAsync("testing.host.example.net")).Status.ShouldBe(404);
        (await site.GetAsync("...testing.host.example.net")).Status.ShouldBeOneOf(400, 404);
    }

    [Theory, Releases]
    public async Task WEB_T27_a_domain_of_a_system_user_is_not_served(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("roots.example", ("public/htdocs/index.html", "mine"));
        await site.SoonAsync("roots.example", 200, "mine");

        await site.Host.RunAsync("chown", "root", "/srv/roots.example");
        await site.SoonAsync("roots.example", 404);
        await site.Host.RunAsync("chown", "admin", "/srv/roots.example");
        await site.SoonAsync("roots.example", 200, "mine");
    }

    [Theory, Releases]
    public async Task WEB_8_no_hostile_name_reaches_a_file(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("hostile.example", ("public/htdocs/index.html", "page"));
        await site.SoonAsync("hostile.example", 200);
        await site.Host.WriteAsync("/etc/public/htdocs/index.html", "outside");

        foreach (var name in (string[])["../etc", "../../etc", "/etc", "hostile.example/../../etc", "..", ".", "hostile..example", ".hostile.example", "hostile.example%00", "[::1]", "::1", "127.0.0.1", "-", "*", "*.example", "a b", new string('a', 3000), $"{string.Join('.', Enumerable.Repeat("a", 200))}.hostile.exampleX"])
        {
            var page = await site.GetAsync(name);
            page.Status.ShouldBeOneOf([400, 404], name);
            page.Body.ShouldNotContain("outside");
        }

        (await site.GetAsync(null)).Status.ShouldBe(404);
        (await site.GetAsync("hostile.example", "/../../../../etc/passwd")).Status.ShouldBe(400);
        (await site.GetAsync($"{string.Join('.', Enumerable.Repeat("a", 100))}.hostile.example")).Body.ShouldBe("page");
    }

    [Theory, Releases]
    public async Task WEB_66_private_files_and_other_peoples_files_stay_closed(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync(
            "private.example",
            ("public/htdocs/index.html", "open"),
            ("public/htdocs/.env", "secret"),
            ("public/htdocs/.env.local", "secret"),
            ("public/htdocs/.git/config", "secret"),
            ("public/htdocs/sub/.svn/entries", "secret"),
            ("public/htdocs/.htpasswd", "secret"),
            ("public/htdocs/source.phps", "<?php secret"),
            ("public/htdocs/.htaccess", "Options +Indexes\n<Files .env>\nRequire all granted\n</Files>\n"));
        await site.Host.RunAsync("runuser", "-u", "admin", "--", "ln", "-s", "/etc/passwd", "/srv/private.example/public/htdocs/passwd");
        await site.SoonAsync("private.example", 200, "open");

        foreach (var path in (string[])["/.env", "/.env.local", "/.git/config", "/.git/", "/sub/.svn/entries", "/.htaccess", "/.htpasswd", "/source.phps", "/passwd"])
        {
            var page = await site.GetAsync("private.example", path);
            page.Status.ShouldBe(403, path);
            page.Body.ShouldNotContain("secret");
        }
    }

    [Theory, Releases]
    public async Task WEB_14_htaccess_works_and_a_mistake_in_it_breaks_only_its_domain(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("broken.example", ("public/htdocs/index.html", "x"), ("public/htdocs/.htaccess", "Nonsense on\n"));
        await site.Host.PublishAsync(
            "rules.example",
            ("public/htdocs/target.html", "reached"),
            ("public/htdocs/below/.htaccess", "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule . page.html [L]\n"),
            ("public/htdocs/below/page.html", "front"),
            ("public/htdocs/.htaccess", "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^old\\.\nRewriteRule ^(.*)$ http://www.%{HTTP_HOST}/$1 [R=301,L]\nRewriteCond %{DOCUMENT_ROOT}/target.html -f\nRewriteRule ^pretty$ target.html [L]\n"));

        await site.SoonAsync("rules.example", 200, "reached", "/pretty");
        await site.SoonAsync("broken.example", 500);
        (await site.GetAsync("www.rules.example", "/pretty")).Body.ShouldBe("reached");
        foreach (var name in (string[])["rules.example", "www.rules.example", "shop.rules.example", "rules.example.testing.host.example.net"])
            (await site.GetAsync(name, "/below/anything")).Body.ShouldBe("front", name);
        var redirect = await site.GetAsync("old.rules.example", "/a?b=1");
        redirect.Status.ShouldBe(301);
        redirect.Headers.ShouldContain("Location: http://www.old.rules.example/a?b=1\r\n");
    }

    [Theory, Releases]
    public async Task Nobody_runs_code_inside_apache_by_htaccess(Debian release)
    {
        // Why the site is not made with mod_lua (docs/decisions/mass-hosting.md).
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("lua.example", ("public/htdocs/x.lua", "function handle(r) r:puts('executed') end\n"), ("public/htdocs/.htaccess", "SetHandler lua-script\n"));

        (await site.SoonAsync("lua.example", 200, path: "/x.lua")).Body.ShouldStartWith("function");
    }

    [Theory, Releases]
    public async Task WEB_19_challenges_are_served_for_every_hosted_name_and_no_other(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("challenged.example", ("public/htdocs/.htaccess", "Require all denied\n"));
        await site.Host.WriteAsync("/var/lib/symbiosis/acme/token", "answer");
        await site.SoonAsync("challenged.example", 403);

        foreach (var name in (string[])["challenged.example", "www.challenged.example", "sub.challenged.example", "challenged.example.testing.host.example.net"])
            (await site.GetAsync(name, "/.well-known/acme-challenge/token")).Body.ShouldBe("answer", name);
        (await site.GetAsync("nobody.example", "/.well-known/acme-challenge/token")).Status.ShouldBe(404);
    }

    [Theory, Releases]
    public async Task WEB_20_the_server_says_little_about_itself(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("quiet.example", ("public/htdocs/index.php", "<?php echo 'hello';"));
        var page = await site.SoonAsync("quiet.example", 200, "hello");

        page.Headers.ShouldContain("Server: Apache\r\n");
        page.Headers.ShouldNotContain("X-Powered-By");
        (await site.World.RunAsync("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "TRACE", "-H", "Host: quiet.example", "http://192.0.2.1/")).ShouldBe("405");
    }

    [Theory, Releases]
    public async Task WEB_68_the_catch_all_answers_the_monitor_on_both_ports(Debian release)
    {
        var site = await SharedSiteAsync(release);

        foreach (var scheme in (string[])["http", "https"])
        {
            foreach (var address in (string[])["192.0.2.1", "[2001:db8::1]"])
                (await site.World.RunAsync("curl", "-sk", "-g", "-X", "OPTIONS", "--http1.0", "--no-alpn", "-H", "Host: localhost", "-o", "/dev/null", "-w", "%{http_code}", $"{scheme}://{address}/")).ShouldMatch("^[2345][0-9]{2}$", $"{scheme} {address}");
        }
    }

    [Theory, Releases]
    public async Task Over_https_a_name_shows_the_same_page(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("secure.example", ("public/htdocs/index.html", "same"));
        await site.SoonAsync("secure.example", 200, "same");

        (await site.GetAsync("secure.example", scheme: "https")).Body.ShouldBe("same");
        (await site.GetAsync("shop.secure.example", scheme: "https")).Body.ShouldBe("same");
        (await site.GetAsync("nobody.example", scheme: "https")).Status.ShouldBe(404);
        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "^192.0.2.53 ", "/srv/secure.example/public/logs/ssl_access.log");
    }

    [Theory, Releases]
    public async Task WEB_34_a_domain_comes_and_goes_without_a_reload(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("first.example", ("public/htdocs/index.html", "first"));
        await site.SoonAsync("first.example", 200, "first");
        var reloads = await site.Host.ReloadsAsync();

        await site.Host.PublishAsync("second.example", ("public/htdocs/index.html", "second"));
        await site.SoonAsync("second.example", 200, "second");
        await site.Host.RunAsync("rm", "-r", "/srv/second.example");
        await site.SoonAsync("second.example", 404);

        (await site.Host.ReloadsAsync()).ShouldBe(reloads);
    }
}
