using Symbiosis.HostTests.Support;
using Symbiosis.HostTests.Web;
using static Symbiosis.HostTests.Tls.PublishedCertificates;

namespace Symbiosis.HostTests.Tls;

/// <summary>What daemons do with a certificate that is published for a domain. Each test has a domain of its own.</summary>
public sealed class CertificateTests(Sites sites) : HostTest(sites)
{
    private static readonly string[] _ports = ["443", "993", "995", "465", "25:smtp", "587:smtp", "143:imap", "110:pop3", "4190:sieve"];

    // Holds an IMAP connection and a page that is half read until told to go on; both must be whole then.
    private const string Hold = """
        import http.client, imaplib, os, ssl, sys, time
        context = ssl.create_default_context(cafile='/root/test-ca.pem')
        mail = imaplib.IMAP4_SSL('example.com', 993, ssl_context=context)
        mail.login('bob@example.com', 'secret')
        web = http.client.HTTPSConnection('example.com', context=context, timeout=120)
        web.request('GET', '/large')
        answer = web.getresponse()
        length = len(answer.read(100000))
        print('held', flush=True)
        end = time.monotonic() + 120
        while not os.path.exists('/root/go-on') and time.monotonic() < end:
            time.sleep(0.1)
        length += len(answer.read())
        print('whole' if length == 30000000 and mail.noop()[0] == 'OK' else 'cut after %d' % length, flush=True)
        """;

    [Theory, Releases]
    public async Task TLS_T27_T28_a_renewal_reaches_every_port_and_cuts_nothing(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("example.com", ("public/htdocs/index.html", "mine"), ("mailboxes/bob/password", "secret"));
        await site.Host.RunAsync("runuser", "-u", "admin", "--", "truncate", "-s", "30000000", "/srv/example.com/public/htdocs/large");
        var host = await site.ShownAsync(null, "443");
        var first = await site.PublishCertificateAsync("example.com", "example.com", "www.example.com", "imap.example.com");
        await ShowsEverywhereAsync(site, "example.com", first);
        (await site.FetchAsync("https://example.com/")).ShouldBe("mine");
        foreach (var port in (string[])["443", "993", "465", "587:smtp"])
        {
            (await site.ShownAsync("unknown.test", port)).ShouldBe(host, port);
            (await site.ShownAsync(null, port)).ShouldBe(host, port);
            (await site.ShownAsync("example.com", port, "-CAfile", PublishedCertificates.Authority, "-verify_return_error", "-verify_hostname", "example.com")).ShouldBe(first, $"{port}: chain and name");
        }

        (await site.ShownAsync("imap.example.com", "993")).ShouldBe(first);
        (await site.ShownAsync("smtp.example.com", "465")).ShouldBe(first);
        (await site.ShownAsync("other.example.com", "993")).ShouldBe(host);
        (await site.ShownAsync("other.example.com", "465")).ShouldBe(host);

        // Renewed while connections are open and the site file is edited.
        await site.World.WriteAsync("/root/hold.py", Hold);
        await site.World.ShellAsync("rm -f /root/go-on; python3 /root/hold.py >/root/held.log 2>&1 </dev/null &");
        await site.World.UntilAsync(Soon, "grep", "-q", "held", "/root/held.log");
        await site.Host.RunAsync("sed", "-i", "1i # edited by hand", "/etc/apache2/sites-available/example.com.conf");
        var second = await site.PublishCertificateAsync("example.com", "example.com", "www.example.com");
        second.ShouldNotBe(first);
        await ShowsEverywhereAsync(site, "example.com", second);
        (await site.Host.ReadAsync("/etc/apache2/sites-available/example.com.conf")).ShouldStartWith("# edited by hand\n");
        await site.World.RunAsync("touch", "/root/go-on");
        (await site.World.UntilAsync(Soon, "grep", "-xE", "whole|cut after .*|.*Error.*", "/root/held.log")).Trim().ShouldBe("whole");
        (await site.Host.RunAsync("symbiosis", "status")).ShouldNotContain("APPLY013");
        (await site.Host.RunAsync("symbiosis", "apply")).ShouldContain("Nothing to change.");
    }

    [Theory, Releases]
    public async Task WEB_T10_T13_T26_https_is_the_same_site_and_ssl_only_leads_to_it(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.ShellAsync("id carol >/dev/null 2>&1 || useradd -m -u 1001 carol");
        await site.Host.PublishAsAsync(
            "carol", "example.org", ("public/htdocs/index.html", "page"), ("public/htdocs/who.php", "<?php echo posix_getuid(), ' ', $_SERVER['HTTPS'] ?? 'plain';"),
            ("public/cgi-bin/who", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; id -u; echo \"$DOCUMENT_ROOT\"\n"), ("public/htdocs/.htaccess", "RewriteEngine On\nRewriteRule ^moved$ index.html\n"));
        await site.Host.ShellAsync("chmod +x /srv/example.org/public/cgi-bin/who; ln -sfn /srv/host.example.net/config /srv/example.org/public/htdocs/stolen");
        var shown = await site.PublishCertificateAsync("example.org", "example.org", "www.example.org");
        await Eventually.BecomesAsync(() => site.ShownAsync("example.org", "443"), seen => seen == shown, Soon);

        (await site.FetchAsync("https://example.org/", "-w", " %{http_version}")).ShouldBe("page 2");
        (await site.FetchAsync("https://www.example.org/who.php")).ShouldBe("1001 on");
        (await site.FetchAsync("https://example.org/cgi-bin/who")).ShouldBe("1001\n/srv/example.org/public/htdocs\n");
        (await site.FetchAsync("https://example.org/moved")).ShouldBe("page");
        (await site.FetchAsync("https://example.org/stolen/", "-o", "/dev/null", "-w", "%{http_code}")).ShouldBe("403");
        (await site.FetchAsync("https://example.org/", "-o", "/dev/null", "-D", "-")).ShouldNotContain("strict-transport", Case.Insensitive);
        await site.Host.UntilAsync(Soon, "grep", "-qE", "^[0-9a-f.:]+ - - .*\"GET /moved HTTP/2.0\" 200 ", "/srv/example.org/public/logs/ssl_access.log");
        (await site.Host.RunAsync("stat", "-c", "%U", "/srv/example.org/public/logs/ssl_access.log")).ShouldBe("carol\n");
        (await site.GetAsync("example.org", "/")).Body.ShouldBe("page");

        await site.Host.PublishAsAsync("carol", "example.org", ("config/ssl-only", "1000000\n"));
        await Eventually.BecomesAsync(() => site.GetAsync("example.org", "/x?y=1&z=%20"), page => page.Status == 301, Soon);
        Location(await site.GetAsync("example.org", "/x?y=1&z=%20")).ShouldBe("https://example.org/x?y=1&z=%20");
        Location(await site.GetAsync("www.example.org:80", "/a%2520b")).ShouldBe("https://www.example.org/a%2520b");
        (await site.GetAsync("example.org", "/.well-known/acme-challenge/t")).Status.ShouldBe(404);
        (await site.GetAsync("example.org.testing.host.example.net")).Body.ShouldBe("page");
        (await site.FetchAsync("https://example.org/missing", "-o", "/dev/null", "-D", "-")).ShouldContain("strict-transport-security: max-age=1000000", Case.Insensitive);
        (await site.GetAsync(null)).Status.ShouldBe(404);

        await site.Host.PublishAsAsync("carol", "example.org", ("config/ssl-only", "no\n"));
        await Eventually.BecomesAsync(() => site.GetAsync("example.org"), page => page.Status == 200, Soon);

        await site.Host.RunAsync("rm", "-r", "/srv/example.org");
        await site.Host.UntilAsync(Soon, "sh", "-c", "! test -e /etc/apache2/sites-enabled/example.org.conf");
        await site.Host.RunAsync("test", "-e", "/etc/apache2/sites-available/example.org.conf");
        await site.SoonAsync("example.org", 404);
    }

    [Theory, Releases]
    public async Task TLS_T32_an_independent_judge_finds_no_weak_protocol_or_cipher(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.PublishAsync("judged.example", ("public/htdocs/index.html", "judged"));
        var shown = await site.PublishCertificateAsync("judged.example", "judged.example");
        await ShowsEverywhereAsync(site, "judged.example", shown);
        await site.World.ShellAsync("command -v sslscan >/dev/null || { apt-get -q update && apt-get -qy install sslscan; } >/dev/null 2>&1");
        // Exim turns away who connects as often as the judge does; openssl asks it for what the judge would.
        foreach (var port in (string[])["465", "587:smtp"])
        {
            (await site.ShownAsync("judged.example", port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")).ShouldBeEmpty(port);
            foreach (var weak in (string[])["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "NULL", "3DES"])
                (await site.ShownAsync("judged.example", port, "-tls1_2", "-cipher", weak + ":@SECLEVEL=0")).ShouldBeEmpty($"{port}: {weak}");
            (await site.ShownAsync("judged.example", port, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")).ShouldBe(shown, port);
            (await site.ShownAsync("judged.example", port, "-tls1_3")).ShouldBe(shown, port);
        }

        foreach (var port in (string[])["443", "993"])
        {
            string[] judge = ["sslscan", "--no-colour", "--no-heartbleed", "--sni-name=judged.example", "192.0.2.1:" + port];
            var verdict = await Eventually.BecomesAsync(() => site.World.RunAsync(judge), said => Suites(said).Count > 0, Soon);
            foreach (var old in (string[])["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"])
                verdict.ShouldMatch($@"{old}\s+disabled", port);
            foreach (var version in (string[])["TLSv1.2", "TLSv1.3"])
                verdict.ShouldMatch($@"{version}\s+enabled", port);
            Suites(verdict).ShouldAllBe(suite => suite.StartsWith("ECDHE-", StringComparison.Ordinal) && (suite.Contains("GCM") || suite.Contains("CHACHA20")), port);
        }
    }

    private static async Task ShowsEverywhereAsync(Site site, string name, string fingerprint)
    {
        foreach (var port in _ports)
            await Eventually.BecomesAsync(() => site.ShownAsync(name, port), seen => seen == fingerprint, Soon);
    }

    // "Accepted  TLSv1.2  256 bits  ECDHE-ECDSA-AES256-GCM-SHA384  Curve ..."
    private static List<string> Suites(string verdict) => verdict.Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words is ["Preferred" or "Accepted", "TLSv1.2", _, "bits", _, ..])
        .Select(words => words[4])
        .ToList();

    private static string? Location(Page page) =>
        page.Headers.Split('\n').FirstOrDefault(line => line.StartsWith("Location:", StringComparison.OrdinalIgnoreCase))?["Location:".Length..].Trim();
}
