using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Rig;

/// <summary>The ground that all tests on machines stand on.</summary>
public sealed class RigTests(Sites sites) : HostTest(sites)
{
    [Theory, Releases]
    public async Task Machine_boots_with_real_systemd(Debian release)
    {
        var site = await SharedSiteAsync(release, MachineKind.Host);

        (await site.Host.RunAsync("systemctl", "is-system-running")).Trim().ShouldBe("running");
        (await site.Host.RunAsync("cat", "/proc/1/comm")).Trim().ShouldBe("systemd");
        (await site.Host.ShellAsync(". /etc/os-release; echo $VERSION_ID")).Trim().ShouldBe(((int)release).ToString());
        (await site.Host.RunAsync("hostname", "--fqdn")).Trim().ShouldBe("host.example.net");
    }

    [Theory, Releases]
    public async Task Two_machines_reach_each_other_over_ipv4_and_ipv6(Debian release)
    {
        var site = await SharedSiteAsync(release, MachineKind.Host);

        foreach (var (from, to) in new[] { (site.Host, "192.0.2.53"), (site.Host, "2001:db8::53"), (site.World, "192.0.2.1"), (site.World, "2001:db8::1") })
        {
            await from.RunAsync("ping", "-c", "1", "-W", "20", to);
        }
    }

    [Theory, Releases]
    public async Task Strangers_far_away_reach_the_host_and_get_an_answer(Debian release)
    {
        var site = await SharedSiteAsync(release, MachineKind.Host);

        foreach (var (stranger, url) in new[] { ("203.0.113.9", "http://192.0.2.1/"), ("2001:db8:cafe::7", "http://[2001:db8::1]/") })
        {
            var page = await site.World.RunAsync("curl", "-sS", "--max-time", "30", "--interface", stranger, url);
            page.ShouldContain("Apache2");
        }

        await site.Host.UntilAsync(TimeSpan.FromSeconds(60), "grep", "-q", "203.0.113.9", "/var/log/apache2/access.log"); // written after the answer
    }

    [Theory, Releases]
    public async Task Sites_never_see_each_other(Debian release)
    {
        var site = await SharedSiteAsync(release, MachineKind.Host);
        var other = await OwnSiteAsync(release, MachineKind.Base);
        await other.AddAsync("neighbour", MachineKind.Base, number: 3);

        await other.World.RunAsync("ping", "-c", "1", "-W", "20", "192.0.2.3");
        (await site.World.TryRunAsync(["ping", "-c", "1", "-W", "1", "192.0.2.3"])).Succeeded.ShouldBeFalse();
    }

    [Theory, Releases]
    public async Task World_resolves_our_zones(Debian release)
    {
        var site = await SharedSiteAsync(release, MachineKind.Host);

        foreach (var (name, address) in new[]
        {
            ("host.example.net", "192.0.2.1"), ("example.com", "192.0.2.1"), ("www.example.org", "2001:db8::1"),
            ("any.name.hosted.test", "192.0.2.1"), ("mx.elsewhere.test", "198.51.100.8"),
        })
        {
            (await site.Host.RunAsync("getent", "ahosts", name)).ShouldContain(address);
        }

        (await site.Host.RunAsync("getent", "hosts", "198.51.100.8")).ShouldContain("mx.elsewhere.test");
        (await site.Host.RunAsync("getent", "hosts", "2001:db8:cafe::8")).ShouldContain("mx.elsewhere.test");
        (await site.World.RunAsync("dig", "+short", "-x", "192.0.2.1")).Trim().ShouldBe("host.example.net.");
        (await site.World.RunAsync("dig", "+short", "MX", "example.com")).Trim().ShouldBe("10 host.example.net.");
        (await site.Host.TryRunAsync(["getent", "ahosts", "nobody.test"])).Succeeded.ShouldBeFalse();
    }

    [Theory, Releases]
    public async Task A_record_that_changes_in_the_world_is_seen_at_once(Debian release)
    {
        var site = await SharedSiteAsync(release, MachineKind.Host);

        foreach (var address in new[] { "192.0.2.77", "192.0.2.78" })
        {
            await site.World.RunAsync("dns-record", "set", "moving.test", "A", address);
            (await site.Host.RunAsync("getent", "ahosts", "moving.test")).ShouldContain(address);
        }

        await site.World.RunAsync("dns-record", "unset", "moving.test", "A");
        (await site.Host.TryRunAsync(["getent", "ahosts", "moving.test"])).Succeeded.ShouldBeFalse();
    }

    [Theory, Releases]
    public async Task Foreign_mail_server_takes_mail_for_its_domains_and_refuses_others(Debian release)
    {
        var site = await SharedSiteAsync(release, MachineKind.Host);

        foreach (var recipient in new[] { "ann@elsewhere.test", "ann@v6only.test" })
        {
            var outcome = await Swaks(site, recipient);
            outcome.Succeeded.ShouldBeTrue(outcome.ToString());
            await site.World.UntilAsync(TimeSpan.FromSeconds(60), "grep", "-rqx", $"Delivered-To: {recipient}", "/var/mail/world/new");
        }

        foreach (var (recipient, answer) in new[] { ("refused@elsewhere.test", "550"), ("later@elsewhere.test", "451"), ("ann@example.com", "554") })
        {
            var outcome = await Swaks(site, recipient);
            outcome.Succeeded.ShouldBeFalse();
            outcome.Output.ShouldContain($"<** {answer}");
        }

        static Task<CommandOutcome> Swaks(Site site, string recipient) => site.Host.TryRunAsync(
        [
            "swaks", "--server", recipient.EndsWith("v6only.test", StringComparison.Ordinal) ? "mx.v6only.test" : "mx.elsewhere.test",
            "--from", "bob@example.com", "--to", recipient, "--timeout", "30",
        ]);
    }

    [Theory, Releases]
    public async Task Packages_install_on_a_bare_machine_without_a_network(Debian release)
    {
        var site = await OwnSiteAsync(release, MachineKind.Base);

        (await site.Host.TryRunAsync(["test", "-e", "/usr/sbin/apache2"])).Succeeded.ShouldBeFalse();
        await site.Host.ShellAsync("apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends apache2");
        (await site.Host.RunAsync("systemctl", "is-active", "apache2")).Trim().ShouldBe("active");
        (await site.World.RunAsync("curl", "-sS", "--max-time", "30", "http://192.0.2.1/")).ShouldContain("Apache2");
    }

    [Theory]
    [InlineData(null, new[] { Debian.Bookworm, Debian.Trixie })]
    [InlineData("", new[] { Debian.Bookworm, Debian.Trixie })]
    [InlineData("13", new[] { Debian.Trixie })]
    [InlineData("13, 12,13", new[] { Debian.Trixie, Debian.Bookworm })]
    public void Releases_under_test_are_those_named_or_all(string? named, Debian[] releases) =>
        ReleasesAttribute.Parse(named).ShouldBe(releases);

    [Theory]
    [InlineData("11")]
    [InlineData("12,sid")]
    public void A_release_that_does_not_exist_is_refused_rather_than_testing_nothing(string named) =>
        Should.Throw<InvalidOperationException>(() => ReleasesAttribute.Parse(named));

    [Theory, Releases]
    public async Task Nothing_of_a_machine_stays_behind(Debian release)
    {
        string name;
        await using (var site = await Site.BootAsync(release, MachineKind.Base))
        {
            name = site.Host.Name;
            Remains(name).ShouldNotBeEmpty();
        }

        // The kernel ends processes and namespaces when it finds time.
        await Eventually.BecomesAsync(() => Task.FromResult(string.Join('\n', Remains(name))), remains => remains.Length == 0, TimeSpan.FromSeconds(60));

        // Namespaces, control groups and notes all bear the name of the machine; so do the arguments of its processes.
        static string[] Remains(string name) =>
        [
            .. Directory.EnumerateFileSystemEntries("/run/netns").Where(entry => entry.EndsWith(name, StringComparison.Ordinal)),
            .. Directory.EnumerateDirectories("/run/symbiosis-machines").SelectMany(Directory.EnumerateDirectories).Where(entry => entry.EndsWith(name, StringComparison.Ordinal)),
            .. Directory.EnumerateDirectories("/proc").Where(process => CommandLine(process).Contains(name, StringComparison.Ordinal)),
        ];

        static string CommandLine(string process)
        {
            try
            {
                return File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                return ""; // not a process, or it has just ended
            }
        }
    }

    [Theory, Releases]
    public async Task What_a_machine_changes_is_gone_with_it(Debian release)
    {
        var first = await OwnSiteAsync(release, MachineKind.Host);
        await first.Host.WriteAsync("/srv/example.com/public/htdocs/index.html", "mine");
        await first.Host.RunAsync("rm", "/etc/apache2/apache2.conf");

        var second = await OwnSiteAsync(release, MachineKind.Host);
        (await second.Host.TryRunAsync(["test", "-e", "/srv/example.com"])).Succeeded.ShouldBeFalse();
        await second.Host.RunAsync("test", "-e", "/etc/apache2/apache2.conf");
    }
}
