using System.Globalization;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>The one process that writes all access logs (WEB-35 to WEB-48), as root among customers.</summary>
public sealed class AccessLogTests(Sites sites) : HostTest(sites)
{
    [Theory, Releases]
    public async Task One_process_writes_all_logs(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("one.example", ("public/htdocs/index.html", "1"));
        await site.Host.PublishAsync("two.example", ("public/htdocs/index.html", "2"));
        await site.SoonAsync("one.example", 200);
        await site.SoonAsync("two.example", 200);

        await site.Host.UntilAsync(Visitor.Soon, "test", "-s", "/srv/one.example/public/logs/access.log");
        await site.Host.UntilAsync(Visitor.Soon, "test", "-s", "/srv/two.example/public/logs/access.log");
        // While Apache takes a new configuration into use there are two.
        await site.Host.UntilAsync(Visitor.Soon, "sh", "-c", "test $(pgrep -c -f '^/usr/bin/symbiosis log-splitter .*access.log') = 1");
    }

    [Theory, Releases]
    public async Task WEB_36_a_line_is_in_combined_format_without_the_name(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("format.example", ("public/htdocs/index.html", "page"));
        await site.SoonAsync("format.example", 200);

        await site.World.RunAsync("curl", "-s", "-o", "/dev/null", "-A", "a \"browser\"", "-e", "http://elsewhere.test/", "-H", "Host: format.example", "http://192.0.2.1/index.html?x=1");

        await site.Host.UntilAsync(
            Visitor.Soon, "grep", "-Eq",
            """^192\.0\.2\.53 - - \[[^]]+\] "GET /index\.html\?x=1 HTTP/1\.1" 200 [0-9]+ "http://elsewhere\.test/" "a \\"browser\\""$""",
            "/srv/format.example/public/logs/access.log");
    }

    [Theory, Releases]
    public async Task WEB_T13_the_first_visit_by_https_makes_a_log_of_the_owner(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("secure.example", ("public/htdocs/index.html", "secure"));
        await site.SoonAsync("secure.example", 200);

        await site.World.RunAsync("curl", "-sk", "-o", "/dev/null", "--connect-to", "secure.example:443:192.0.2.1:443", "https://secure.example/first");

        await site.Host.UntilAsync(Visitor.Soon, "test", "-s", "/srv/secure.example/public/logs/ssl_access.log");
        var lines = (await site.Host.ReadAsync("/srv/secure.example/public/logs/ssl_access.log")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Single().ShouldStartWith("192.0.2.53 - - [");
        (await site.Host.RunAsync("stat", "-c", "%U:%G", "/srv/secure.example/public/logs/ssl_access.log")).ShouldBe("admin:admin\n");
    }

    [Theory, Releases]
    public async Task WEB_T17_lines_of_a_removed_domain_go_to_the_default_log_and_it_does_not_come_back(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("gone.example", ("public/htdocs/index.html", "gone"));
        await site.SoonAsync("gone.example", 200);
        await site.Host.UntilAsync(Visitor.Soon, "test", "-s", "/srv/gone.example/public/logs/access.log");

        await site.Host.RunAsync("rm", "-rf", "/srv/gone.example");
        await site.SoonAsync("gone.example", 404);
        await site.GetAsync("gone.example", "/after");

        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "^gone.example .*\"GET /after ", "/var/log/apache2/zz-mass-hosting.access.log");
        (await site.Host.TryRunAsync(["test", "-e", "/srv/gone.example"])).Succeeded.ShouldBeFalse();
    }

    [Theory, Releases]
    public async Task WEB_T15_a_request_cannot_write_into_another_domains_log(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("attacker.example", ("public/htdocs/.htaccess", "SetEnv SYMBIOSIS_SITE \"80 victim.example forged\"\nSetEnvIf Request_URI . SYMBIOSIS_SITE=victim.example\n"));
        await site.Host.PublishAsync("victim.example", ("public/htdocs/index.html", "v"));
        await site.SoonAsync("victim.example", 200);
        await site.SoonAsync("attacker.example", 403);

        await site.GetAsync("attacker.example", "/victim.example", "[2001:db8::1]");
        await site.GetAsync("attacker.example", "/80%20victim.example%20x");
        await site.GetAsync("victim.example", "/last");

        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "GET /last ", "/srv/victim.example/public/logs/access.log");
        (await site.Host.ReadAsync("/srv/victim.example/public/logs/access.log")).Split('\n')[..^1].ShouldAllBe(line => line.Contains("\"GET / ") || line.Contains("\"GET /last "));
        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "GET /victim.example ", "/srv/attacker.example/public/logs/access.log");
    }

    [Theory, Releases]
    public async Task WEB_T18_no_trap_of_a_customer_is_written_to(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home mallory; sysctl -qw fs.protected_hardlinks=0 fs.protected_symlinks=0 || true; touch /etc/victim; chmod 600 /etc/victim");
        await site.Host.PublishAsAsync("mallory", "mallory.example", ("public/htdocs/index.html", "m"));
        await site.SoonAsync("mallory.example", 200);
        await site.Host.RunAsync("symbiosis", "apply"); // a new owner changes /etc as well; when this returns, that is over
        var before = await EtcAsync(site);

        // Mallory exchanges the log, and the directory it is in, for links as fast as the machine can, while visitors come.
        await site.Host.RunAsync(
            "systemd-run", "--quiet", "--unit=mallory", "--uid=mallory", "--working-directory=/srv/mallory.example/public", "bash", "-c",
            """
            mkdir -p logs; while :; do
              ln -sfn /etc/victim logs/access.log; ln -sfn /etc/new logs/access.log; rm -f logs/access.log; ln /etc/victim logs/access.log 2>/dev/null; rm -f logs/access.log; : >logs/access.log
              mv logs real; ln -s /etc logs; rm -f logs; mv real logs
            done 2>/dev/null
            """);
        for (var round = 0; round < 20; round++)
        {
            await site.World.RunAsync("curl", "-s", "-o", "/dev/null", "--fail-early", "-H", "Host: mallory.example", "http://192.0.2.1/[1-200]");
            await site.Host.UntilAsync(Visitor.Soon, "pkill", "-HUP", "-f", "symbiosis log-splitter"); // Apache may be about to start the next
        }

        await site.Host.RunAsync("systemctl", "stop", "mallory");

        var after = await EtcAsync(site);
        after.Except(before, StringComparer.Ordinal).Concat(before.Except(after, StringComparer.Ordinal)).ShouldBeEmpty();
        (await site.Host.TryRunAsync(["test", "-e", "/etc/new"])).Succeeded.ShouldBeFalse();
        (await site.GetAsync("mallory.example")).Status.ShouldBe(200);

        static async Task<string[]> EtcAsync(Site site) => (await site.Host.ShellAsync("find /etc -xdev -printf '%p %U %G %m %s %T@ %l\\n'")).Split('\n');
    }

    [Theory, Releases]
    public async Task No_line_is_lost_when_apache_reloads_under_load(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("busy.example", ("public/htdocs/index.html", "busy"));
        await site.SoonAsync("busy.example", 200, path: "/index.html");
        var load = site.World.RunAsync("ab", "-q", "-n", "20000", "-c", "8", "-H", "Host: busy.example", "http://192.0.2.1/index.html?load");
        for (var reload = 0; reload < 5; reload++)
        {
            await site.Host.RunAsync("systemctl", "reload", "apache2");
            await site.Host.UntilAsync(Visitor.Soon, "pkill", "-HUP", "-f", "symbiosis log-splitter"); // Apache may be about to start the next
        }

        var answered = (await load).Split('\n').Single(line => line.StartsWith("Complete requests:", StringComparison.Ordinal)).Split(':')[1].Trim();
        answered.ShouldBe("20000");

        await Eventually.BecomesAsync(
            async () => int.Parse(await site.Host.ShellAsync("grep -c 'GET /index.html?load ' /srv/busy.example/public/logs/access.log || true"), CultureInfo.InvariantCulture),
            lines => lines == 20000,
            Visitor.Soon);
    }

    [Theory, Releases]
    public async Task WEB_T20_logs_are_rotated_under_load_and_every_request_is_in_one_of_them(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("busy.example", ("public/htdocs/index.html", "busy"));
        await site.SoonAsync("busy.example", 200, path: "/index.html");
        await site.Host.UntilAsync(Visitor.Soon, "test", "-s", "/srv/busy.example/public/logs/access.log");
        (await site.Host.RunAsync("systemctl", "is-active", "symbiosis-logs.timer")).ShouldBe("active\n");
        var load = site.World.RunAsync("ab", "-q", "-n", "8000", "-c", "4", "-H", "Host: busy.example", "http://192.0.2.1/index.html?load");
        for (var night = 0; night < 4; night++)
        {
            // Whoever writes it has to have opened the new one; the load may be over before.
            await site.GetAsync("busy.example", "/index.html");
            await site.Host.UntilAsync(Visitor.Soon, "test", "-s", "/srv/busy.example/public/logs/access.log");
            await site.Host.RunAsync("systemctl", "start", "symbiosis-logs.service");
        }

        await load;

        await Eventually.BecomesAsync(
            async () => (await site.Host.ShellAsync("cd /srv/busy.example/public/logs; zcat -f access.log* | grep -c 'GET /index.html?load ' || true")).Trim(),
            lines => lines == "8000",
            Visitor.Soon);
        var logs = (await site.Host.ShellAsync("cd /srv/busy.example/public/logs; stat -c '%n %U:%G' access.log.*")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        logs.ShouldContain("access.log.1 admin:admin");
        logs.ShouldContain("access.log.2.gz admin:admin");
        logs.ShouldContain("access.log.4.gz admin:admin");
    }
}
