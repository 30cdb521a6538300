using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Services;
using Symbiosis.Services.Web;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Web;

public sealed class WebModuleTests
{
    private const string MassSite = "/etc/apache2/sites-available/zz-mass-hosting.conf";
    private const string MassTemplate = "/etc/symbiosis/apache.d/zz-mass-hosting.template.hbs";
    private const string OwnTemplate = "/etc/symbiosis/apache.d/non_ssl.template.hbs";

    private static readonly (string, TreeNode) _htdocs = ("public/htdocs", new TreeNode(NodeKind.Directory));

    private static readonly Host _host = Hosts.Plain with
    {
        Packages = [new("apache2", "2.4.71-1~deb12u1"), new("php8.2-fpm", "8.2.36-1~deb12u1")],
        Addresses = ["192.0.2.1", "2001:db8::1", "192.0.2.2"],
    };

    [Fact]
    public void Without_apache_nothing_is_rendered()
    {
        new WebModule().RenderDomain(Domains.Make("example.com", _htdocs), Hosts.Plain).ShouldBe(DomainRendering.Empty);
        new WebModule().RenderHost(Hosts.Plain, []).ShouldBe(new HostRendering());
        new WebModule().Daemons(Hosts.Plain).ShouldBeEmpty();
    }

    [Fact]
    public void WEB_6_a_domain_and_its_aliases_are_names_of_the_table()
    {
        var domain = Domains.Make("example.com", _htdocs) with
        {
            Aliases = [DomainName.Parse("example.org")],
            OtherNames = [DomainName.Parse("example.org"), DomainName.Parse("www.example.com"), DomainName.Parse("www.example.org")],
        };

        var files = new WebModule().RenderDomain(domain, _host).Files;

        files.Select(file => (file.Path.Value, file.Content)).ShouldBe(
        [
            ("/var/lib/symbiosis/web/names/example.com", "example.com 1000\n"),
            ("/var/lib/symbiosis/web/names/example.org", "example.com 1000\n"),
        ]);
        files.ShouldAllBe(file => file.Role == FileRole.Table && file.Daemon == null);
    }

    [Fact]
    public void WEB_34_a_plain_domain_touches_no_daemon() =>
        new WebModule().RenderDomain(Domains.Make("example.com", _htdocs), _host).Files.ShouldAllBe(file => file.Daemons.Count == 0);

    [Theory]
    [InlineData("192.0.2.2", true, true)]
    [InlineData("192.0.2.2 192.0.2.1", true, false)] // one address is primary: mass hosting
    [InlineData("192.0.2.2", false, false)] // no htdocs
    [InlineData(null, true, false)]
    [InlineData("nonsense", true, false)]
    public void WEB_21_a_domain_gets_a_site_when_its_addresses_are_not_the_primary_ones(string? addresses, bool hasPages, bool hasSite)
    {
        var nodes = new List<(string, TreeNode)>();
        if (hasPages)
            nodes.Add(_htdocs);
        if (addresses is not null)
            nodes.Add(("config/ip", Text(addresses)));

        var site = SiteOf(Domains.Make("example.com", [.. nodes]), _host);

        (site is not null).ShouldBe(hasSite);
        site?.EnabledLink!.Value.ShouldBe("/etc/apache2/sites-enabled/example.com.conf");
        site?.Daemon.ShouldBe("apache2");
    }

    [Fact]
    public void WEB_22_an_own_site_listens_on_all_addresses_of_the_domain_and_nowhere_else() =>
        SiteOf(Domains.Make("example.com", _htdocs, ("config/ip", Text("192.0.2.2\n2001:db8::7"))), _host)!.Content
            .ShouldContain("\n<VirtualHost 192.0.2.2:80 [2001:db8::7]:80>\n");

    [Fact]
    public void WEB_25_an_own_site_knows_its_aliases_and_testing_name_and_no_wildcard()
    {
        var domain = Domains.Make("example.com", _htdocs, ("config/ip", Text("192.0.2.2"))) with { OtherNames = [DomainName.Parse("example.org"), DomainName.Parse("www.example.com")] };

        var names = SiteOf(domain, _host)!.Content.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("Server", StringComparison.Ordinal));

        names.ShouldBe(["ServerName example.com", "ServerAlias example.org", "ServerAlias www.example.com", "ServerAlias example.com.testing.host.example.net"]);
    }

    [Theory]
    [InlineData("zz-mass-hosting.ssl", 1)]
    [InlineData("zz-mass-hosting.example", 0)]
    public void WEB_23_a_domain_cannot_take_the_file_of_the_mass_site(string name, int findings)
    {
        var rendering = new WebModule().RenderDomain(Domains.Make(name, _htdocs, ("config/ip", Text("192.0.2.2"))), _host);

        rendering.Diagnostics.Count(found => found.Kind.Id == "WEB005").ShouldBe(findings);
        rendering.Files.Count(file => file.EnabledLink is not null).ShouldBe(1 - findings);
    }

    [Fact]
    public void WEB_22_an_address_the_host_does_not_have_is_reported_and_the_site_is_made()
    {
        var domain = Domains.Make("example.com", _htdocs, ("config/ip", Text("192.0.2.9")));

        SiteOf(domain, _host).ShouldNotBeNull();
        new WebModule().RenderDomain(domain, _host).Diagnostics.Select(found => found.Kind.Id).ShouldBe(["WEB002"]);
    }

    [Fact]
    public void CORE_53_a_bad_word_in_config_ip_is_reported_with_its_line()
    {
        var found = new WebModule().RenderDomain(Domains.Make("example.com", _htdocs, ("config/ip", Text("192.0.2.2\nbad"))), _host).Diagnostics.Single();

        found.ToString().ShouldStartWith("/srv/example.com/config/ip:2: warning WEB001: 'bad' is skipped");
    }

    [Fact]
    public void WEB_26_the_mass_site_listens_everywhere_and_on_the_primary_addresses_by_number()
    {
        var site = HostFile(_host, MassSite)!;

        site.Content.Split('\n').Count(line => line == "<VirtualHost *:80 192.0.2.1:80 [2001:db8::1]:80>").ShouldBe(2);
        site.EnabledLink!.Value.ShouldBe("/etc/apache2/sites-enabled/zz-mass-hosting.conf");
    }

    [Fact]
    public void The_mass_site_over_https_has_the_host_certificate_from_the_first_apply_on() =>
        HostFile(_host, "/etc/apache2/sites-available/zz-mass-hosting.ssl.conf")!.Content.ShouldContain("SSLCertificateFile /var/lib/symbiosis/tls/host.example.net/fullchain.pem");

    [Fact]
    public void WEB_34_the_sites_of_the_host_do_not_depend_on_the_domains()
    {
        var module = new WebModule();
        var few = Contributions(module, Domains.Make("example.com", _htdocs));
        var many = Contributions(module, Domains.Make("example.com", _htdocs), Domains.Make("example.org", _htdocs));

        module.RenderHost(_host, many).ShouldBe(module.RenderHost(_host, few));
    }

    [Theory]
    [InlineData("ServerTokens Prod")]
    [InlineData("ServerSignature Off")]
    [InlineData("TraceEnable Off")]
    [InlineData("UseCanonicalName Off")]
    public void WEB_20_the_server_says_little_about_itself(string directive) =>
        HostFile(_host, "/etc/apache2/conf-available/symbiosis-httpd.conf")!.Content.Split('\n').ShouldContain(directive);

    [Fact]
    public void WEB_61_the_administrators_php_runs_as_www_data_and_any_other_owner_has_a_pool()
    {
        var module = new WebModule();
        var bob = Domains.Make("bob.example", _htdocs) with { Owner = new Owner(1001, 1001, "bob", "bobs") };

        var pools = module.RenderHost(_host, Contributions(module, Domains.Make("example.com", _htdocs), bob, bob with { Name = DomainName.Parse("bob.example.org") }))
            .Files.Single(file => file.Path.Value == "/etc/php/8.2/fpm/pool.d/symbiosis.conf");

        Sections(pools.Content).Select(section => (section["section"], section["user"], section["group"], section["listen"])).ShouldBe(
        [
            ("symbiosis-1000", "www-data", "www-data", "/run/php/symbiosis-1000.sock"),
            ("symbiosis-1001", "bob", "bobs", "/run/php/symbiosis-1001.sock"),
        ]);
        pools.Daemon.ShouldBe("php-fpm");
    }

    [Theory]
    [InlineData("php8.2-fpm", "/etc/php/8.2/fpm/pool.d/symbiosis.conf")]
    [InlineData("php8.4-fpm", "/etc/php/8.4/fpm/pool.d/symbiosis.conf")]
    [InlineData("php8.2-fpm php8.10-fpm", "/etc/php/8.10/fpm/pool.d/symbiosis.conf")] // by number, not by text
    [InlineData("php8.2-cli", null)]
    public void The_php_version_is_what_is_installed(string packages, string? poolFile)
    {
        var host = _host with { Packages = packages.Split(' ').Prepend("apache2").Select(name => new InstalledPackage(name, "1.0-1")).ToValueList() };

        new WebModule().RenderHost(host, []).Files.Select(file => file.Path.Value).SingleOrDefault(path => path.EndsWith("/pool.d/symbiosis.conf", StringComparison.Ordinal)).ShouldBe(poolFile);
    }

    [Fact]
    public void WEB_62_without_php_its_source_is_not_shown()
    {
        var host = _host with { Packages = [new("apache2", "2.4.71-1")] };

        HostFile(host, MassSite)!.Content.ShouldContain("<FilesMatch \"\\\\.(?:php|phtml|phps)$\">\n    Require all denied");
    }

    [Fact]
    public void WEB_60_php_hides_itself_and_takes_uploads_of_64_MB() =>
        HostFile(_host, "/etc/php/8.2/fpm/conf.d/00-symbiosis-httpd.ini")!.Content.ShouldEndWith("expose_php = 0\nupload_max_filesize = 64M\npost_max_size = 64M\n");

    [Fact]
    public void A_template_of_the_administrator_takes_the_place_of_ours()
    {
        var host = WithTemplate(OwnTemplate, "# {{domain}} {{ip}} {{domain.log_dir}}\n<VirtualHost x>{{#each ips}}[{{this}}]{{/each}}\n{{#if mandatory_ssl}}no{{else}}yes{{/if}} {{quote domain_directory}}");

        SiteOf(Domains.Make("example.com", _htdocs, ("config/ip", Text("192.0.2.2 2001:db8::7"))), host)!.Content
            .ShouldBe("# example.com 192.0.2.2 /srv/example.com/public/logs\n<VirtualHost x>[192.0.2.2][[2001:db8::7]]\nyes /srv/example.com");
    }

    [Theory]
    [InlineData("{{#each ips}}\n{{this}}\n", 1)] // never closed
    [InlineData("first\n{{#if}}\n{{/if}}\n", 2)]
    [InlineData("first\nsecond\n{{ips", 3)]
    [InlineData("first\n{{ips }\n{{ip}}", 2)]
    [InlineData("{{#each ips}}{{/each}}\n{{/each}}", 2)]
    [InlineData("{{#each ips}}\n{{/if}}", 2)]
    [InlineData("\n{{}}", 2)]
    [InlineData("\n{{nonsense}}\n", 2)]
    [InlineData("", 0)] // an editor makes the file before it writes it
    [InlineData("# {{hostname}}\n", 0)]
    [InlineData("{{domain}}\n", 1)] // of no domain in particular (WEB-30)
    public void WEB_T25_nothing_is_made_from_a_broken_template_and_its_site_stays(string template, int line)
    {
        var rendering = new WebModule().RenderHost(WithTemplate(MassTemplate, template), []);

        rendering.Files.ShouldNotContain(file => file.Path.Value == MassSite);
        rendering.Held.Select(path => path.Value).ShouldBe([MassSite]);
        var found = rendering.Diagnostics.ShouldHaveSingleItem();
        (found.Kind.Id, found.Path, found.Severity).ShouldBe(("WEB003", MassTemplate, Severity.Error));
        found.Line.ShouldBe(line, found.Message);
    }

    [Fact]
    public void WEB_T25_a_broken_template_of_own_sites_is_reported_once_and_holds_each_site()
    {
        var module = new WebModule();
        var host = WithTemplate(OwnTemplate, "{{#each");
        var domain = module.RenderDomain(Domains.Make("example.com", _htdocs, ("config/ip", Text("192.0.2.2"))), host);

        domain.Held.Select(path => path.Value).ShouldBe(["/etc/apache2/sites-available/example.com.conf"]);
        domain.Diagnostics.ShouldBeEmpty();
        module.RenderHost(host, []).Diagnostics.Select(found => (found.Kind.Id, found.Path)).ShouldBe([("WEB003", OwnTemplate)]);
    }

    [Fact]
    public void A_held_file_is_neither_written_nor_taken_away()
    {
        var written = new WrittenRecord();
        written.Put(new WrittenFile { Path = MassSite, Unit = DesiredUnit.HostUnit, Role = FileRole.Configuration, CommentMark = "#", EnabledLink = "/etc/apache2/sites-enabled/zz-mass-hosting.conf", Link = LinkMemory.Made });
        var unit = new DesiredUnit(DesiredUnit.HostUnit, [], [], []);

        Changes(unit with { Held = [HostPath.Parse(MassSite)] }).ShouldBe((0, 0));
        Changes(unit).ShouldBe((0, 1)); // without that the planner forgets it: it is not on this disk

        (int Changes, int Forgotten) Changes(DesiredUnit desired)
        {
            var plan = Planner.Plan(new DesiredState { Units = [desired] }, new DiskState(), written, new PlanOptions());
            return (plan.Changes.Count, plan.Forgotten.Count);
        }
    }

    [Theory]
    [InlineData("/etc/symbiosis/apache.d/non_ssl.template.erb", "non_ssl.template.hbs")]
    [InlineData("/etc/symbiosis/apache.d/webalizer.conf.erb", "remove it")]
    public void A_leftover_template_of_the_original_is_reported_with_the_way_to_convert_it(string path, string hint)
    {
        var host = WithTemplate(path, "<%= domain %>");

        var found = new WebModule().RenderHost(host, []).Diagnostics.ShouldHaveSingleItem();

        (found.Kind.Id, found.Path).ShouldBe(("WEB004", path));
        found.Hint!.ShouldContain(hint);
    }

    [Fact]
    public void An_unreadable_template_is_not_an_absent_one()
    {
        var host = _host with { Tree = new HostTree([KeyValuePair.Create(MassTemplate, new TreeNode(NodeKind.Unreadable) { Fault = "it is a FIFO" })]) };

        new WebModule().RenderHost(host, []).Held.Select(path => path.Value).ShouldBe([MassSite]);
    }

    [Fact]
    public void WEB_31_apache_checks_the_complete_staged_configuration()
    {
        var apache = new WebModule().Daemons(_host).Single(daemon => daemon.Name == "apache2");

        apache.ConfigurationRoot.ShouldBe(HostPath.Parse("/etc/apache2"));
        apache.Check(new StagedFiles(path => "/stage" + path.Value))
            .ShouldBe(new Command("/usr/sbin/apache2ctl", ["-t"]) { Environment = [new("APACHE_CONFDIR", "/stage/etc/apache2")] });
        apache.Unit.ShouldBe("apache2.service");
    }

    [Fact]
    public void Php_fpm_checks_the_staged_pools()
    {
        var php = new WebModule().Daemons(_host).Single(daemon => daemon.Name == "php-fpm");

        php.Unit.ShouldBe("php8.2-fpm.service");
        php.Check(new StagedFiles(path => "/stage" + path.Value))
            .ShouldBe(new Command("/usr/sbin/php-fpm8.2", ["-p", "/run", "-t", "-y", "/stage/etc/php/8.2/fpm/pool.d/symbiosis.conf"]));
    }

    private static Host WithTemplate(string path, string text) => _host with { Tree = new HostTree([KeyValuePair.Create(path, Text(text))]) };

    private static TreeNode Text(string content) => new(NodeKind.File) { Content = Encoding.UTF8.GetBytes(content) };

    private static RenderedFile? SiteOf(Domain domain, Host host) => new WebModule().RenderDomain(domain, host).Files.SingleOrDefault(file => file.Path.Value.StartsWith("/etc/", StringComparison.Ordinal));

    private static RenderedFile? HostFile(Host host, string path) => new WebModule().RenderHost(host, []).Files.SingleOrDefault(file => file.Path.Value == path);

    private static ValueList<Contribution> Contributions(WebModule module, params Domain[] domains) =>
        domains.SelectMany(domain => module.RenderDomain(domain, _host).Contributions.ToArray()).Distinct().ToValueList();

    private static List<Dictionary<string, string>> Sections(string ini)
    {
        var sections = new List<Dictionary<string, string>>();
        foreach (var line in ini.Split('\n').Where(line => line.Length > 0 && !line.StartsWith(';')))
        {
            if (line.StartsWith('['))
                sections.Add(new(StringComparer.Ordinal) { ["section"] = line[1..^1] });
            else
                sections[^1][line.Split(" = ")[0]] = line.Split(" = ")[1];
        }

        return sections;
    }
}
