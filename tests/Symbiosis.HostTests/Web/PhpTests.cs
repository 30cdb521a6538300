using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>PHP by php-fpm (WEB-60 to WEB-62).</summary>
public sealed class PhpTests(Sites sites) : HostTest(sites)
{
    private const string Facts = """<?php echo implode(' ', [posix_geteuid(), $_SERVER['DOCUMENT_ROOT'], $_SERVER['SCRIPT_FILENAME'], $_SERVER['SCRIPT_NAME'], $_SERVER['HTTP_HOST'], $_SERVER['PATH_INFO'] ?? '-']);""";

    [Theory, Releases]
    public async Task A_script_knows_where_it_is_under_every_name(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync(
            "where.example",
            ("public/htdocs/facts.php", Facts),
            ("public/htdocs/other.phtml", Facts),
            ("public/htdocs/.htaccess", "RewriteEngine On\nRewriteRule ^pretty/ facts.php [L]\n"));
        const string root = "/srv/where.example/public/htdocs";
        await site.SoonAsync("where.example", 200, path: "/facts.php");

        foreach (var name in (string[])["where.example", "www.where.example", "shop.where.example", "where.example.testing.host.example.net"])
        {
            foreach (var (path, script, info) in ((string, string, string)[])[("/facts.php", "facts.php", "-"), ("/facts.php/a/b", "facts.php", "/a/b"), ("/other.phtml", "other.phtml", "-"), ("/pretty/x", "facts.php", "-")])
                (await site.GetAsync(name, path)).Body.ShouldBe($"33 {root} {root}/{script} /{script} {name} {info}", $"{name}{path}");
        }
    }

    [Theory, Releases]
    public async Task WEB_62_a_missing_script_is_apaches_404_and_no_source_is_shown(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("missing.example", ("public/htdocs/facts.php", Facts), ("public/htdocs/.php", Facts), ("public/htdocs/archive.phar", "<?php echo 1 + 1;"));
        await site.SoonAsync("missing.example", 200, path: "/facts.php");

        foreach (var path in (string[])["/no.php", "/no.php/x", "/no.phtml", "/sub/no.php"])
        {
            var page = await site.GetAsync("missing.example", path);
            page.Status.ShouldBe(404, path);
            page.Body.ShouldContain("The requested URL was not found on this server");
        }

        (await site.GetAsync("missing.example", "/.php")).Status.ShouldBe(403);
        (await site.GetAsync("missing.example", "/archive.phar")).Body.ShouldNotStartWith("2");
    }

    [Theory, Releases]
    public async Task WEB_61_php_of_another_owner_runs_as_that_owner(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home carol; useradd --create-home dave");
        await site.Host.PublishAsAsync("carol", "carol.example", ("public/htdocs/index.php", Facts), ("config/secret.txt", "carol's"));
        await site.Host.PublishAsAsync("dave", "dave.example", ("public/htdocs/index.php", "<?php echo posix_geteuid(), ' ', file_put_contents('/srv/carol.example/public/htdocs/x', 'y') === false ? 'refused' : 'written';"));
        var carol = (await site.Host.RunAsync("id", "-u", "carol")).Trim();
        var dave = (await site.Host.RunAsync("id", "-u", "dave")).Trim();

        (await site.SoonAsync("carol.example", 200)).Body.ShouldStartWith($"{carol} /srv/carol.example/public/htdocs ");
        (await site.SoonAsync("dave.example", 200)).Body.ShouldEndWith($"{dave} refused");
    }

    [Theory, Releases]
    public async Task WEB_60_php_takes_uploads_of_64_MB(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("limits.example", ("public/htdocs/index.php", "<?php echo ini_get('upload_max_filesize'), ' ', ini_get('post_max_size'), ' ', ini_get('expose_php');"));

        (await site.SoonAsync("limits.example", 200)).Body.ShouldBe("64M 64M 0");
    }
}
