using System.Text;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Services.Web;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Web;

/// <summary>Limits of all code of an owner, and the PHP that a domain chooses.</summary>
public sealed class OwnerLimitsTests
{
    private const string Slice = "/etc/systemd/system/symbiosis-owner-1001.slice";

    private static readonly Host _host = Hosts.Plain with { Packages = [new("apache2", "2.4.71-1~deb12u1"), new("php8.2-fpm", "8.2.36-1"), new("php8.10-fpm", "8.10.1-1"), new("php-fpm", "2:8.4")] };

    [Fact]
    public void Without_any_limit_there_is_no_slice() => SliceOf(_host, null).ShouldBeNull();

    [Theory]
    [InlineData("memory 512Mi\ncpu 50%\ntasks 100", null, null, "MemoryMax=536870912 MemorySwapMax=0 CPUQuota=50% TasksMax=100")]
    [InlineData("tasks 100", "tasks 50", null, "TasksMax=100")] // a default is no maximum
    [InlineData(null, "tasks 50", null, "TasksMax=50")]
    [InlineData("tasks 100", null, "tasks 50", "TasksMax=50")] // nobody exceeds the maximum
    [InlineData("tasks 20", null, "tasks 50", "TasksMax=20")]
    [InlineData(null, "tasks 100", "tasks 50", "TasksMax=50")]
    [InlineData(null, null, "cpu 200%", "CPUQuota=200%")] // a maximum alone holds as well
    public void The_domain_may_lower_and_the_administrator_has_the_last_word(string? domain, string? usual, string? most, string expected)
    {
        var slice = SliceOf(With(_host, usual, most), domain);

        string.Join(' ', slice!.Content.Split("[Slice]\n")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries)).ShouldBe(expected);
    }

    [Fact]
    public void Of_several_domains_of_an_owner_the_smallest_limit_counts()
    {
        var wanted = new[] { Wanted(_host, "tasks 100\nmemory 1Gi").Contributions, Wanted(_host, "tasks 30").Contributions }.SelectMany(all => all).Distinct().ToValueList();

        new WebModule().RenderHost(_host, wanted).Files.Single(file => file.Path.Value == Slice).Content.ShouldEndWith("\n[Slice]\nMemoryMax=1073741824\nMemorySwapMax=0\nTasksMax=30\n");
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("memory 1k")] // less than any process needs
    [InlineData("memory 0")]
    [InlineData("memory infinity")]
    [InlineData("cpu 50")]
    [InlineData("cpu 0%")]
    [InlineData("tasks -1")]
    [InlineData("tasks 1 2")]
    [InlineData("IOWeight 10")]
    public void A_line_that_is_no_limit_is_skipped_and_told(string line)
    {
        var found = Wanted(_host, $"# limits\n{line}\n").Diagnostics.Single();

        found.ToString().ShouldStartWith($"/srv/example.com/config/limits:2: warning WEB064: '{line}' is not a limit");
        new WebModule().RenderHost(With(_host, null, line), []).Diagnostics.Count(found => found.Kind.Id == "WEB064").ShouldBe(1);
    }

    [Fact]
    public void Asking_for_more_than_is_allowed_is_told() =>
        Wanted(With(_host, null, "memory 100M"), "\nmemory 200M").Diagnostics.Single().ToString()
            .ShouldStartWith("/srv/example.com/config/limits:2: warning WEB065: memory is limited to 100000000");

    [Theory]
    [InlineData("8.2", "example.com 1001 php8.2\n")]
    [InlineData(" 8.10\n", "example.com 1001 php8.10\n")]
    public void A_domain_chooses_one_of_the_installed_PHPs(string text, string line)
    {
        var rendering = Chosen(text);

        rendering.Files.Single(file => file.Role == FileRole.Table).Content.ShouldBe(line);
        rendering.Diagnostics.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("7.4")]
    [InlineData("8.2; rm")]
    [InlineData("../8.2")]
    [InlineData("")]
    public void Another_PHP_is_told_with_those_that_are_installed_and_the_newest_serves(string text)
    {
        var rendering = Chosen(text);

        rendering.Files.Single(file => file.Role == FileRole.Table).Content.ShouldBe("example.com 1001\n");
        rendering.Diagnostics.Single().ToString().ShouldStartWith("/srv/example.com/config/php-version:1: error WEB063: ");
        rendering.Diagnostics.Single().Hint.ShouldBe("installed: 8.2, 8.10");
    }

    [Fact]
    public void The_newest_PHP_has_a_socket_for_every_owner_and_the_others_for_those_who_chose_them()
    {
        var host = new WebModule().RenderHost(_host, [.. Chosen("8.2").Contributions, .. new WebModule().RenderDomain(Domains.Make("example.org"), _host).Contributions]);

        host.Links.Select(link => link.Path.Value.Split('/')[^1]).ShouldBe(["symbiosis-php8.2@1001.socket", "symbiosis-php8.10@1000.socket", "symbiosis-php8.10@1001.socket"], ignoreOrder: true);
        new WebModule().Daemons(_host).Select(daemon => daemon.Name).ShouldBe(["apache2", "php-fpm8.2", "php-fpm", "app"], ignoreOrder: true);
    }

    private static Symbiosis.Services.DomainRendering Chosen(string text) =>
        new WebModule().RenderDomain(Domains.Make("example.com", ("config/php-version", Text(text))) with { Owner = new Owner(1001, 1001, "carol", "carol") }, _host);

    private static Symbiosis.Services.DomainRendering Wanted(Host host, string? text) => new WebModule().RenderDomain(
        Domains.Make("example.com", text is null ? [] : [("config/limits", Text(text))]) with { Owner = new Owner(1001, 1001, "carol", "carol") }, host);

    private static RenderedFile? SliceOf(Host host, string? text) => new WebModule().RenderHost(host, Wanted(host, text).Contributions).Files.SingleOrDefault(file => file.Path.Value == Slice);

    private static Host With(Host host, string? usual, string? most)
    {
        var nodes = new List<KeyValuePair<string, TreeNode>>();
        if (usual is not null)
            nodes.Add(new("/etc/symbiosis/apache.d/limits", Text(usual)));
        if (most is not null)
            nodes.Add(new("/etc/symbiosis/apache.d/limits-max", Text(most)));
        return host with { Tree = new HostTree(nodes) };
    }

    private static TreeNode Text(string text) => new(NodeKind.File) { Content = new ByteString(Encoding.UTF8.GetBytes(text)) };
}
