using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Packaging;

/// <summary><c>./install</c> on a server nobody touched before, and on machines it must leave alone.</summary>
public sealed class InstallScriptTests(Sites sites) : HostTest(sites)
{
    [Theory, Releases]
    public async Task A_bare_Debian_serves_web_and_mail_after_install(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Base)).Host;
        await PushAsync(host, await BuiltPackages.FirstAsync());

        await InstallAsync(host, "--packages", "/root/packages");

        (await host.RunAsync("systemctl", "is-active", "symbiosis", "apache2", "exim4", "dovecot")).ShouldBe("active\nactive\nactive\nactive\n");
        (await host.RunAsync("systemctl", "is-system-running")).ShouldBe("running\n");
        (await host.RunAsync("stat", "-c", "%U:%G %a", "/srv", "/srv/host.example.net/public/htdocs", "/srv/host.example.net/mailboxes/root")).ShouldBe(
            "admin:admin 2755\nadmin:admin 2755\nadmin:admin 2755\n"); // CORE-63, CORE-64
        (await host.RunAsync("getent", "passwd", "admin")).ShouldBe("admin:x:1000:1000:Symbiosis Administrator:/srv:/bin/bash\n"); // CORE-62
        (await host.RunAsync("id", "-nG", "admin")).ShouldBe("admin adm www-data\n");
        (await host.RunAsync("sh", "-c", "passwd --status admin | cut -d' ' -f2; stat -c '%U:%G %a' /etc/sudoers.d/symbiosis; visudo -cq")).ShouldBe("L\nroot:root 440\n");
        (await host.RunAsync("zcat", "/usr/share/man/man1/symbiosis.1.gz")).ShouldContain("mailbox create"); // there is no man(1) on a small Debian
    }

    [Theory, Releases]
    public async Task One_service_brings_no_daemon_of_another(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Base)).Host;
        await PushAsync(host, await BuiltPackages.FirstAsync());
        await host.ShellAsync("echo root:secret | chpasswd");

        await InstallAsync(host, "--packages", "/root/packages", "symbiosis-web");

        (await host.RunAsync("systemctl", "is-active", "apache2")).ShouldBe("active\n");
        (await host.ShellAsync("getent shadow admin | cut -d: -f2")).ShouldBe(await host.ShellAsync("getent shadow root | cut -d: -f2")); // CORE-62
        (await host.TryRunAsync(["dpkg", "-s", "exim4-base", "dovecot-core", "symbiosis-mail"])).Error.ShouldContain("package 'exim4-base' is not installed");
    }

    [Theory, Releases]
    public async Task What_is_no_Debian_or_would_lose_a_mail_server_is_left_alone(Debian release)
    {
        var host = (await OwnSiteAsync(release, MachineKind.Base)).Host;
        await PushAsync(host, await BuiltPackages.FirstAsync());

        await host.AptAsync("install", "postfix");
        var withPostfix = await TryInstallAsync(host, "--packages", "/root/packages");
        withPostfix.ExitCode.ShouldBe(1);
        withPostfix.Error.ShouldContain("apt would remove: postfix");
        (await host.RunAsync("systemctl", "is-active", "postfix")).ShouldBe("active\n");

        await host.PushAsync(Path.Combine(RigScript.Checkout, "machine"), "/root/");
        var withoutSdk = (await TryInstallAsync(host)).Error;
        withoutSdk.ShouldContain("the .NET 10 SDK is missing");
        withoutSdk.ShouldContain("sudo ./install --packages DIRECTORY");

        await host.AptAsync("purge", "postfix");
        await host.ShellAsync("rm /etc/os-release && printf 'ID=ubuntu\\nVERSION_ID=26.04\\n' >/etc/os-release");
        var elsewhere = await TryInstallAsync(host, "--packages", "/root/packages");
        elsewhere.ExitCode.ShouldBe(1);
        elsewhere.Error.ShouldContain("this is not Debian but ubuntu");
        (await host.ReadAsync("/var/lib/dpkg/status")).ShouldNotContain("symbiosis");
    }

    private static async Task PushAsync(DebianMachine host, string packages)
    {
        await host.PushAsync(Path.Combine(RigScript.Checkout, "install"), "/root/");
        await host.RunAsync("mkdir", "/root/packages");
        foreach (var package in Directory.GetFiles(packages, "*.deb"))
            await host.PushAsync(package, "/root/packages");
    }

    private static async Task InstallAsync(DebianMachine host, params string[] arguments)
    {
        var outcome = await TryInstallAsync(host, arguments);
        outcome.ExitCode.ShouldBe(0, outcome.ToString());
    }

    private static Task<CommandOutcome> TryInstallAsync(DebianMachine host, params string[] arguments) =>
        host.TryRunAsync(["/root/install", .. arguments], timeout: TimeSpan.FromMinutes(5));
}
