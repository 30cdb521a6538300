using System.Text;
using Symbiosis.Model;
using Symbiosis.Services.Web;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Web;

public sealed class WebRouteTests
{
    private static readonly (string, TreeNode) _htdocs = ("public/htdocs", new TreeNode(NodeKind.Directory));

    private static readonly Host _host = Hosts.Plain with { Packages = [new("apache2", "2.4.71-1"), new("php8.2-fpm", "8.2.1-1"), new("php8.4-fpm", "8.4.1-1")] };

    private static readonly Domain[] _domains =
    [
        Domains.Make("example.com", _htdocs, Text("config/php-version", "8.2")) with { Aliases = [DomainName.Parse("example.org")] },
        Domains.Make("own.example", _htdocs, Text("config/ip", "192.0.2.9")),
        Domains.Make("both.example", _htdocs, Text("config/ip", "192.0.2.9 192.0.2.1")),
        Domains.Make("bare.example"),
        Domains.Make("app.example", Text("config/app", "bin/server")),
        Domains.Make("broken.example", Text("config/app", "'")),
        Domains.Make("www.app.example", _htdocs),
    ];

    [Theory]
    [InlineData("example.com", "/srv/example.com/public/htdocs/ over http; a .htaccess there may say otherwise", "/srv/example.com/config/ip: names no address: mass hosting serves it, /etc/apache2/sites-available/zz-mass-hosting.conf")]
    [InlineData("HTTPS://Shop.Example.ORG:443/a?b#c", "/srv/example.com/public/htdocs/a over https; a .htaccess there may say otherwise", "/srv/example.com/config/ip: names no address: mass hosting serves it, /etc/apache2/sites-available/zz-mass-hosting.conf")]
    [InlineData("http://example.com/x.php", "/srv/example.com/public/htdocs/x.php, run by PHP 8.2 as www-data", "/srv/example.com/config/php-version: chooses PHP 8.2")]
    [InlineData("example.com/cgi-bin/x", "the script /srv/example.com/public/cgi-bin/x, run as www-data", "/srv/example.com/config/ip: names no address: mass hosting serves it, /etc/apache2/sites-available/zz-mass-hosting.conf")]
    [InlineData("own.example", "/srv/own.example/public/htdocs/ over http; a .htaccess there may say otherwise", "/srv/own.example/config/ip: names 192.0.2.9 and no primary address: a site of its own, /etc/apache2/sites-available/own.example.conf")]
    [InlineData("both.example", "/srv/both.example/public/htdocs/ over http; a .htaccess there may say otherwise", "/srv/both.example/config/ip: names a primary address: mass hosting serves it, /etc/apache2/sites-available/zz-mass-hosting.conf")]
    [InlineData("bare.example/x", "404", "/srv/bare.example/public/htdocs: is no directory: no site, every page is a 404")]
    [InlineData("app.example/x", "the program", "/srv/app.example/config/app: the site is a program: symbiosis-app@app.example.service")]
    [InlineData("broken.example", "502 or 503, because the program cannot be started", "/srv/broken.example/config/app: the quote ' is not closed")]
    [InlineData("www.app.example", "/srv/www.app.example/public/htdocs/ over http; a .htaccess there may say otherwise", "/srv/www.app.example/config/ip: names no address: mass hosting serves it, /etc/apache2/sites-available/zz-mass-hosting.conf")] // WEB-5
    [InlineData("app.example/.well-known/acme-challenge/t", "the host itself, from /var/lib/symbiosis/acme", "/srv/app.example/config/ip: names no address: mass hosting serves it, /etc/apache2/sites-available/zz-mass-hosting.conf")]
    [InlineData("example.com.testing.host.example.net", "/srv/example.com/public/htdocs/ over http; a .htaccess there may say otherwise", "/srv/example.com/config/ip: names no address: mass hosting serves it, /etc/apache2/sites-available/zz-mass-hosting.conf")]
    [InlineData("x.example.com.testing.host.example.net", "404 from the site for all unknown names, /etc/apache2/sites-available/zz-mass-hosting.conf", "/srv/x.example.com: is no domain")] // WEB-9
    [InlineData("nobody.example", "404 from the site for all unknown names, /etc/apache2/sites-available/zz-mass-hosting.conf", "/srv/nobody.example: is no domain")]
    public void The_verdict_and_the_last_step_say_who_answers_and_which_file_decides(string asked, string verdict, string last)
    {
        var route = Finder().Find(asked);

        route.Verdict.ShouldBe(verdict);
        $"{route.Steps[^1].File}: {route.Steps[^1].Found}".ShouldBe(last);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("http://[2001:db8::1]/")]
    public void What_is_no_name_gets_404(string asked)
    {
        var route = Finder().Find(asked);

        route.IsServed.ShouldBeFalse();
        route.Verdict.ShouldStartWith("404");
    }

    private static WebRouteFinder Finder() => new(_host, name => _domains.FirstOrDefault(domain => domain.Name == name || domain.Aliases.Contains(name)));

    private static (string, TreeNode) Text(string path, string text) => (path, new TreeNode(NodeKind.File) { Content = new ByteString(Encoding.UTF8.GetBytes(text)) });
}
