using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Core;

/// <summary>What counts as a domain, told by the program on a real host (spec core, CORE-T1 to CORE-T12, T19, T22).</summary>
public sealed class DomainTests(Sites sites) : HostTest(sites)
{
    private const int Failed = 1;
    private const int ChangesPlanned = 3;
    private const int Busy = 75;

    [Theory, Releases]
    public async Task CORE_T1_T2_only_directories_of_people_are_domains_and_others_are_named(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync(
            """
            systemctl stop symbiosis
            install -d -o admin -g admin /srv/example.com /srv/example.info
            install -d -o root -g root /srv/example.org
            chgrp www-data /srv/example.info
            """);

        var list = await host.TryRunAsync(["symbiosis", "domain", "list"]);
        list.Succeeded.ShouldBeTrue();
        list.Output.ShouldContain("example.com\tadmin\twww.example.com");
        list.Output.ShouldNotContain("example.org");
        list.Output.ShouldNotContain("example.info");
        list.Error.ShouldContain("/srv/example.org");
        list.Error.ShouldContain("TREE002");
        list.Error.ShouldContain("www-data");

        await host.RunAsync("chgrp", "admin", "/srv/example.info");
        (await host.RunAsync("symbiosis", "domain", "list")).ShouldContain("example.info\tadmin");
    }

    [Theory, Releases]
    public async Task CORE_T3_when_every_domain_is_refused_nothing_below_etc_changes(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync("systemctl stop symbiosis; chown -R root:root /srv/host.example.net");
        const string Etc = "find /etc -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum";
        var before = await host.ShellAsync(Etc);

        var apply = await host.TryRunAsync(["symbiosis", "apply"]);

        apply.ExitCode.ShouldBe(Failed);
        (await host.ShellAsync(Etc)).ShouldBe(before);
    }

    [Theory, Releases]
    public async Task CORE_5_a_missing_or_empty_srv_changes_nothing_until_it_is_forced(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync("systemctl stop symbiosis; symbiosis apply; mkdir /srv.away; mv /srv/host.example.net /srv.away/");

        var empty = await host.TryRunAsync(["symbiosis", "apply"]);
        empty.ExitCode.ShouldBe(Failed);
        empty.Error.ShouldContain("PLAN010");
        (await host.RunAsync("ls", "/var/lib/symbiosis/web/names")).ShouldContain("host.example.net");

        var missing = await host.TryRunAsync(["symbiosis", "apply", "--prefix", "/nowhere"]);
        missing.ExitCode.ShouldBe(Failed);
        missing.Error.ShouldContain("/nowhere");

        await host.RunAsync("symbiosis", "apply", "--force");
        (await host.RunAsync("ls", "/var/lib/symbiosis/web/names")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("plann", 64, "there is no command 'plann'; did you mean plan?")]
    [InlineData("domain", 64, "a command is missing: create, list")]
    [InlineData("plan --quick", 64, "there is no option '--quick' here")]
    [InlineData("plan exmple.com", 1, "/srv/exmple.com: error TREE018: there is no such domain (hint: did you mean example.com?)")]
    [InlineData("apply example.org", 1, "/srv/example.org: error TREE018: there is no such domain (hint: it is another name of example.com)")]
    public async Task A_slip_of_the_pen_is_named_with_what_was_probably_meant(string words, int exitCode, string message)
    {
        var host = (await SharedSiteAsync(ReleasesAttribute.UnderTest[0])).Host; // the program is the same on all
        await host.Admin.ShellAsync("mkdir -p /srv/example.com; ln -sfn example.com /srv/example.org");

        var outcome = await host.TryRunAsync(["symbiosis", .. words.Split(' ')]);

        outcome.ExitCode.ShouldBe(exitCode);
        outcome.Error.ShouldContain(message);
    }

    [Theory, Releases]
    public async Task CORE_T4_T5_links_are_other_names_unless_a_directory_has_the_name(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.Admin.ShellAsync("mkdir /srv/example.com; ln -s example.com /srv/example.org; ln -s example.org /srv/example.net");
        (await host.RunAsync("symbiosis", "domain", "list")).ShouldContain("example.com\tadmin\texample.net example.org www.example.com www.example.net www.example.org\n");

        await host.Admin.RunAsync("mkdir", "/srv/www.example.org");
        var list = await host.RunAsync("symbiosis", "domain", "list");
        list.ShouldContain("example.com\tadmin\texample.net example.org www.example.com www.example.net\n");
        list.ShouldContain("www.example.org\tadmin\t\n");
    }

    [Theory, Releases]
    public async Task CORE_T6_names_that_are_no_domain_names_are_reported_and_harm_nobody(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.Admin.ShellAsync(
            """
            cd /srv
            mkdir nodots .hidden.com EXAMPLE.com example.com. 1.2.3.4 $'x.com\n;evil' $'bad\xff.example' good.example
            """);

        var list = await host.TryRunAsync(["symbiosis", "domain", "list"]);

        list.Output.ShouldContain("good.example\tadmin");
        list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2); // and the host's own
        list.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains("TREE001", StringComparison.Ordinal)).ShouldBe(5);
        list.Error.ShouldContain(@"x.com\n;evil");
        list.Error.ShouldNotContain("nodots");
    }

    [Theory, Releases]
    public async Task CORE_T11_T12_a_password_that_is_a_switch_word_lets_nobody_in_and_a_good_one_is_hashed_in_place(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/mailboxes/{bob,eve}; echo 'correct horse' > /srv/example.com/mailboxes/bob/password; : > /srv/example.com/mailboxes/eve/password");

        await host.UntilAsync(TimeSpan.FromSeconds(60), "grep", "-q", "^{CRYPT}[$]", "/srv/example.com/mailboxes/bob/password");

        (await host.RunAsync("stat", "-c", "%U:%G %a", "/srv/example.com/mailboxes/bob/password")).ShouldBe("admin:admin 600\n");
        await host.RunAsync("doveadm", "auth", "test", "bob@example.com", "correct horse");
        (await host.TryRunAsync(["doveadm", "auth", "test", "eve@example.com", ""])).Succeeded.ShouldBeFalse();
    }

    [Theory, Releases]
    public async Task CORE_T19_a_hostile_tenant_makes_root_touch_nothing_outside_of_srv(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync(
            """
            useradd -m -u 1001 tenant
            install -d -o tenant -g tenant /srv/evil.example /srv/evil2.example
            symbiosis apply
            """);
        await host.As("tenant").ShellAsync(
            """
            cd /srv/evil.example
            ln -s /etc/cron.d config
            mkdir -p public mailboxes
            ln -s /var/log public/logs
            ln -s /etc mailboxes/bob
            cd ../evil2.example
            mkdir config mailboxes mailboxes/bob
            mkfifo config/ip
            ln -s /etc config/dns
            ln -s loop config/mailbox-quota; ln -s mailbox-quota config/loop
            ln -s /etc/shadow mailboxes/bob/password
            head -c 2000000 /dev/zero > mailboxes/bob/quota
            """);
        const string Outside = "find /etc /var/log -xdev \\( -path /var/log/journal -o -path '/var/log/exim4/*' -o -name '*.log' -o -name '*.log.*' -o -name wtmp -o -name lastlog -o -name btmp \\) -prune -o -printf '%p %u %m %y\\n' | grep -v '^/etc/\\(apache2\\|php\\)' | sort | sha256sum";
        var before = await host.ShellAsync(Outside);
        var shadow = await host.ShellAsync("sha256sum /etc/shadow; stat -c '%U:%G %a %i' /etc/shadow");

        var apply = await host.TryRunAsync(["symbiosis", "apply"], timeout: TimeSpan.FromMinutes(3));

        apply.Error.ShouldContain("/srv/evil.example/config");
        apply.Error.ShouldContain("/srv/evil2.example/config/ip");
        apply.Error.ShouldContain("/srv/evil2.example/config/mailbox-quota");
        apply.Error.ShouldContain("/srv/evil2.example/mailboxes/bob/password");
        (await host.ShellAsync(Outside)).ShouldBe(before);
        (await host.ShellAsync("sha256sum /etc/shadow; stat -c '%U:%G %a %i' /etc/shadow")).ShouldBe(shadow);
    }

    [Theory, Releases]
    public async Task CORE_T22_of_two_applies_at_once_one_ends_with_75(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync("systemctl stop symbiosis");
        await host.Admin.RunAsync("mkdir", "-p", "/srv/example.com/public/htdocs");

        // The lock is held for as long as the first command runs, so the second finds it taken for certain.
        var second = await host.TryRunAsync(["sh", "-c", "echo apply > /var/lib/symbiosis/lock; exec flock /var/lib/symbiosis/lock symbiosis apply"]);
        second.ExitCode.ShouldBe(Busy);
        second.Error.ShouldContain("another run");

        var plan = await host.TryRunAsync(["symbiosis", "plan"]);
        plan.ExitCode.ShouldBe(ChangesPlanned);
        await host.RunAsync("symbiosis", "apply");
        (await host.RunAsync("symbiosis", "plan")).ShouldContain("Nothing to change.");
    }
}
