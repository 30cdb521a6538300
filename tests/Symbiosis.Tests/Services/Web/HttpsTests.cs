using System.Text;
using Symbiosis.Model;
using Symbiosis.Services.Web;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Web;

/// <summary>Domains with a certificate of their own.</summary>
public sealed class HttpsTests
{
    private static readonly Host _host = Hosts.Plain with { Packages = [new("apache2", "2.4.71-1~deb12u1")], Addresses = ["192.0.2.1", "2001:db8::1", "192.0.2.2"] };

    private static readonly (string, TreeNode) _htdocs = ("public/htdocs", new TreeNode(NodeKind.Directory));

    [Theory]
    [InlineData(true, null, true, true)]
    [InlineData(true, "192.0.2.2", true, true)]
    [InlineData(true, "192.0.2.1", true, true)]
    [InlineData(true, null, false, false)]
    [InlineData(false, null, true, false)]
    [InlineData(false, "192.0.2.2", true, true)]
    public void WEB_21_a_certificate_or_addresses_of_its_own_make_a_site(bool hasCertificate, string? address, bool hasHtdocs, bool hasSite)
    {
        var domain = Make([.. hasHtdocs ? [_htdocs] : Array.Empty<(string, TreeNode)>(), .. address is null ? [] : new[] { ("config/ip", Text(address)) }]);
        var rendering = new WebModule().RenderDomain(hasCertificate ? domain : domain with { Certificate = null }, _host);

        rendering.Files.Any(file => file.Path.Value == "/etc/apache2/sites-available/example.com.conf").ShouldBe(hasSite);
        rendering.Loads.Select(load => (load.Path.Value, load.Version)).ShouldBe(
            hasSite && hasCertificate ? [("/var/lib/symbiosis/tls/example.com/fullchain.pem", "f1")] : []);
    }

    [Fact]
    public void TLS_55_a_site_names_the_stable_path_so_a_renewal_changes_no_text()
    {
        var before = Site(Make(_htdocs));
        before.ShouldContain("<VirtualHost 192.0.2.1:443 [2001:db8::1]:443>\n");
        before.ShouldContain("<VirtualHost 192.0.2.1:80 [2001:db8::1]:80>\n");
        before.ShouldContain("  SSLCertificateFile /var/lib/symbiosis/tls/example.com/fullchain.pem\n  SSLCertificateKeyFile /var/lib/symbiosis/tls/example.com/key.pem\n");
        var renewed = Make(_htdocs);
        Site(renewed with { Certificate = renewed.Certificate! with { Fingerprint = "f2" } }).ShouldBe(before); // set by Make
    }

    [Fact]
    public void After_a_reload_every_covered_name_is_looked_at_on_the_hosts_addresses()
    {
        var shown = new WebModule().RenderDomain(Make(_htdocs), _host).Loads.Single().Shown;
        shown.Select(place => place.ToString()).ShouldBe(["example.com on 192.0.2.1:443", "www.example.com on 192.0.2.1:443", "example.com on [2001:db8::1]:443", "www.example.com on [2001:db8::1]:443"]);
    }

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("zz-a.example", "zz-a.example")]
    [InlineData("zz-mass-hosting.net", "zz+zz-mass-hosting.net")]
    [InlineData("zzz.example.org", "zz+zzz.example.org")]
    public void WEB_24_every_site_is_read_before_mass_hosting(string name, string link)
    {
        var site = new WebModule().RenderDomain(Make(name, _htdocs), _host).Files.Single(file => file.EnabledLink is not null);
        site.EnabledLink!.Value.ShouldBe($"/etc/apache2/sites-enabled/{link}.conf");
        string.CompareOrdinal(site.EnabledLink.Value, "/etc/apache2/sites-enabled/zz-mass-hosting.conf").ShouldBeLessThan(0);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", 15768000)]
    [InlineData("yes\n", 15768000)]
    [InlineData("no\n", null)]
    [InlineData("31536000\n", 31536000)]
    [InlineData("0", 0)]
    [InlineData("1e9", 15768000)]
    [InlineData("-1", 15768000)]
    [InlineData("99999999999999999999", 15768000)]
    public void WEB_17_https_only_says_for_how_long(string? content, int? seconds)
    {
        var site = Site(Make([_htdocs, .. content is null ? [] : new[] { ("config/ssl-only", Text(content)) }]));
        site.Contains("Strict-Transport-Security", StringComparison.Ordinal).ShouldBe(seconds is not null);
        if (seconds is not null)
            site.ShouldContain($"  Header always set Strict-Transport-Security max-age={seconds}\n");
        site.Contains("R=301", StringComparison.Ordinal).ShouldBe(seconds is not null);
    }

    [Fact]
    public void WEB_16_only_names_of_the_certificate_are_redirected_to_themselves_and_none_breaks_out_of_the_pattern()
    {
        var domain = Make(_htdocs, ("config/ssl-only", Text("")));
        domain = domain with { Certificate = domain.Certificate! with { Names = ["*.example.com", "example.com", "x)|(.*", "a b"] } }; // set by Make
        Site(domain).ShouldContain(@"RewriteCond %{SERVER_NAME} ^(?:[^.]+\.example\.com|example\.com)$");
    }

    [Fact]
    public void WEB_T11_https_only_without_a_certificate_is_one_finding_and_no_redirect()
    {
        var rendering = new WebModule().RenderDomain(Make(_htdocs, ("config/ssl-only", Text("soon"))) with { Certificate = null }, _host);
        rendering.Diagnostics.Select(found => found.Kind.Id).ShouldBe(["WEB022", "WEB023"]);
        rendering.Files.ShouldAllBe(file => !file.Content.Contains("https://"));
    }

    [Theory]
    [InlineData(null, "-all +TLSv1.2 +TLSv1.3", null)]
    [InlineData("intermediate\n", "-all +TLSv1.2 +TLSv1.3", null)]
    [InlineData("modern\n", "-all +TLSv1.3", "WEB021")]
    [InlineData("old\n", "-all +TLSv1.2 +TLSv1.3", "WEB020")]
    public void NET_20_the_policy_is_one_for_all_sites(string? content, string protocols, string? finding)
    {
        var rendering = new WebModule().RenderHost(content is null ? _host : _host with { Tree = new HostTree([KeyValuePair.Create("/etc/symbiosis/apache.d/tls-policy", Text(content))]) }, []);
        rendering.Files.Single(file => file.Path.Value.EndsWith("symbiosis-httpd.conf", StringComparison.Ordinal)).Content.ShouldContain($"SSLProtocol {protocols}\n");
        rendering.Diagnostics.Select(found => found.Kind.Id).ShouldBe(finding is null ? [] : [finding]);
        rendering.Files.Count(file => file.Content.Contains("SSLProtocol", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public void WEB_8_who_names_no_host_meets_a_site_of_nobody_before_all_others()
    {
        var settings = new WebModule().RenderHost(_host, []).Files.Single(file => file.Path.Value == "/etc/apache2/conf-available/symbiosis-httpd.conf").Content;
        settings.ShouldContain("<VirtualHost 192.0.2.1:443 [2001:db8::1]:443>\n  ServerName nobody.mass-hosting.invalid\n");
        settings.ShouldContain("SSLCertificateFile /var/lib/symbiosis/tls/host.example.net/fullchain.pem\n");
    }

    private static Domain Make(params (string, TreeNode)[] nodes) => Make("example.com", nodes);

    private static Domain Make(string name, params (string, TreeNode)[] nodes) => Domains.Make(name, nodes) with
    {
        OtherNames = [DomainName.Parse("www." + name)],
        Certificate = new PublishedCertificate(Hosts.Plain.ReadAt.AddDays(30), [name, "www." + name], IsSelfSigned: false) { Fingerprint = "f1" },
    };

    private static string Site(Domain domain) => new WebModule().RenderDomain(domain, _host).Files.Single(file => file.Path.Value == $"/etc/apache2/sites-available/{domain.Name}.conf").Content;

    private static TreeNode Text(string content) => new(NodeKind.File) { Content = Encoding.UTF8.GetBytes(content) };
}
