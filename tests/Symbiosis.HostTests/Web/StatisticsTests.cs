using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>Rotation and then statistics (WEB-49 to WEB-59), with the real programs, among customers.</summary>
public sealed class StatisticsTests(Sites sites) : HostTest(sites)
{
    [Theory, Releases]
    public async Task WEB_T21_visits_are_counted_at_the_rotation_and_shown_to_everybody(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.ShellAsync("apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends goaccess; useradd --create-home eve");
        foreach (var domain in (string[])["seen.example", "off.example", "false.example"])
            await site.Host.PublishAsync(domain, ("public/htdocs/index.html", "seen"));
        await site.Host.PublishAsync("off.example", ("config/no-stats", ""));
        await site.Host.PublishAsync("false.example", ("config/stats", "false"));
        await site.Host.PublishAsync("week.example", ("public/htdocs/index.html", "week"), ("config/log-days", "7"), ("public/logs/access.log.9", "old"));
        await site.Host.PublishAsAsync("eve", "eve.example", ("public/htdocs/index.html", "eve"));
        await site.Host.ShellAsync("runuser -u eve -- ln -s /srv/seen.example/public/htdocs /srv/eve.example/public/htdocs/stats");
        foreach (var domain in (string[])["seen.example", "off.example", "false.example", "eve.example", "week.example"])
        {
            await site.SoonAsync(domain, 200);
            await site.GetAsync(domain, "/index.html?secret=word");
            await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "secret=word", $"/srv/{domain}/public/logs/access.log");
        }

        await site.Host.RunAsync("systemctl", "start", "symbiosis-logs.service");

        // The unit of the statistics is started by the one of the rotation, after it.
        var page = await site.SoonAsync("seen.example", 200, "<title>seen.example</title>", "/stats/");
        page.Body.ShouldContain("192.0.2.0"); // the last part of the address is left out
        page.Body.ShouldNotContain("192.0.2.53");
        page.Body.ShouldNotContain("secret");
        page.Body.ShouldNotMatch("""<(?:script|img|iframe|link)\b[^>]*\s(?:src|href)\s*=\s*["'](?!data:)|url\(\s*["']?(?:https?:)?//|@import""");
        (await site.Host.ShellAsync("stat -c '%U:%G' /srv/seen.example/public/htdocs/stats/index.html /srv/seen.example/config/goaccess")).ShouldBe("admin:admin\nadmin:admin\n");
        await site.Host.TryRunAsync(["systemctl", "start", "symbiosis-statistics.service"]); // returns when it has ended; it fails because of eve, below
        foreach (var domain in (string[])["off.example", "false.example"])
        {
            (await site.GetAsync(domain, "/stats/")).Status.ShouldBe(404);
            (await site.Host.TryRunAsync(["test", "-e", $"/srv/{domain}/public/logs/access.log.1"])).Succeeded.ShouldBeTrue();
        }

        // A link of one customer leads to no other: it failed for her, and for nobody else.
        (await site.Host.RunAsync("journalctl", "-u", "symbiosis-statistics", "-o", "cat")).ShouldContain("/srv/eve.example/public/htdocs/stats");
        (await site.Host.RunAsync("ls", "-A", "/srv/seen.example/public/htdocs")).ShouldBe("index.html\nstats\n");
        (await site.Host.TryRunAsync(["test", "-e", "/srv/week.example/public/logs/access.log.9"])).Succeeded.ShouldBeFalse();
        (await site.Host.TryRunAsync(["test", "-e", "/srv/week.example/public/logs/access.log.10"])).Succeeded.ShouldBeFalse();
    }

    [Theory, Releases]
    public async Task WEB_T22_an_edited_configuration_of_webalizer_is_kept_and_used(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.ShellAsync($"apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends goaccess {(release == Debian.Bookworm ? "webalizer" : "")}");
        await site.Host.PublishAsync("counted.example", ("public/htdocs/index.html", "counted"), ("config/stats-engine", "webalizer"));
        if (release != Debian.Bookworm)
        {
            // There is no Webalizer: plan says so, and where nobody insists on it GoAccess takes over and leaves the file alone.
            await site.Host.UntilAsync(Visitor.Soon, "sh", "-c", "symbiosis plan 2>&1 | grep -q WEB050");
            await site.Host.ShellAsync("cd /srv/counted.example/config && rm stats-engine && runuser -u admin -- sh -c 'echo \"OutputDir ../public/htdocs/numbers\" >webalizer.conf'");
            await VisitAndRotateAsync();
            await site.SoonAsync("counted.example", 200, "<title>counted.example</title>", "/stats/");
            (await site.Host.ReadAsync("/srv/counted.example/config/webalizer.conf")).ShouldBe("OutputDir ../public/htdocs/numbers\n");
            return;
        }

        await VisitAndRotateAsync();
        await site.SoonAsync("counted.example", 200, "Usage Statistics for counted.example", "/stats/");
        (await site.Host.ReadAsync("/srv/counted.example/config/webalizer.conf")).ShouldContain("# Checksum MD5 ");
        (await site.Host.ShellAsync("stat -c '%U:%G' /srv/counted.example/config/webalizer.conf /srv/counted.example/config/webalizer.hist /srv/counted.example/public/htdocs/stats/index.html")).ShouldBe("admin:admin\nadmin:admin\nadmin:admin\n");

        await site.Host.ShellAsync("runuser -u admin -- sed -i 's,/htdocs/stats$,/htdocs/numbers,' /srv/counted.example/config/webalizer.conf; rm -r /srv/counted.example/public/htdocs/stats");
        var edited = await site.Host.ReadAsync("/srv/counted.example/config/webalizer.conf");
        await VisitAndRotateAsync();
        await site.SoonAsync("counted.example", 200, "Usage Statistics for counted.example", "/numbers/");
        (await site.Host.ReadAsync("/srv/counted.example/config/webalizer.conf")).ShouldBe(edited);
        (await site.GetAsync("counted.example", "/stats/")).Status.ShouldBe(404);

        async Task VisitAndRotateAsync()
        {
            await site.SoonAsync("counted.example", 200);
            await site.Host.UntilAsync(Visitor.Soon, "test", "-s", "/srv/counted.example/public/logs/access.log");
            await site.Host.RunAsync("systemctl", "start", "symbiosis-logs.service");
            await site.Host.TryRunAsync(["systemctl", "start", "symbiosis-statistics.service"]); // once more, if the first was still busy with the rotation before
        }
    }
}
