using System.Text;
using Symbiosis.Model;
using Symbiosis.Services.Mail;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Mail;

public sealed class MailRouteTests
{
    private static readonly Domain Site = Domains.Make(
        "example.com",
        Mailbox("bob"), Mailbox("fwd"), Mailbox("away"), Mailbox("byroot", uid: 0), Text("mailboxes/fwd/forward", "x"), Text("mailboxes/away/vacation", "gone"), Text("mailboxes/bob/quota", "1G"),
        ("config", new TreeNode(NodeKind.Directory)), Text("config/aliases", "info: bob\nbob: fwd\ngone: :fail: moved\nlate: :defer: wait\nvoid: :blackhole:\n")) with
    {
        Aliases = [DomainName.Parse("alias.example")],
    };

    private static readonly Domain All = Domains.Make("all.example", ("config", new TreeNode(NodeKind.Directory)), Text("config/default_forward", "bob@example.com"));

    [Theory]
    [InlineData("bob@example.com", "Accepted", "/srv/example.com/mailboxes/bob")] // a mailbox beats an alias of its name
    [InlineData("Bob+Tag@Example.Com", "Accepted", "/srv/example.com/mailboxes/bob")]
    [InlineData("bob@alias.example", "Accepted", "/srv/example.com/mailboxes/bob")]
    [InlineData("bob@old.example", "Accepted", "/srv/example.com/mailboxes/bob")]
    [InlineData("fwd@example.com", "Accepted", "/srv/example.com/mailboxes/fwd/forward")]
    [InlineData("byroot@example.com", "Deferred", "/srv/example.com/mailboxes/byroot")]
    [InlineData("info+x@example.com", "Accepted", "/srv/example.com/config/aliases:1")]
    [InlineData("gone@example.com", "Refused", "/srv/example.com/config/aliases:3")]
    [InlineData("late@example.com", "Deferred", "/srv/example.com/config/aliases:4")]
    [InlineData("void@example.com", "Accepted", "/srv/example.com/config/aliases:5")]
    [InlineData("nobody@example.com", "Refused", "/srv/example.com/config/default_forward")]
    [InlineData("any@all.example", "Accepted", "/srv/all.example/config/default_forward")]
    [InlineData("postmaster@example.com", "Accepted", "/etc/aliases:1")]
    [InlineData("clare@host.example.net", "Accepted", "/home/clare")]
    [InlineData("clare+x@localhost", "Accepted", "/home/clare")]
    [InlineData("nobody@host.example.net", "Refused", "/etc/aliases")]
    [InlineData("x@elsewhere.example", "Elsewhere", "/srv/elsewhere.example")]
    public void The_last_step_is_the_file_that_decides(string address, string end, string file)
    {
        var route = Finder().Find(address);

        route.End.ToString().ShouldBe(end);
        route.Steps[^1].File.ShouldBe(file);
    }

    [Theory]
    [InlineData("a%b@example.com")]
    [InlineData(".a@example.com")]
    [InlineData("a/../b@example.com")]
    [InlineData("bob@not a domain")]
    [InlineData("x@round.example")] // renamed in a circle
    public void What_is_refused_without_looking(string address) => Finder().Find(address).End.ShouldBe(RouteEnd.Refused);

    [Fact]
    public void What_else_happens_to_the_mail_is_told()
    {
        Finder().Find("away@example.com").Steps.Select(step => step.File).ShouldContain("/srv/example.com/mailboxes/away/vacation");
        Finder().Find("bob@example.com").Steps.ShouldContain(new RouteStep("/srv/example.com/mailboxes/bob/quota", "the mailbox may hold 1G"));
    }

    private static MailRouteFinder Finder() => new(
        Hosts.Plain with { Users = [new UnixUser("clare", 1002, 1002, "/home/clare") { Tree = new DomainTree([], [], []) }] },
        name => name.Value switch { "example.com" or "alias.example" => Site, "all.example" => All, _ => null },
        new Dictionary<string, string>(StringComparer.Ordinal) { ["old.example"] = "example.com", ["round.example"] = "trip.example", ["trip.example"] = "round.example" },
        AliasFile.Parse("postmaster: root\n"));

    private static (string, TreeNode) Mailbox(string name, uint uid = 1000) => ("mailboxes/" + name, new TreeNode(NodeKind.Directory) { Uid = uid, Gid = 1000 });

    private static (string, TreeNode) Text(string path, string content) => (path, new TreeNode(NodeKind.File) { Content = Encoding.UTF8.GetBytes(content), Uid = 1000, Gid = 1000 });
}
