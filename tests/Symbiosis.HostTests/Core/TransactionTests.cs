using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Core;

/// <summary>An apply is whole or not at all, whoever breaks it.</summary>
public sealed class TransactionTests(Sites sites) : HostTest(sites)
{
    private const int Failed = 1;

    [Theory, Releases]
    public async Task Killed_at_any_moment_the_next_start_recovers_and_every_daemon_accepts_its_configuration(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync("systemctl stop symbiosis");

        // Each round changes host-wide files of all daemons and a domain, and kills the apply after another while.
        var outcome = await host.TryRunAsync(["bash", "-uc", """
            install -d -o admin -g admin /srv/example.com /srv/example.com/public /srv/example.com/public/htdocs
            killed=0
            for i in $(seq 30); do
              install -d -o admin -g admin /srv/k$i.example /srv/k$i.example/public /srv/k$i.example/mailboxes /srv/k$i.example/mailboxes/bob
              echo "# round $i" > /etc/exim4/symbiosis.d/10-round-$i
              rm -f /etc/apache2/sites-available/zz-mass-hosting.conf
              timeout -s KILL 0.$(printf %02d $(( (i * 37) % 97 + 3 ))) symbiosis apply >/dev/null 2>&1
              [ $? = 137 ] && killed=$((killed + 1))
              apache2ctl -t 2>&1 && exim4 -bV >/dev/null && doveconf -n >/dev/null || { echo "round $i broke a configuration"; exit 1; }
              find /etc /var/lib/symbiosis/web /var/lib/symbiosis/mail -type f -size 0 -newer /proc/1 -path '*symbiosis*' | grep . && { echo "round $i left an empty file"; exit 1; }
            done
            rm -f /etc/exim4/symbiosis.d/10-round-*
            echo killed $killed
            symbiosis apply && symbiosis plan
            """], timeout: TimeSpan.FromMinutes(5));

        outcome.Succeeded.ShouldBeTrue(outcome.ToString());
        outcome.Output.ShouldContain("Nothing to change.");
        (await host.RunAsync("systemctl", "is-active", "apache2", "exim4", "dovecot")).ShouldBe("active\nactive\nactive\n");
    }

    [Theory, Releases]
    public async Task What_a_daemons_checker_refuses_does_not_go_live_and_the_last_good_state_serves(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync("systemctl stop symbiosis; symbiosis apply");
        var before = await host.ReadAsync("/etc/exim4/exim4.conf");
        await host.WriteAsync("/etc/exim4/symbiosis.d/10-main/10-broken", "this_is_no_option = yes\n");
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/public/htdocs; echo hello > /srv/example.com/public/htdocs/index.html");

        var apply = await host.TryRunAsync(["symbiosis", "apply"]);

        apply.ExitCode.ShouldBe(Failed);
        apply.Error.ShouldContain("APPLY");
        apply.Error.ShouldContain("exim4");
        (await host.ReadAsync("/etc/exim4/exim4.conf")).ShouldBe(before);
        (await host.RunAsync("curl", "-sS", "-H", "Host: example.com", "http://127.0.0.1/")).ShouldBe("hello\n");

        await host.RunAsync("rm", "/etc/exim4/symbiosis.d/10-main/10-broken");
        await host.RunAsync("symbiosis", "apply");
        (await host.RunAsync("symbiosis", "plan")).ShouldContain("Nothing to change.");
    }

    [Theory, Releases]
    public async Task A_full_disk_changes_nothing_and_says_so(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync(
            """
            systemctl stop symbiosis
            symbiosis apply
            mount -t tmpfs -o size=64k tmpfs /var/lib/symbiosis/mail/users
            cp -a /var/lib/symbiosis/mail/users/. /var/lib/symbiosis/mail/users/ 2>/dev/null || true
            head -c 65536 /dev/zero > /var/lib/symbiosis/mail/users/.fill || true
            """);
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/mailboxes/bob");

        var apply = await host.TryRunAsync(["symbiosis", "apply"]);

        apply.ExitCode.ShouldBe(Failed);
        apply.Error.ShouldContain("APPLY");
        await host.ShellAsync("umount /var/lib/symbiosis/mail/users; symbiosis apply");
        await host.RunAsync("doveadm", "user", "bob@example.com");
    }

    [Theory, Releases]
    public async Task A_hand_edit_survives_apply_and_is_listed_and_merged(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        const string Template = "/etc/symbiosis/apache.d/zz-mass-hosting.template.hbs";
        const string File = "/etc/apache2/sites-available/zz-mass-hosting.conf";
        await host.ShellAsync($"systemctl stop symbiosis; symbiosis apply; sed -i '1i # my own line' {File}");

        await host.TryRunAsync(["symbiosis", "apply"]);
        (await host.ReadAsync(File)).ShouldStartWith("# my own line");
        var status = await host.TryRunAsync(["symbiosis", "status"]);
        status.Output.ShouldContain(File);
        status.Output.ShouldContain("+# my own line");

        // The template changes at its end: both are kept.
        await host.ShellAsync($"cp /usr/share/symbiosis/templates/apache.d/zz-mass-hosting.template.hbs {Template}; echo '# newer text' >> {Template}");
        (await host.TryRunAsync(["symbiosis", "apply"])).Error.ShouldContain("PLAN002");
        await host.RunAsync("symbiosis", "merge", File);
        var merged = await host.ReadAsync(File);
        merged.ShouldStartWith("# my own line");
        merged.ShouldContain("# newer text");

        // The same line changed on both sides: explained, and the file stays as it is.
        await host.ShellAsync($"sed -i 's/^# newer text$/# mine again/' {File}; sed -i 's/^# newer text$/# theirs again/' {Template}");
        var before = await host.ReadAsync(File);
        var conflict = await host.TryRunAsync(["symbiosis", "merge", File]);
        conflict.ExitCode.ShouldBe(Failed);
        conflict.Error.ShouldContain("<<<<<<<");
        (await host.ReadAsync(File)).ShouldBe(before);
    }

    [Theory, Releases]
    public async Task The_base_scenario_holds_for_web_and_mail(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        var live = TimeSpan.FromSeconds(60);
        string[] page = ["curl", "-sfS", "-H", "Host: example.com", "http://127.0.0.1/"];

        // absent
        (await host.TryRunAsync(page)).Succeeded.ShouldBeFalse();
        (await host.TryRunAsync(["doveadm", "user", "bob@example.com"])).Succeeded.ShouldBeFalse();

        // on
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/public/htdocs /srv/example.com/mailboxes/bob; echo one > /srv/example.com/public/htdocs/index.html; echo secret > /srv/example.com/mailboxes/bob/password");
        (await host.UntilAsync(live, page)).ShouldBe("one\n");
        await host.UntilAsync(live, "doveadm", "user", "bob@example.com");

        // changed
        await host.Admin.ShellAsync("echo two > /srv/example.com/public/htdocs/index.html; mkdir /srv/example.com/config; echo 5M > /srv/example.com/config/mailbox-quota");
        (await host.UntilAsync(live, page)).ShouldBe("two\n");
        await host.UntilAsync(live, "sh", "-c", "doveadm user bob@example.com | grep -q 5000000");

        // broken on purpose: named, and others are unaffected
        await host.Admin.ShellAsync("echo lots > /srv/example.com/config/mailbox-quota; mkdir -p /srv/example.org/mailboxes/carol");
        await host.UntilAsync(live, "sh", "-c", "symbiosis status | grep -q '/srv/example.com/config/mailbox-quota:1: .*hint'");
        await host.UntilAsync(live, "doveadm", "user", "carol@example.org");

        // repaired
        await host.Admin.RunAsync("sh", "-c", "echo 6M > /srv/example.com/config/mailbox-quota");
        await host.UntilAsync(live, "sh", "-c", "doveadm user bob@example.com | grep -q 6000000 && ! symbiosis status | grep -q 'mailbox-quota.*no size'");

        // nothing left to do, and a killed service recovers
        await host.ShellAsync("systemctl kill -s KILL symbiosis");
        await host.UntilAsync(TimeSpan.FromSeconds(60), "sh", "-c", "test $(systemctl show -P NRestarts symbiosis) = 1 && systemctl is-active symbiosis"); // systemd waits before it starts it again
        await host.UntilAsync(live, "sh", "-c", "symbiosis plan | grep -q 'Nothing to change.'");

        // removed: no trace
        await host.Admin.RunAsync("rm", "-rf", "/srv/example.com", "/srv/example.org");
        await host.UntilAsync(live, "sh", "-c", "! find /var/lib/symbiosis/web /var/lib/symbiosis/mail -name 'example.*' | grep . && ! grep -rlsF /srv/example. /etc /var/lib/symbiosis/web /var/lib/symbiosis/mail");
        (await host.TryRunAsync(page)).Succeeded.ShouldBeFalse();
    }
}
