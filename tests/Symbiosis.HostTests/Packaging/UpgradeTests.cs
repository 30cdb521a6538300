using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Packaging;

/// <summary>Upgrades of our packages, and of Debian's below them.</summary>
public sealed class UpgradeTests(Sites sites) : HostTest(sites)
{
    private static readonly string[] Ours = ["symbiosis", "symbiosis-web", "symbiosis-mail"];

    [Theory, Releases]
    public async Task Our_upgrade_keeps_what_the_administrator_changed_and_restarts_no_daemon(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Host)).Host;
        await host.InstallAsync(await BuiltPackages.FirstAsync(), Ours);
        await host.ShellAsync("""
            sed -i '2i # by hand' /etc/exim4/exim4.conf
            echo '# also by hand' >>/etc/sudoers.d/symbiosis
            a2ensite -q 000-default
            chmod 2775 /srv
            dpkg-statoverride --remove /srv
            dpkg-statoverride --add admin admin 2775 /srv
            """);
        var daemons = await ProcessesAsync(host, "apache2", "exim4", "dovecot");
        var service = await ProcessesAsync(host, "symbiosis");

        await host.InstallAsync(await BuiltPackages.SecondAsync(), Ours);

        (await host.RunAsync(["dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}\n", .. Ours])).ShouldBe("2.0 installed\n2.0 installed\n2.0 installed\n");
        (await host.ReadAsync("/etc/exim4/exim4.conf")).ShouldContain("# by hand");
        (await host.RunAsync("symbiosis", "status")).ShouldContain("/etc/exim4/exim4.conf");
        (await host.ReadAsync("/etc/sudoers.d/symbiosis")).ShouldEndWith("# also by hand\n");
        (await host.RunAsync("a2query", "-s", "000-default")).ShouldContain("enabled by site administrator");
        (await host.RunAsync("stat", "-c", "%a", "/srv")).ShouldBe("2775\n");
        (await ProcessesAsync(host, "apache2", "exim4", "dovecot")).ShouldBe(daemons);
        (await ProcessesAsync(host, "symbiosis")).ShouldNotBe(service);
        (await host.RunAsync("systemctl", "is-active", "symbiosis")).ShouldBe("active\n");

        // What a boot does.
        await host.ShellAsync("systemctl stop symbiosis; systemd-tmpfiles --create --remove --boot; stat -c %a /srv; systemctl start symbiosis");
        (await host.RunAsync("stat", "-c", "%a %U:%G", "/srv")).ShouldBe("2775 admin:admin\n");
    }

    [Theory, Releases]
    public async Task A_new_version_of_Debians_dovecot_conf_waits_beside_ours_without_a_question(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Host)).Host;
        await host.InstallAsync(await BuiltPackages.FirstAsync(), Ours);
        var ours = await host.ReadAsync("/etc/dovecot/dovecot.conf");

        // What an upgrade of dovecot-core does: new files below /usr/share, then its postinst.
        await ReconfigureDovecotAsync(host, "a newer version");

        (await host.ReadAsync("/etc/dovecot/dovecot.conf")).ShouldBe(ours);
        (await host.ReadAsync("/etc/dovecot/dovecot.conf.distrib")).ShouldEndWith("# a newer version\n");
        (await host.RunAsync("systemctl", "is-active", "dovecot")).ShouldBe("active\n");

        await host.AptAsync("remove", "symbiosis-mail");
        (await host.ReadAsync("/etc/dovecot/dovecot.conf")).ShouldEndWith("# a newer version\n");

        await ReconfigureDovecotAsync(host, "the newest version");
        (await host.ReadAsync("/etc/dovecot/dovecot.conf")).ShouldEndWith("# the newest version\n");
        (await host.RunAsync("find", "/etc/dovecot", "-name", "*.ucf-*", "-o", "-name", "*.distrib")).ShouldBeEmpty();
    }

    [Theory, Releases]
    public async Task A_file_of_Dovecot_that_the_administrator_had_changed_before_us_comes_back_changed(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Host)).Host;
        await host.ShellAsync("echo '# mine' >>/etc/dovecot/dovecot.conf");
        await host.InstallAsync(await BuiltPackages.FirstAsync(), Ours);

        await host.AptAsync("purge", Ours);

        (await host.ReadAsync("/etc/dovecot/dovecot.conf")).ShouldEndWith("# mine\n");
        (await host.RunAsync("systemctl", "is-active", "dovecot")).ShouldBe("active\n");
    }

    [Theory, Releases]
    public async Task A_daemon_that_is_upgraded_makes_the_service_look_again(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Host)).Host;
        await host.InstallAsync(await BuiltPackages.FirstAsync(), Ours);
        foreach (var package in (string[])["dovecot-core", "exim4-daemon-heavy", "apache2-bin"])
        {
            var service = await ProcessesAsync(host, "symbiosis");

            await host.AptAsync("install", "--reinstall", package);

            (await ProcessesAsync(host, "symbiosis")).ShouldNotBe(service, package);
            (await host.RunAsync("systemctl", "is-active", "symbiosis")).ShouldBe("active\n");
        }
    }

    [Theory, Releases]
    public async Task Packages_can_be_installed_where_no_systemd_runs(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Host)).Host;
        await host.InstallAsync(await BuiltPackages.FirstAsync(), "symbiosis");
        await host.AptAsync("purge", "symbiosis");
        // Without those whose dependencies are not on the machine.
        foreach (var package in Directory.GetFiles(await BuiltPackages.FirstAsync(), "*.deb").Where(file => !file.Contains("symbiosis-phpmyadmin_", StringComparison.Ordinal) && !file.Contains("symbiosis-webmail_", StringComparison.Ordinal)))
            await host.PushAsync(package, "/root/packages");

        // As while an image is built: the directory by which programs recognise a running systemd is not there.
        await host.ShellAsync("""
            unshare --mount sh -euc 'mkdir /run/nothing && mount --bind /run/nothing /run/systemd && ! systemctl is-system-running && dpkg --install /root/packages/*.deb'
            """);
        await host.RunAsync("systemctl", "daemon-reload");
        (await host.RunAsync("systemctl", "is-enabled", "symbiosis")).ShouldBe("enabled\n");

        // The first boot.
        await host.RunAsync("systemctl", "restart", "apache2");
        await host.RunAsync("systemctl", "start", "symbiosis");
        (await host.RunAsync("exim4", "-bV")).ShouldContain("Configuration file is /etc/exim4/exim4.conf");
        await host.UntilAsync(TimeSpan.FromSeconds(60), "sh", "-c", "symbiosis plan | grep -q 'Nothing to change'");
    }

    private static Task<string> ReconfigureDovecotAsync(DebianMachine host, string line) => host.ShellAsync($"""
        sed -i '/ version$/d' /usr/share/dovecot/dovecot.conf
        echo '# {line}' >>/usr/share/dovecot/dovecot.conf
        DEBIAN_FRONTEND=noninteractive dpkg-reconfigure dovecot-core </dev/null
        """);

    // What a restart changes and a reload does not.
    private static Task<string> ProcessesAsync(DebianMachine host, params string[] units) =>
        host.RunAsync(["systemctl", "show", "--property=Id,InvocationID", .. units]);
}
