using Symbiosis.Applying;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Tests.Support;
using static Symbiosis.Tests.Support.ScratchHost;

namespace Symbiosis.Tests.Applying;

public sealed class StageViewTests : IDisposable
{
    private readonly ScratchHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void The_checker_sees_the_whole_tree_as_it_would_be_and_the_live_one_is_untouched()
    {
        _host.Write("/etc/webd/webd.conf", "main\n");
        _host.Write("/etc/webd/sites-available/old.conf", "old\n");
        _host.Write("/etc/shared/certificate.pem", "certificate\n");
        Directory.CreateDirectory(_host.Real("/etc/webd/sites-enabled"));
        File.CreateSymbolicLink(_host.Real("/etc/webd/sites-enabled/old.conf"), "../sites-available/old.conf");
        File.CreateSymbolicLink(_host.Real("/etc/webd/certificate.pem"), "../shared/certificate.pem");
        File.CreateSymbolicLink(_host.Real("/etc/webd/inside.conf"), "/etc/webd/sites-available/new.conf"); // absolute, into the tree
        var before = _host.Snapshot("/etc");
        var operations = Operations(Unit("new.example", Site("new", "new\n")), Unit("old.example", Site("old", "old, changed\n") with { EnabledLink = null }));

        var view = StageView.Make(_host.Files, Webd, operations);
        view.Show(new HashSet<string>(StringComparer.Ordinal) { "new.example" });

        var root = view.Paths.PathOf(HostPath.Parse("/etc/webd"));
        File.ReadAllText(root + "/webd.conf").ShouldBe("main\n");
        File.ReadAllText(root + "/sites-enabled/new.conf").ShouldStartWith("new\n");
        File.ReadAllText(root + "/inside.conf").ShouldStartWith("new\n");
        File.ReadAllText(root + "/sites-enabled/old.conf").ShouldBe("old\n");
        File.ReadAllText(root + "/certificate.pem").ShouldBe("certificate\n");
        _host.Snapshot("/etc").ShouldBe(before);

        view.Show(new HashSet<string>(StringComparer.Ordinal) { "old.example" });
        File.ReadAllText(root + "/sites-enabled/old.conf").ShouldStartWith("old, changed\n");
        Path.Exists(root + "/sites-enabled/new.conf").ShouldBeFalse();
    }

    [Fact]
    public void A_daemon_without_a_root_gets_changed_files_staged_and_others_where_they_are()
    {
        var mail = Webd with { ConfigurationRoot = null };
        var operations = Operations(Unit("a.example", Site("a", "a\n")));

        var view = StageView.Make(_host.Files, mail, operations);
        view.Show(new HashSet<string>(StringComparer.Ordinal) { "a.example" });

        File.ReadAllText(view.Paths.PathOf(HostPath.Parse("/etc/webd/sites-available/a.conf"))).ShouldStartWith("a\n");
        view.Paths.PathOf(HostPath.Parse("/etc/webd/other.conf")).ShouldBe(_host.Real("/etc/webd/other.conf"));
    }

    [Theory]
    [InlineData("syntax error in {0}:12", true)]
    [InlineData("syntax error in {0}.", true)]
    [InlineData("'{0}' is bad", true)]
    [InlineData("{0}", true)]
    [InlineData("{0}.bak:1: bad", false)]
    [InlineData("{0}2: bad", false)]
    [InlineData("/elsewhere/a.conf: bad", false)]
    public void A_unit_is_suspected_when_the_checker_names_its_file(string complaint, bool isNamed)
    {
        var view = StageView.Make(_host.Files, Webd, Operations(Unit("a.example", Site("a", "a\n"))));
        var path = view.Paths.PathOf(HostPath.Parse("/etc/webd/sites-enabled/a.conf"));

        view.FindUnitsNamedIn(string.Format(null, complaint, path)).ShouldBe(isNamed ? ["a.example"] : []);
    }

    private List<Operation> Operations(params DesiredUnit[] units) =>
        [.. _host.Plan(Wants(units), new PlanOptions { Force = true }).Changes.Select((change, number) => Operation.From(change, number, "test"))];
}
