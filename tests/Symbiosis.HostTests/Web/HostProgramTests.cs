using Symbiosis.HostTests.Packaging;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>phpMyAdmin and webmail under every name (WEB-63, WEB-64, WEB-67, MAIL-145), as people use them and as customers try to abuse them.</summary>
public sealed class HostProgramTests(Sites sites) : HostTest(sites)
{
    private const string Webmail = "symbiosis-webmail";
    private const string PhpMyAdmin = "symbiosis-phpmyadmin";

    [Theory, Releases]
    public async Task MAIL_145_webmail_logs_in_sends_reads_and_filters(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("mail.example", ("public/htdocs/index.html", "a page"), ("mailboxes/bob/password", "correct horse"), ("mailboxes/alice/password", "battery staple"));
        await InstallAsync(site.Host, Webmail);
        await site.World.PushAsync(Path.Combine(RigScript.Checkout, "tests/Symbiosis.HostTests/Web/webmail-client.py"), "/root/webmail-client.py");
        await ComesAsync(site, "mail.example", "/webmail/", 200);

        foreach (var name in (string[])["mail.example", "www.mail.example", "shop.mail.example", "host.example.net", "mail.example.testing.host.example.net"])
        {
            var plain = await site.GetAsync(name, "/webmail/?_task=mail");
            (plain.Status, plain.Headers).ShouldSatisfyAllConditions(
                answer => answer.Status.ShouldBe(301), answer => answer.Headers.ShouldContain($"Location: https://{name}/webmail/?_task=mail"));
            (await site.GetAsync(name, "/webmail/", scheme: "https")).Body.ShouldContain("login-form", customMessage: name);
        }

        foreach (var path in (string[])["/webmail/config/config.inc.php", "/webmail/../config/config.inc.php", "/webmail/logs/", "/webmail/temp/", "/webmail/.htaccess", "/webmail/SQL/sqlite.initial.sql"])
            (await site.GetAsync("mail.example", path, scheme: "https")).Status.ShouldBeOneOf(403, 404);

        (await site.World.TryRunAsync(["python3", "/root/webmail-client.py", Visitor.PrimaryAddress, "mail.example", "bob@mail.example", "wrong", "login"])).Succeeded.ShouldBeFalse();
        (await UseAsync(site, "alice", "battery staple", "filter", "urgent", "Trash")).ShouldBe("saved\n");
        (await UseAsync(site, "bob", "correct horse", "send", "alice@mail.example", "this is urgent")).ShouldBe("sent\n");
        (await UseAsync(site, "alice", "battery staple", "read", "Trash", "this is urgent")).ShouldContain("written in the webmail");

        // The database is a file that customers cannot read, and the administrator's settings win.
        (await site.Host.RunAsync("grep", "dbtype=", "/etc/roundcube/debian-db.php")).ShouldBe("$dbtype='sqlite3';\n");
        await site.Host.ShellAsync("echo \"\\$config['product_name'] = 'Our own post office'; \\$config['log_driver'] = 'stdout';\" >>/etc/roundcube/config.inc.php");
        await Eventually.BecomesAsync(() => site.GetAsync("mail.example", "/webmail/", scheme: "https"), page => page.Body.Contains("Our own post office", StringComparison.Ordinal), Visitor.Soon);

        await site.Host.ShellAsync("useradd --create-home mallory");
        await site.Host.PublishAsAsync("mallory", "mallory.example", ("public/htdocs/spy.php", Spy("/etc/roundcube/config.inc.php", "/etc/roundcube/debian-db.php", "/var/lib/dbconfig-common/sqlite3/roundcube/roundcube", "/var/lib/symbiosis-web/programs", "/run/symbiosis-web/programs")));
        await ComesAsync(site, "mallory.example", "/spy.php", 200);
        (await site.GetAsync("mallory.example", "/spy.php", scheme: "https")).Body.ShouldBe("nothing");
        await TryToRunCodeInAsync(site, "webmail");
    }

    [Theory, Releases]
    public async Task WEB_63_phpmyadmin_asks_for_a_user_of_the_database_and_leaves_nothing_behind(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("data.example", ("public/htdocs/index.html", "a page"));
        await site.Host.AptAsync("install", "mariadb-server", "phpmyadmin");
        await site.SoonAsync("data.example", 200, "a page");
        var before = await Inventory.TakeAsync(site.Host);
        await InstallAsync(site.Host, PhpMyAdmin);
        await site.Host.ShellAsync("""
            mariadb -e "create user boss@localhost identified by 'boss pw'; grant all on *.* to boss@localhost; create user nopw@localhost identified by '';
                create user 'debian-sys-maint'@localhost identified by 'maint pw'; grant all on *.* to 'debian-sys-maint'@localhost"
            """);
        await ComesAsync(site, "data.example", "/phpmyadmin/", 401);

        var plain = await site.GetAsync("data.example", "/phpmyadmin/");
        plain.Status.ShouldBe(301);
        plain.Headers.ShouldContain("Location: https://data.example/phpmyadmin/");
        plain.Headers.ShouldNotContain("WWW-Authenticate");
        (await LogInAsync(site, "boss:boss pw")).ShouldContain("boss@localhost");
        foreach (var refused in (string[])["boss:wrong", "root:", "nopw:", "debian-sys-maint:maint pw"])
            (await LogInAsync(site, refused)).ShouldEndWith("\n401", customMessage: refused);
        (await site.GetAsync("data.example", "/phpmyadmin/libraries/config.default.php", scheme: "https")).Status.ShouldBe(403);

        await site.Host.ShellAsync("useradd --create-home mallory");
        await site.Host.PublishAsAsync("mallory", "mallory.example", ("public/htdocs/spy.php", Spy("/etc/phpmyadmin/config-db.php", "/var/lib/phpmyadmin/blowfish_secret.inc.php", "/var/lib/symbiosis-web/programs")));
        await ComesAsync(site, "mallory.example", "/spy.php", 200);
        (await site.GetAsync("mallory.example", "/spy.php")).Body.ShouldBe("nothing");
        await TryToRunCodeInAsync(site, "phpmyadmin");

        await site.Host.AptAsync("purge", PhpMyAdmin);

        await ComesAsync(site, "data.example", "/phpmyadmin/", 404);
        (await Inventory.TakeAsync(site.Host)).DifferencesFrom(before)
            .Where(difference => difference.Contains("programs", StringComparison.Ordinal) || difference.Contains("/etc/phpmyadmin/", StringComparison.Ordinal) || difference.Contains("symbiosis-phpmyadmin", StringComparison.Ordinal))
            .Where(difference => !difference.Contains("@programs.service.d: ", StringComparison.Ordinal)) // an empty directory; it goes with symbiosis-web
            .ShouldBeEmpty();
        (await site.Host.ShellAsync("systemctl list-units --plain --no-legend 'symbiosis-php*@programs.*'")).ShouldBeEmpty();
    }

    // PHP takes settings from the request's environment: a customer leads a request to the program and brings the code along.
    private static async Task TryToRunCodeInAsync(Site site, string program)
    {
        await site.Host.WriteAsync("/opt/own.php", "<?php if (posix_geteuid() == 33) echo '[', 'owned]';\n");
        var socket = (await site.Host.ShellAsync("ls /run/symbiosis-web/programs/*.sock")).Trim();
        string[] attacks =
        [
            $"DirectoryIndex /{program}/index.php\nSetEnvIf Request_URI . PHP_ADMIN_VALUE=auto_prepend_file=/opt/own.php",
            $"DirectoryIndex /{program}/index.php\nSetEnv PHP_VALUE auto_prepend_file=/opt/own.php\nSetEnv RCUBE_CONFIG_PATH /srv/mallory.example/public/htdocs",
            $"RewriteEngine On\nRewriteRule .* /{program}/index.php [E=PHP_VALUE:auto_prepend_file=/opt/own.php,E=PHP_ADMIN_VALUE:auto_prepend_file=/opt/own.php,L]",
            $"FallbackResource /{program}/index.php\nSetEnvIf Request_URI . PHP_VALUE=auto_prepend_file=/opt/own.php",
            $"ErrorDocument 404 /{program}/index.php\nSetEnvIf Request_URI . PHP_VALUE=auto_prepend_file=/opt/own.php",
            $"SetHandler \"proxy:unix:{socket}|fcgi://localhost\"",
            $"RewriteEngine On\nRewriteRule .* - [H=proxy:unix:{socket}|fcgi://localhost]",
            $"RewriteEngine On\nRewriteRule .* \"unix:{socket}|fcgi://localhost/srv/mallory.example/public/htdocs/own.php\" [P]",
        ];
        foreach (var attack in attacks)
        {
            await site.Host.PublishAsAsync("mallory", "mallory.example", ("public/htdocs/own.php", "<?php if (posix_geteuid() == 33) echo '[', 'owned]';"), ("public/htdocs/.htaccess", attack + "\n"));
            foreach (var path in (string[])["/", "/own.php", "/missing", $"/{program}/../", $"/{program}/..//own.php", $"/{program}/%2e%2e/", $"//{program}/..", $"/{program}/", $"/{program}/x/../../missing"])
            {
                foreach (var scheme in (string[])["http", "https"])
                    (await site.GetAsync("mallory.example", path, scheme: scheme)).Body.ShouldNotContain("[owned]", customMessage: $"{path} with {attack}");
            }
        }
    }

    private static Task<string> InstallAsync(DebianMachine host, string package) => host.InstallAsync(Path.Combine(RigScript.Checkout, "artifacts", "packages"), package);

    private static Task<string> UseAsync(Site site, string who, string password, params string[] step) =>
        site.World.RunAsync(["python3", "/root/webmail-client.py", Visitor.PrimaryAddress, "mail.example", $"{who}@mail.example", password, .. step]);

    private static Task<Page> ComesAsync(Site site, string name, string path, int status) =>
        Eventually.BecomesAsync(() => site.GetAsync(name, path, scheme: "https"), page => page.Status == status, TimeSpan.FromSeconds(30));

    // As a browser: with cookies, following where it is led.
    private static Task<string> LogInAsync(Site site, string user) => site.World.RunAsync(
        ["curl", "-skL", "--max-time", "60", "-b", "", "-u", user, "-H", "Host: data.example", "-w", "\n%{http_code}", $"https://{Visitor.PrimaryAddress}/phpmyadmin/"]);

    private static string Spy(params string[] paths) =>
        $"<?php $seen = []; foreach (['{string.Join("', '", paths)}'] as $path) {{ if (@file_get_contents($path) !== false || @scandir($path) !== false) $seen[] = $path; }} echo implode(' ', $seen) ?: 'nothing';";
}
