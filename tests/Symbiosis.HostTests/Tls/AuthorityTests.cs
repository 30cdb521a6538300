using System.Text.Json;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Tls;

/// <summary>Certificates from a CA: Let's Encrypt's own test server runs in the world, refuses one nonce in five and takes its time (TLS-T19 to T22, T26, T31).</summary>
public sealed class AuthorityTests(Sites sites) : HostTest(sites)
{
    private const string Sets = "/srv/example.com/config/ssl";

    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(120);

    [Theory, Releases]
    public async Task TLS_T19_a_domain_and_the_host_get_certificates_by_themselves(Debian release)
    {
        var site = await SharedSiteAsync(release);
        // TLS-T31: no CA can be reached yet, and the host signs for itself.
        (await site.Host.RunAsync("openssl", "x509", "-in", "/etc/ssl/ssl.crt", "-noout", "-issuer")).ShouldContain("host.example.net");
        // TLS-T22: whatever the customer does to his pages. TLS-T20: one alias does not resolve. TLS-T26: an option of his own.
        await site.Host.Admin.WriteAsync("/srv/example.com/public/htdocs/.htaccess", "Require all denied\nRewriteEngine on\nRewriteRule .* https://elsewhere.test/ [R=301,L]\n");
        await site.Host.Admin.WriteAsync("/srv/example.com/config/ssl/letsencrypt/email", "me@example.com\n");
        await site.Host.Admin.RunAsync("ln", "-s", "example.com", "/srv/nowhere.test");
        await site.StartAuthorityAsync();

        await site.Host.UntilAsync(_soon, "test", "-e", $"{Sets}/current/ssl.bundle");

        (await site.Host.RunAsync("openssl", "verify", "-CAfile", "/tmp/root.pem", "-untrusted", $"{Sets}/current/ssl.bundle", $"{Sets}/current/ssl.crt")).ShouldContain("OK");
        var text = await site.Host.RunAsync("openssl", "x509", "-in", $"{Sets}/current/ssl.crt", "-noout", "-ext", "subjectAltName");
        text.ShouldContain("DNS:example.com, DNS:www.example.com");
        text.ShouldNotContain("nowhere");
        (await site.Host.RunAsync("stat", "-c", "%a %U %G", $"{Sets}/sets/0", $"{Sets}/sets/0/ssl.key")).ShouldBe("750 admin ssl-cert\n640 admin ssl-cert\n");
        (await site.Host.RunAsync("stat", "-c", "%a %U", "/etc/symbiosis/ssl/letsencrypt/account_key")).ShouldBe("600 root\n");
        (await site.Host.RunAsync("readlink", $"{Sets}/current")).ShouldBe("sets/0\n");
        await site.Host.UntilAsync(_soon, "sh", "-c", "test -e /var/lib/symbiosis/tls/example.com/combined.pem && ! ls /var/lib/symbiosis/acme | grep -q .");
        (await site.Host.RunAsync("stat", "-Lc", "%a %U %G", "/var/lib/symbiosis/tls/example.com/key.pem")).ShouldBe("640 root ssl-cert\n");

        // TLS-T31: the host's own is replaced without a command.
        await site.Host.UntilAsync(_soon, "sh", "-c", "openssl verify -CAfile /tmp/root.pem -untrusted /var/lib/symbiosis/tls/host.example.net/chain.pem /etc/ssl/ssl.crt");

        var status = JsonDocument.Parse((await site.Host.TryRunAsync(["symbiosis", "tls", "status", "--json"])).Output).RootElement;
        var item = status.GetProperty("certificates").EnumerateArray().Single(item => item.GetProperty("domain").GetString() == "example.com");
        item.GetProperty("isValid").GetBoolean().ShouldBeTrue();
        item.GetProperty("waiting").EnumerateArray().Select(name => name.GetProperty("name").GetString()).ShouldContain("nowhere.test");

        // Once more by hand: nothing is due, and nothing is asked.
        var orders = await site.World.RunAsync("sh", "-c", "journalctl -u pebble | grep -c 'new-order\\|order-plz' || true");
        (await site.Host.RunAsync("symbiosis-ssl", "--verbose", "example.com")).ShouldContain("Current SSL set 0: signed by /CN=Pebble Intermediate CA");
        (await site.World.RunAsync("sh", "-c", "journalctl -u pebble | grep -c 'new-order\\|order-plz' || true")).ShouldBe(orders);
    }

    [Theory, Releases]
    public async Task TLS_T1_the_command_of_older_hosts_makes_selects_and_lists_sets(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.RunAsync("mkdir", "-p", "/etc/symbiosis/ssl-hooks.d");
        await site.Host.WriteAsync("/etc/symbiosis/ssl-hooks.d/note", "#!/bin/sh\n{ echo \"$1\"; cat; } >>/var/lib/hooked\n");
        await site.Host.RunAsync("chmod", "755", "/etc/symbiosis/ssl-hooks.d/note");
        await site.Host.Admin.RunAsync("mkdir", "-p", "/srv/own.test/config");
        await site.Host.Admin.WriteAsync("/srv/own.test/config/ssl-provider", "self-signed\n");
        await site.Host.UntilAsync(_soon, "grep", "-qx", "own.test", "/var/lib/hooked");

        (await site.Host.RunAsync("ls", "/srv/own.test/config/ssl/current/")).ShouldBe("ssl.combined\nssl.crt\nssl.csr\nssl.key\n");
        (await site.Host.RunAsync("symbiosis-ssl", "--force", "own.test")).ShouldContain("Rolled over to SSL set 1");
        (await site.Host.RunAsync("symbiosis-ssl", "--list", "own.test")).ShouldContain("Current SSL set: 1");
        (await site.Host.TryRunAsync(["symbiosis-ssl", "--select", "99", "own.test"])).ExitCode.ShouldBe(1);
        await site.Host.RunAsync("symbiosis-ssl", "--select", "0", "own.test");
        (await site.Host.RunAsync("readlink", "/srv/own.test/config/ssl/current")).ShouldBe("sets/0\n");
        (await site.Host.TryRunAsync(["symbiosis-ssl", "--select", "0"])).ExitCode.ShouldBe(1);
        (await site.Host.TryRunAsync(["symbiosis-ssl", "--threshold", "soon"])).ExitCode.ShouldBe(1);
        (await site.Host.TryRunAsync(["symbiosis-ssl", "nobody.test"])).ExitCode.ShouldBe(1);
        await site.Host.RunAsync("sh", "-c", "printf '#!/bin/sh\\nexit 3\\n' >/etc/symbiosis/ssl-hooks.d/bad; chmod 755 /etc/symbiosis/ssl-hooks.d/bad");
        (await site.Host.TryRunAsync(["symbiosis-ssl", "own.test"])).ExitCode.ShouldBe(0, "nothing changed, so no hook ran"); // TLS-T18
        (await site.Host.TryRunAsync(["symbiosis-ssl", "--select", "1", "own.test"])).ExitCode.ShouldBe(2);
        await site.Host.RunAsync("rm", "/etc/symbiosis/ssl-hooks.d/bad");
    }
}

/// <summary>The CA of the world.</summary>
internal static class Authority
{
    private const string Configuration = """
        {"pebble": {"listenAddress": "192.0.2.53:14000", "managementListenAddress": "192.0.2.53:15000", "certificate": "/etc/pebble/cert.pem", "privateKey": "/etc/pebble/key.pem",
        "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": false}}
        """;

    /// <summary>Starts pebble with its misbehaviours, and makes the host trust and use it.</summary>
    public static async Task StartAuthorityAsync(this Site site)
    {
        await site.World.WriteAsync("/etc/pebble/pebble.json", Configuration);
        await site.World.ShellAsync("""
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca -addext subjectAltName=IP:192.0.2.53 -keyout /etc/pebble/key.pem -out /etc/pebble/cert.pem 2>/dev/null
            systemd-run --quiet --unit=pebble --setenv=PEBBLE_WFE_NONCEREJECT=20 --setenv=PEBBLE_VA_SLEEPTIME=2 pebble -config /etc/pebble/pebble.json -dnsserver 192.0.2.53:53
            """);
        var root = await site.World.UntilAsync(TimeSpan.FromSeconds(60), "curl", "-fsk", "https://192.0.2.53:15000/roots/0");
        await site.Host.WriteAsync("/usr/local/share/ca-certificates/pebble-root.crt", root);
        await site.Host.WriteAsync("/tmp/root.pem", root);
        await site.Host.WriteAsync("/usr/local/share/ca-certificates/pebble-server.crt", await site.World.ReadAsync("/etc/pebble/cert.pem"));
        await site.Host.RunAsync("update-ca-certificates");
        await site.Host.WriteAsync("/etc/symbiosis/ssl/letsencrypt/endpoint", "https://192.0.2.53:14000/dir\n"); // with a line break (TLS-T26)
    }
}
