using System.Text;
using System.Text.RegularExpressions;
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

    private static readonly Host _withScripts = _host with { Packages = [.. _host.Packages, new("fcgiwrap", "1.1.0-14")] };

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

    [Theory]
    [InlineData("config/stats-engine", "goaccess", null)]
    [InlineData("config/stats-engine", "none", null)]
    [InlineData("config/stats-engine", "webalizer", "WEB050")] // not installed
    [InlineData("config/stats-engine", "awstats", "WEB050")]
    [InlineData("config/log-days", "14\n", null)]
    [InlineData("config/log-days", "0", "WEB051")]
    [InlineData("config/log-days", "", "WEB051")]
    [InlineData("config/log-days", "two weeks", "WEB051")]
    public void What_is_wrong_with_settings_of_logs_is_said(string path, string text, string? expected)
    {
        var host = _host with { Packages = [.. _host.Packages, new("goaccess", "1:1.9.3-1")] };
        var domain = Domains.Make("example.com", _htdocs, (path, new TreeNode(NodeKind.File) { Content = Encoding.UTF8.GetBytes(text) }));

        new WebModule().RenderDomain(domain, host).Diagnostics.Select(diagnostic => diagnostic.Kind.Id).ShouldBe(expected is null ? [] : [expected]);
    }

    [Fact]
    public void WEB_67_programs_of_the_host_are_there_when_their_packages_are()
    {
        var with = _host with { Packages = [.. _host.Packages, new("symbiosis-webmail", "1.0")] };
        string Rendered(Host host) => string.Concat(new WebModule().RenderHost(host, []).Files.Select(file => $"{file.Path}\n{file.Content}"));

        Rendered(_host).ShouldNotContain("programs");
        Rendered(_host).ShouldNotContain("webmail");
        var text = Rendered(with);
        text.ShouldContain("RewriteRule ^/(?:\\.default-page|\\.well-known/acme-challenge)/|^/webmail(?:/|$) - [L]");
        text.ShouldContain("Alias /webmail /var/www/webmail");
        text.ShouldContain("symbiosis-php8.2@programs.service.d/user.conf");
        text.ShouldNotContain("Alias /phpmyadmin");
        new WebModule().RenderHost(with, []).Links.ShouldContain(link => link.Path.Value.EndsWith("/symbiosis-php8.2@programs.socket", StringComparison.Ordinal));
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
    public void WEB_61_every_owner_has_sockets_of_its_own_and_the_administrators_code_runs_as_www_data()
    {
        var module = new WebModule();
        var bob = Domains.Make("bob.example", _htdocs) with { Owner = new Owner(1001, 1001, "bob", "bobs") };

        var rendering = module.RenderHost(_withScripts, Contributions(module, Domains.Make("example.com", _htdocs), bob, bob with { Name = DomainName.Parse("bob.example.org") }));

        const string wants = "/etc/systemd/system/sockets.target.wants/";
        rendering.Links.Select(link => (link.Path.Value, link.Target, link.Daemon)).ShouldBe(
            [
                ($"{wants}symbiosis-php8.2@1000.socket", "/etc/systemd/system/symbiosis-php8.2@.socket", "php-fpm"),
                ($"{wants}symbiosis-php8.2@1001.socket", "/etc/systemd/system/symbiosis-php8.2@.socket", "php-fpm"),
                ($"{wants}symbiosis-cgi@1000.socket", "/etc/systemd/system/symbiosis-cgi@.socket", "cgi"),
                ($"{wants}symbiosis-cgi@1001.socket", "/etc/systemd/system/symbiosis-cgi@.socket", "cgi"),
            ]);
        foreach (var name in (string[])["php8.2", "cgi"])
        {
            FileOf(rendering, $"/etc/systemd/system/symbiosis-{name}@.service").ShouldContain("\nUser=%i\n");
            FileOf(rendering, $"/etc/systemd/system/symbiosis-{name}@1000.service.d/user.conf").ShouldEndWith("\nUser=www-data\n");
            FileOf(rendering, $"/etc/systemd/system/symbiosis-{name}@.socket").ShouldContain($"\nListenStream=/run/symbiosis-web/%i/{name}.sock\n");
        }

        static string FileOf(HostRendering rendering, string path) => rendering.Files.Single(file => file.Path.Value == path).Content;
    }

    [Fact]
    public void NET_27_code_of_one_owner_is_handed_to_no_socket_of_another() =>
        HostFile(_host, MassSite)!.Content.ShouldMatch("RequestHeader set Max-Forwards 0\n +RequestHeader unset Max-Forwards \"expr=%\\{REQUEST_FILENAME\\} =~ m#\\^/srv/");

    [Fact]
    public void NET_27_no_rule_asks_a_variable_that_a_htaccess_file_could_have_set()
    {
        // Subrequests inherit variables. Each one that is asked must have been set before, by a rule that every request passes.
        var set = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in HostFile(_host, MassSite)!.Content.Split('\n').Select(line => line.Trim()).TakeWhile(line => !line.StartsWith("Alias", StringComparison.Ordinal)))
        {
            foreach (Match asked in Regex.Matches(line, @"%\{(?:ENV|reqenv):(?<name>SYMBIOSIS_[A-Z]+)\}", RegexOptions.NonBacktracking))
                set.ShouldContain(asked.Groups["name"].Value, line);
            foreach (Match given in Regex.Matches(line, "E=(?<name>SYMBIOSIS_[A-Z]+):", RegexOptions.NonBacktracking))
                set.Add(given.Groups["name"].Value);
        }

        set.ShouldContain("SYMBIOSIS_OWNER");
    }

    [Fact]
    public void WEB_66_a_domain_of_another_owner_has_limits_and_the_administrators_have_none()
    {
        const string limits = "/etc/apache2/conf-available/symbiosis-site-bob.example.conf";
        var bob = Domains.Make("bob.example", _htdocs) with { Owner = new Owner(1001, 1001, "bob", "bobs"), Aliases = [DomainName.Parse("bob.example.org")] };

        var file = new WebModule().RenderDomain(bob, _host).Files.Single(file => file.Path.Value == limits);

        file.EnabledLink!.Value.ShouldBe("/etc/apache2/conf-enabled/symbiosis-site-bob.example.conf");
        file.Content.ShouldContain("<Directory \"/srv/bob.example\">");
        file.Content.ShouldContain("<Directory \"/srv/bob.example.org\">"); // Apache does not resolve the link
        file.Content.ShouldContain("AllowOverride AuthConfig Indexes Limit Nonfatal=Override\n");
        file.Content.ShouldNotContain("RequestHeader"); // it could open the lock
        var words = file.Content.Split('\n').First(line => line.Contains("AllowOverrideList", StringComparison.Ordinal)).Trim().Split(' ');
        words.Length.ShouldBeInRange(50, 64); // Apache silently drops what is beyond
        SiteOf(Domains.Make("example.com", _htdocs), _host).ShouldBeNull();
    }

    [Theory]
    [InlineData(1001, 0, "rwxr-xr-x", true)] // a customer's
    [InlineData(1001, 0, "rwxr-x---", false)]
    [InlineData(1000, 0, "rwxr-xr-x", false)] // admin is alone on the host
    [InlineData(1000, 1001, "rwxr-xr-x", true)]
    [InlineData(1000, 1001, "rwxr-x--x", true)]
    [InlineData(1000, 109, "rwxr-xr-x", false)] // a system account is nobody's code
    public void WEB_66_with_a_second_person_on_the_host_domains_are_closed_to_others(int owner, int other, string mode, bool isClosed)
    {
        var bits = (UnixFileMode)Convert.ToInt32(string.Concat(mode.Select(letter => letter == '-' ? '0' : '1')), 2);
        var domain = Domains.Make("example.com", _htdocs, ("", new TreeNode(NodeKind.Directory) { Mode = bits })) with { Owner = new Owner((uint)owner, 1000, "bob", "bob") };
        var host = other == 0 ? _host : _host with { Users = [new UnixUser("eve", (uint)other, 100, "/home/eve") { Tree = new DomainTree([], [], []) }] };

        new WebModule().RenderDomain(domain, host).TreeChanges.OfType<TreeChange.CloseToOthers>().Count().ShouldBe(isClosed ? 1 : 0);
    }

    [Theory]
    [InlineData("php8.2-fpm", "/etc/php/8.2/fpm/symbiosis.conf")]
    [InlineData("php8.4-fpm", "/etc/php/8.4/fpm/symbiosis.conf")]
    [InlineData("php8.2-fpm php8.10-fpm", "/etc/php/8.10/fpm/symbiosis.conf")] // by number, not by text
    [InlineData("php8.2-cli", null)]
    public void The_php_version_is_what_is_installed(string packages, string? settings)
    {
        var host = _host with { Packages = packages.Split(' ').Prepend("apache2").Select(name => new InstalledPackage(name, "1.0-1")).ToValueList() };

        new WebModule().RenderHost(host, []).Files.Where(file => file.Daemon == "php-fpm").Select(file => file.Path.Value).SingleOrDefault(path => path.EndsWith("/fpm/symbiosis.conf", StringComparison.Ordinal)).ShouldBe(settings);
    }

    [Fact]
    public void The_unit_of_php_fpm_names_its_settings_so_that_new_ones_restart_it()
    {
        static string Unit(Host host) => HostFile(host, "/etc/systemd/system/symbiosis-php8.2@.service")!.Content;

        Unit(_host).ShouldMatch("\nEnvironment=SYMBIOSIS_SETTINGS=[0-9a-f]{16}\n");
    }

    [Fact]
    public void WEB_11_without_a_program_for_scripts_their_source_is_not_shown()
    {
        HostFile(_host, MassSite)!.Content.ShouldMatch(@"public/cgi-bin"">(?:\n.*){0,6}\n\s+Require all denied\n");
        HostFile(_withScripts, MassSite)!.Content.ShouldContain("SetHandler \"proxy:unix:/run/symbiosis-web/%{reqenv:SYMBIOSIS_OWNER}/cgi.sock|fcgi://localhost\"");
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
    public void Php_fpm_checks_the_staged_settings()
    {
        var php = new WebModule().Daemons(_host).Single(daemon => daemon.Name == "php-fpm");

        php.Unit.ShouldBe("sockets.target"); // its units come and go with the owners
        php.Reload.ShouldBe(new Command("/usr/lib/symbiosis/take-up-units", []));
        php.Check(new StagedFiles(path => "/stage" + path.Value)).Arguments.ShouldBe(["-p", "/run", "-t", "-y", "/stage/etc/php/8.2/fpm/symbiosis.conf"]);
    }

    private static Host WithTemplate(string path, string text) => _host with { Tree = new HostTree([KeyValuePair.Create(path, Text(text))]) };

    private static TreeNode Text(string content) => new(NodeKind.File) { Content = Encoding.UTF8.GetBytes(content) };

    private static RenderedFile? SiteOf(Domain domain, Host host) => new WebModule().RenderDomain(domain, host).Files.SingleOrDefault(file => file.Path.Value.StartsWith("/etc/", StringComparison.Ordinal));

    private static RenderedFile? HostFile(Host host, string path) => new WebModule().RenderHost(host, []).Files.SingleOrDefault(file => file.Path.Value == path);

    private static ValueList<Contribution> Contributions(WebModule module, params Domain[] domains) =>
        domains.SelectMany(domain => module.RenderDomain(domain, _host).Contributions.ToArray()).Distinct().ToValueList();
}
