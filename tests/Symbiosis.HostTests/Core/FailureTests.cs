using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Core;

/// <summary>When a daemon fails or is not there, or the tree changes under our hands, the last good state serves and a message says what to do.</summary>
public sealed class FailureTests(Sites sites) : HostTest(sites)
{
    private const int Failed = 1;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory, Releases]
    public async Task A_daemon_that_cannot_reload_gets_its_old_files_back(Debian release)
    {
        const string Template = "/etc/symbiosis/apache.d/zz-mass-hosting.template.hbs";
        const string File = "/etc/apache2/sites-available/zz-mass-hosting.conf";
        var host = (await OwnSiteAsync(release)).Host;
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/public/htdocs; echo hello > /srv/example.com/public/htdocs/index.html");
        await host.UntilAsync(Soon, "curl", "-sfS", "-H", "Host: example.com", "http://127.0.0.1/");
        await host.ShellAsync("""
            systemctl stop symbiosis; symbiosis apply
            mkdir -p /run/systemd/system/apache2.service.d; printf '[Service]\nExecReload=\nExecReload=/bin/false\n' > /run/systemd/system/apache2.service.d/broken.conf
            systemctl daemon-reload
            """);
        var before = await host.ReadAsync(File);
        await host.ShellAsync($"cp /usr/share/symbiosis/templates/apache.d/zz-mass-hosting.template.hbs {Template}; echo '# newer' >> {Template}");
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/mailboxes/bob");

        var apply = await host.TryRunAsync(["symbiosis", "apply"]);

        apply.ExitCode.ShouldBe(Failed);
        apply.Error.ShouldContain("APPLY004");
        apply.Error.ShouldContain("journalctl -u apache2");
        (await host.ReadAsync(File)).ShouldBe(before);
        (await host.RunAsync("curl", "-sfS", "-H", "Host: example.com", "http://127.0.0.1/")).ShouldBe("hello\n");
        await host.RunAsync("doveadm", "user", "bob@example.com"); // what is of another daemon went live

        await host.ShellAsync("rm /run/systemd/system/apache2.service.d/broken.conf; systemctl daemon-reload; symbiosis apply");
        (await host.ReadAsync(File)).ShouldContain("# newer");
    }

    [Theory, Releases]
    public async Task A_daemon_that_is_stopped_is_not_started_and_its_files_count_from_its_next_start(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync("systemctl stop symbiosis apache2; cp /usr/share/symbiosis/templates/apache.d/zz-mass-hosting.template.hbs /etc/symbiosis/apache.d/; echo '# newer' >> /etc/symbiosis/apache.d/zz-mass-hosting.template.hbs");

        var apply = await host.TryRunAsync(["symbiosis", "apply"]);

        apply.Succeeded.ShouldBeTrue(apply.ToString());
        apply.Error.ShouldContain("APPLY007");
        apply.Error.ShouldContain("systemctl start apache2");
        (await host.TryRunAsync(["systemctl", "is-active", "--quiet", "apache2"])).Succeeded.ShouldBeFalse();
        (await host.ReadAsync("/etc/apache2/sites-available/zz-mass-hosting.conf")).ShouldContain("# newer");
    }

    [Theory, Releases]
    public async Task Without_a_daemon_the_others_are_configured_and_the_missing_one_is_named(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.ShellAsync("dpkg --purge --force-depends dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved dovecot-sieve dovecot-core >/dev/null 2>&1; ! test -e /usr/sbin/dovecot");
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/public/htdocs /srv/example.com/mailboxes/bob; echo hello > /srv/example.com/public/htdocs/index.html");

        (await host.UntilAsync(Soon, "curl", "-sfS", "-H", "Host: example.com", "http://127.0.0.1/")).ShouldBe("hello\n");
        await host.UntilAsync(Soon, "sh", "-c", "symbiosis status | grep 'MAIL009.*dovecot'");
        (await host.RunAsync("exim4", "-bV")).ShouldContain("Configuration file is /etc/exim4/exim4.conf");
        (await host.RunAsync("systemctl", "is-active", "apache2", "exim4", "symbiosis")).ShouldBe("active\nactive\nactive\n");
    }

    [Theory, Releases]
    public async Task Domains_that_come_and_go_while_they_are_applied_leave_nothing_behind(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.Admin.ShellAsync("mkdir -p /srv/example.com/public/htdocs; echo hello > /srv/example.com/public/htdocs/index.html");

        await host.Admin.ShellAsync("""
            for i in $(seq 300); do
              mkdir -p /srv/gone.example/public/htdocs /srv/gone.example/mailboxes/bob /srv/gone.example/config
              echo secret > /srv/gone.example/mailboxes/bob/password
              [ $((i % 3)) = 0 ] && mv /srv/gone.example /srv/moved.example && rm -r /srv/moved.example
              rm -rf /srv/gone.example
            done
            """);

        // Also what is in the middle of being rewritten comes to an end.
        await host.UntilAsync(Soon, "sh", "-c", "symbiosis plan | grep -q 'Nothing to change' && ! grep -rlsE '(gone|moved).example' /etc/apache2 /etc/exim4 /etc/dovecot /var/lib/symbiosis/web /var/lib/symbiosis/mail");
        (await host.ShellAsync("find /etc /srv /var/lib/symbiosis -name '.symbiosis-*' -o -name '*.example' -path '/srv/*' -prune")).ShouldBeEmpty();
        (await host.RunAsync("curl", "-sfS", "-H", "Host: example.com", "http://127.0.0.1/")).ShouldBe("hello\n");
        (await host.RunAsync("systemctl", "show", "-P", "NRestarts", "symbiosis")).ShouldBe("0\n");
    }
}
