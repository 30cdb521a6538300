using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>The administrator's own templates (WEB-30, WEB-T25).</summary>
public sealed class TemplateTests(Sites sites) : HostTest(sites)
{
    private const string Template = "/etc/symbiosis/apache.d/zz-mass-hosting.template.hbs";
    private const string MassSite = "/etc/apache2/sites-available/zz-mass-hosting.conf";

    [Theory, Releases]
    public async Task A_copy_of_the_shipped_template_changes_nothing_and_an_edit_of_it_goes_live(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("templated.example", ("public/htdocs/index.html", "page"));
        await site.SoonAsync("templated.example", 200);
        var before = await site.Host.ReadAsync(MassSite);

        await site.Host.RunAsync("cp", "/usr/share/symbiosis/templates/apache.d/zz-mass-hosting.template.hbs", Template);
        await site.Host.RunAsync("symbiosis", "apply");
        (await site.Host.ReadAsync(MassSite)).ShouldBe(before);

        await site.Host.RunAsync("sed", "-i", "s|^  ServerAlias|  Header always set X-Mine yes\\n&|", Template);
        await site.Host.RunAsync("symbiosis", "apply");
        (await site.GetAsync("templated.example")).Headers.ShouldContain("X-Mine: yes\r\n");
    }

    [Theory, Releases]
    public async Task WEB_T25_a_template_with_a_mistake_changes_no_site(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("standing.example", ("public/htdocs/index.html", "page"));
        await site.SoonAsync("standing.example", 200);
        var before = await site.Host.ReadAsync(MassSite);
        await site.Host.WriteAsync(Template, "# mine\n{{#each sites}}\n<VirtualHost *:80>\n");

        var apply = await site.Host.TryRunAsync(["symbiosis", "apply"]);

        apply.ExitCode.ShouldBe(1, apply.ToString());
        (apply.Output + apply.Error).ShouldContain($"{Template}:2: error WEB003: ");
        (await site.Host.ReadAsync(MassSite)).ShouldBe(before);
        (await site.GetAsync("standing.example")).Body.ShouldBe("page");
    }

    [Theory, Releases]
    public async Task A_template_that_apache_refuses_changes_no_site(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.PublishAsync("refused.example", ("public/htdocs/index.html", "page"));
        await site.SoonAsync("refused.example", 200);
        var before = await site.Host.ReadAsync(MassSite);
        await site.Host.WriteAsync(Template, "<VirtualHost *:80>\n  Nonsense on\n</VirtualHost>\n");

        var apply = await site.Host.TryRunAsync(["symbiosis", "apply"]);

        apply.ExitCode.ShouldBe(1, apply.ToString());
        (apply.Output + apply.Error).ShouldContain("Nonsense");
        (await site.Host.ReadAsync(MassSite)).ShouldBe(before);
        (await site.GetAsync("refused.example")).Body.ShouldBe("page");
    }

    [Theory, Releases]
    public async Task A_template_of_the_original_is_reported(Debian release)
    {
        var site = await SharedSiteAsync(release);
        await site.Host.WriteAsync("/etc/symbiosis/apache.d/non_ssl.template.erb", "<%= domain %>\n");

        var plan = await site.Host.TryRunAsync(["symbiosis", "plan"]);

        (plan.Output + plan.Error).ShouldContain("/etc/symbiosis/apache.d/non_ssl.template.erb: warning WEB004: ");
    }
}
