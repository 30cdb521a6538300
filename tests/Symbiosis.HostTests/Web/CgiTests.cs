using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>Scripts in <c>public/cgi-bin</c> (WEB-11, WEB-13, WEB-61).</summary>
public sealed class CgiTests(Sites sites) : HostTest(sites)
{
    private const string Script = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho $(id -u) $DOCUMENT_ROOT $SCRIPT_NAME ${PATH_INFO:--} ${QUERY_STRING:--} $(pwd)\n";

    [Theory, Releases]
    public async Task WEB_T8_a_script_is_run_when_it_is_executable(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("scripts.example", ("public/htdocs/index.html", "page"), ("public/cgi-bin/test.cgi", Script), ("public/cgi-bin/sub/deep.sh", Script), ("public/cgi-bin/page.php", "#!/usr/bin/php\nContent-Type: text/plain\n\n<?php echo php_sapi_name(); "));
        await site.SoonAsync("scripts.example", 200);
        const string root = "/srv/scripts.example/public/htdocs";

        (await site.GetAsync("scripts.example", "/cgi-bin/test.cgi")).Status.ShouldBe(500);
        (await site.GetAsync("scripts.example", "/cgi-bin/not.cgi")).Status.ShouldBe(404);
        (await site.GetAsync("scripts.example", "/cgi-bin/")).Status.ShouldBe(403);
        await site.Host.RunAsync("chmod", "-R", "755", "/srv/scripts.example/public/cgi-bin");

        foreach (var name in (string[])["scripts.example", "www.scripts.example", "shop.scripts.example", "scripts.example.testing.host.example.net"])
        {
            (await site.GetAsync(name, "/cgi-bin/test.cgi")).Body.ShouldBe($"33 {root} /cgi-bin/test.cgi - - /srv/scripts.example/public/cgi-bin\n", name);
            (await site.GetAsync(name, "/cgi-bin/test.cgi/a/b?q=1")).Body.ShouldBe($"33 {root} /cgi-bin/test.cgi /a/b q=1 /srv/scripts.example/public/cgi-bin\n", name);
            (await site.GetAsync(name, "/cgi-bin/sub/deep.sh")).Body.ShouldBe($"33 {root} /cgi-bin/sub/deep.sh - - /srv/scripts.example/public/cgi-bin/sub\n", name);
        }

        // WEB-62: in cgi-bin PHP is a script like others.
        (await site.GetAsync("scripts.example", "/cgi-bin/page.php")).Body.ShouldContain("cli");
    }

    [Theory, Releases]
    public async Task WEB_1_without_htdocs_no_script_is_run(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("bare.example", ("public/cgi-bin/test.cgi", Script));
        await site.Host.RunAsync("chmod", "755", "/srv/bare.example/public/cgi-bin/test.cgi");
        await site.SoonAsync("bare.example", 200, "33 ", "/cgi-bin/test.cgi");

        await site.Host.RunAsync("rm", "-r", "/srv/bare.example/public/htdocs");

        (await site.GetAsync("bare.example", "/cgi-bin/test.cgi")).Status.ShouldBe(404);
    }

    [Theory, Releases]
    public async Task WEB_61_a_customers_script_runs_as_the_customer(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home carol");
        await site.Host.PublishAsAsync("carol", "carol.example", ("public/cgi-bin/test.cgi", Script));
        await site.Host.RunAsync("chmod", "755", "/srv/carol.example/public/cgi-bin/test.cgi");
        var carol = (await site.Host.RunAsync("id", "-u", "carol")).Trim();

        (await site.SoonAsync("carol.example", 200, path: "/cgi-bin/test.cgi")).Body.ShouldStartWith($"{carol} /srv/carol.example/public/htdocs ");
    }
}
