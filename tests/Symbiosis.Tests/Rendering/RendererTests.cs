using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Services;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Rendering;

public sealed class RendererTests
{
    private readonly CountingModule _module = new();
    private readonly Renderer _renderer;

    public RendererTests()
    {
        _renderer = new Renderer([_module]);
        _renderer.UseHost(Hosts.Plain);
    }

    [Fact]
    public void A_change_of_one_domain_renders_one_domain()
    {
        _renderer.Put(Domains.Make("a.example"));
        _renderer.Put(Domains.Make("b.example"));
        _renderer.TakeAll();
        _module.Rendered.Clear();

        _renderer.Put(Domains.Make("b.example"));
        var desired = _renderer.Take(["b.example"]);

        _module.Rendered.ShouldBe(["b.example"]);
        desired.IsComplete.ShouldBeFalse();
        desired.Units.Select(unit => unit.Name).ShouldBe(["b.example"]);
    }

    [Fact]
    public void The_host_is_rendered_again_only_when_a_contribution_changed()
    {
        _renderer.Put(Domains.Make("a.example"));
        _renderer.TakeAll().Units.Select(unit => unit.Name).ShouldBe(["a.example", DesiredUnit.HostUnit]);

        _module.PortOf["a.example"] = 8080;
        _renderer.Put(Domains.Make("a.example"));
        var desired = _renderer.Take(["a.example"]);

        desired.Units.Select(unit => unit.Name).ShouldBe(["a.example", DesiredUnit.HostUnit]);
        desired.Units[1].Files[0].Content.ShouldBe("8080\n");
    }

    [Fact]
    public void Every_file_carries_the_name_of_its_service()
    {
        _module.PortOf["a.example"] = 8080;
        _renderer.Put(Domains.Make("a.example"));

        _renderer.TakeAll().Units.SelectMany(unit => unit.Files).Select(file => file.Service).Distinct().ShouldBe([_module.Name]);
    }

    [Fact]
    public void Equal_contributions_of_many_domains_are_merged_into_one()
    {
        _module.PortOf["a.example"] = _module.PortOf["b.example"] = 25;
        _renderer.Put(Domains.Make("a.example"));
        _renderer.Put(Domains.Make("b.example"));

        _renderer.TakeAll().Units[^1].Files[0].Content.ShouldBe("25\n");
    }

    [Fact]
    public void A_domain_that_is_gone_is_a_unit_that_wants_nothing()
    {
        _renderer.Put(Domains.Make("a.example"));
        _renderer.Put(Domains.Make("b.example"));
        _renderer.TakeAll();

        _renderer.Remove("a.example");

        var unit = _renderer.Take(["a.example"]).Units[0];
        unit.Name.ShouldBe("a.example");
        unit.Files.Count.ShouldBe(0);
    }

    [Fact]
    public void Every_finding_carries_its_domain()
    {
        _renderer.Put(Domains.Make("a.example"));

        _renderer.TakeAll().Diagnostics.ShouldHaveSingleItem().Domain!.Value.ShouldBe("a.example");
    }

    [Fact]
    public void The_order_in_which_domains_were_read_does_not_matter()
    {
        var other = new Renderer([new CountingModule()]);
        other.UseHost(Hosts.Plain);
        _renderer.Put(Domains.Make("a.example"));
        _renderer.Put(Domains.Make("b.example"));
        other.Put(Domains.Make("b.example"));
        other.Put(Domains.Make("a.example"));

        other.TakeAll().Units.ShouldBe(_renderer.TakeAll().Units);
    }

    private sealed class CountingModule : IServiceModule
    {
        private static readonly DiagnosticKind Seen = new("TEST001", Severity.Note, "a domain was seen");

        public Dictionary<string, int> PortOf { get; } = [];

        public List<string> Rendered { get; } = [];

        public string Name => "counting";

        public ValueList<Setting> Settings => [];

        public ValueList<DiagnosticKind> Diagnostics => [Seen];

        public ValueList<Daemon> Daemons(Host host) => [];

        public DomainRendering RenderDomain(Domain domain, Host host)
        {
            lock (Rendered)
                Rendered.Add(domain.Name.Value);
            return new DomainRendering
            {
                Files = [new RenderedFile { Path = HostPath.Parse($"/var/lib/test/{domain.Name}"), Content = "x\n", Because = "test" }],
                Contributions = [new OpenPort(PortOf.GetValueOrDefault(domain.Name.Value, 80), "tcp", "test")],
                Diagnostics = [Seen.At(domain.PathOf("config"), "seen")],
            };
        }

        public HostRendering RenderHost(Host host, ValueList<Contribution> contributions) => new()
        {
            Files =
            [
                new RenderedFile
                {
                    Path = HostPath.Parse("/etc/test/ports"),
                    Content = string.Concat(contributions.OfType<OpenPort>().Select(port => $"{port.Number}\n")),
                    Because = "test",
                },
            ],
        };
    }
}
