using System.Security.Cryptography;
using System.Text;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>A domain with addresses of its own has a site file of its own (WEB-21 to WEB-25), which is also an example of every generated file (CORE-34 to CORE-38).</summary>
public sealed class OwnSiteTests(Sites sites) : HostTest(sites)
{
    private const string Own = "192.0.2.77";
    private const string Available = "/etc/apache2/sites-available/own.example.conf";
    private const string Enabled = "/etc/apache2/sites-enabled/own.example.conf";

    [Theory, Releases]
    public async Task WEB_T12_the_site_answers_on_its_address_and_elsewhere_mass_hosting_does(Debian release)
    {
        var site = await WithOwnAddressAsync(release);

        (await site.Host.RunAsync("grep", "<VirtualHost", Available)).ShouldBe($"<VirtualHost {Own}:80>\n");
        await site.SoonAsync("own.example", 200, "own page", address: Own);
        (await site.GetAsync("own.example")).Body.ShouldBe("own page");
        (await site.GetAsync("nobody.example", address: Own)).Status.ShouldBe(404);
        (await site.GetAsync("nobody.example")).Status.ShouldBe(404);
        (await site.GetAsync(null, address: Own)).Body.ShouldBe("own page");
        (await site.GetAsync(null)).Status.ShouldBe(404);
        (await site.GetAsync("sub.own.example", address: Own)).Body.ShouldBe("own page");
    }

    [Theory, Releases]
    public async Task WEB_35_an_own_site_logs_pages_and_errors_in_its_domain(Debian release)
    {
        var site = await WithOwnAddressAsync(release);
        await site.SoonAsync("own.example", 200, "own page", address: Own);
        await site.Host.PublishAsync("own.example", ("public/htdocs/.git/x", "x"));

        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", "^192.0.2.53 - - .*\"GET / HTTP/1.1\" 200 ", "/srv/own.example/public/logs/access.log");
        // Until Apache has read the new site, mass hosting gives the same answer and logs the error elsewhere.
        await Eventually.BecomesAsync(
            async () =>
            {
                (await site.GetAsync("own.example", "/.git/x", Own)).Status.ShouldBe(403);
                return await site.Host.TryRunAsync(["grep", "-q", "client denied by server configuration", "/srv/own.example/public/logs/error.log"]);
            },
            outcome => outcome.Succeeded,
            Visitor.Soon);
    }

    [Theory, Releases]
    public async Task CORE_T13_an_edited_site_is_left_alone_and_reported(Debian release)
    {
        var site = await WithOwnAddressAsync(release);
        await site.Host.RunAsync("sed", "-i", "1i # mine", Available);
        var edited = await site.Host.ReadAsync(Available);
        edited.ShouldContain("# mine");

        var report = await site.Host.TryRunAsync(["symbiosis", "apply"]);
        (await site.Host.ReadAsync(Available)).ShouldBe(edited);
        (report.Output + report.Error).ShouldContain("PLAN001");
        (await site.Host.RunAsync("symbiosis", "status")).ShouldContain(Available);

        await site.Host.RunAsync("symbiosis", "apply", "--force");
        (await site.Host.ReadAsync(Available)).ShouldNotContain("# mine");
        await site.Host.RunAsync("rm", Available);
        await site.Host.RunAsync("symbiosis", "apply");
        (await site.Host.ReadAsync(Available)).ShouldContain("ServerName own.example\n");
    }

    [Theory, Releases]
    public async Task CORE_T13_a_link_that_was_removed_stays_removed_until_the_domain_is_named(Debian release)
    {
        var site = await WithOwnAddressAsync(release);
        await site.Host.RunAsync("rm", Enabled);

        await site.Host.RunAsync("symbiosis", "apply");
        (await site.Host.TryRunAsync(["test", "-e", Enabled])).Succeeded.ShouldBeFalse();
        await site.Host.RunAsync("symbiosis", "apply", "own.example");
        (await site.Host.RunAsync("readlink", "-f", Enabled)).Trim().ShouldBe(Available);
    }

    [Theory, Releases]
    public async Task CORE_T14_a_changed_address_rewrites_the_site_and_its_footer_is_right(Debian release)
    {
        var site = await WithOwnAddressAsync(release);

        await site.Host.PublishAsync("own.example", ("config/ip", $"{Own}\n2001:db8::77\n"));

        await site.Host.UntilAsync(Visitor.Soon, "grep", "-q", $"^<VirtualHost {Own}:80 \\[2001:db8::77\\]:80>$", Available);
        var text = await site.Host.ReadAsync(Available);
        var footer = text.LastIndexOf("# Checksum MD5 ", StringComparison.Ordinal);
#pragma warning disable CA5351 // the footer's digest is MD5 (CORE-34)
        text[footer..].ShouldBe($"# Checksum MD5 {Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text[..footer])))}\n");
#pragma warning restore CA5351
        await site.SoonAsync("own.example", 200, "own page", address: "[2001:db8::77]");
    }

    [Theory, Releases]
    public async Task CORE_T15_a_file_with_the_old_sentence_is_replaced_and_one_with_another_sentence_is_not(Debian release)
    {
        var site = await WithOwnAddressAsync(release);
        await site.Host.RunAsync("systemctl", "stop", "symbiosis"); // it keeps its record in memory
        await site.Host.WriteAsync(Available, "# DO NOT EDIT THIS FILE -  CHANGES WILL BE OVERWRITTEN\n<VirtualHost 192.0.2.77:80>\n  ServerName own.example\n</VirtualHost>\n");
        await site.Host.RunAsync("rm", "/var/lib/symbiosis/written.jsonl"); // a host of the original has no record of ours
        var before = await site.Host.ReadAsync(Available);
        await site.Host.TryRunAsync(["symbiosis", "apply"]);
        (await site.Host.ReadAsync(Available)).ShouldBe(before);

        await site.Host.WriteAsync(Available, "# DO NOT EDIT THIS FILE - CHANGES WILL BE OVERWRITTEN\n");
        await site.Host.TryRunAsync(["symbiosis", "apply"]);
        (await site.Host.ReadAsync(Available)).ShouldContain("ServerName own.example\n");
    }

    [Theory, Releases]
    public async Task WEB_T23_the_site_of_a_deleted_domain_is_switched_off(Debian release)
    {
        var site = await WithOwnAddressAsync(release);
        await site.Host.WriteAsync("/etc/apache2/sites-available/other.conf", "<VirtualHost 192.0.2.77:80>\n  ServerName other.invalid\n</VirtualHost>\n");
        await site.Host.ShellAsync("a2ensite -q other; systemctl reload apache2");

        await site.Host.RunAsync("rm", "-r", "/srv/own.example");

        await site.Host.UntilAsync(Visitor.Soon, "sh", "-c", $"! test -e {Enabled}");
        await site.SoonAsync("own.example", 404);
        await site.Host.RunAsync("test", "-e", Available);
        await site.Host.RunAsync("test", "-e", "/etc/apache2/sites-enabled/other.conf");
    }

    private async Task<Site> WithOwnAddressAsync(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync($"dev=$(ip -o -4 addr show to 192.0.2.1 | awk '{{ print $2 }}'); ip addr add {Own}/32 dev \"$dev\"; ip addr add 2001:db8::77/128 dev \"$dev\" nodad");
        await site.Host.PublishAsync("own.example", ("config/ip", Own + "\n"), ("public/htdocs/index.html", "own page"));
        await site.Host.UntilAsync(Visitor.Soon, "test", "-e", Enabled);
        await site.SoonAsync("own.example", 200, "own page", address: Own);
        return site;
    }
}
