using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Services.Web;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Web;

public sealed class ProtectedAreasTests
{
    private const string Hash = "$6$0123456789abcdef$S0m3Th1ngThatLooksLikeAHash";
    private const string Available = "/etc/apache2/conf-available/symbiosis-access-example.com@";

    private static readonly Host _host = Hosts.Plain with { Packages = [new("apache2", "2.4.71-1~deb12u1")] };

    [Theory]
    [InlineData("/private", "/private")]
    [InlineData(" /private/ \n", "/private")]
    [InlineData("/a b/ü", "/a b/ü")]
    [InlineData("/", "")]
    [InlineData("/.well-known", "/.well-known")]
    [InlineData("private", null)]
    [InlineData("", null)]
    [InlineData("//private", null)]
    [InlineData("/a//b", null)]
    [InlineData("/a/./b", null)]
    [InlineData("/a/../b", null)]
    [InlineData("/..", null)]
    [InlineData("/a%2fb", null)]
    [InlineData("/a*", null)]
    [InlineData("/a?b", null)]
    [InlineData("/[ab]", null)]
    [InlineData("/a\"b", null)]
    [InlineData("/a\\", null)]
    [InlineData("/${ENV}", null)]
    [InlineData("/a\nRequire all granted", null)]
    [InlineData("/1/2/3/4/5/6/7/8/9/10", null)]
    [InlineData("/.well-known/acme-challenge", null)]
    [InlineData("/.well-known/acme-challenge/x", null)]
    public void A_path_is_taken_when_Apache_means_exactly_it(string text, string? path)
    {
        ProtectedArea.ParsePath(text, out var fault).ShouldBe(path);
        fault.Length.ShouldBe(path is null ? fault.Length : 0);
        (fault.Length > 0).ShouldBe(path is null);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("192.0.2.7/24", "192.0.2.0/24")] // FW-14: host bits are cleared
    [InlineData("192.0.2.7|24", "192.0.2.0/24")]
    [InlineData("2001:DB8:0::1", "2001:db8::1")]
    [InlineData("2001:db8:1:dead:beef::/64", "2001:db8:1:dead::/64")]
    [InlineData("10.0.0.0/8\r", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("# all of it", null)]
    [InlineData("10.1", null)]
    [InlineData("1", null)]
    [InlineData("0x7f.0.0.1.2", null)]
    [InlineData("192.0.2.7/33", null)]
    [InlineData("192.0.2.7/-1", null)]
    [InlineData("192.0.2.7/24/8", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("::ffff:192.0.2.7", null)]
    [InlineData("host.example.com", null)]
    [InlineData("192.0.2.7 all granted", null)]
    public void FW_14_an_address_is_written_anew(string line, string? network) =>
        AddressLines.Parse(line).Networks.ShouldBe(network is null ? [] : [network]);

    [Theory]
    [InlineData("bob", "Mailbox bob")]
    [InlineData("Bob@Example.com # the boss", "Mailbox bob")]
    [InlineData("@staff", "Group staff")]
    [InlineData("*", "Everybody")]
    [InlineData("guest:pass:word #1", "Outsider guest plain")]
    [InlineData("guest:" + Hash, "Outsider guest hash")]
    [InlineData("guest:$apr1$abcdefgh$abcdefghijklmnopqrstuv", "Outsider guest hash")]
    [InlineData("guest:$2y$05$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdefghijk", "Outsider guest hash")]
    [InlineData("# nobody", null)]
    [InlineData("bob@example.org", null)]
    [InlineData("@staff@example.org", null)]
    [InlineData("@../../etc", null)]
    [InlineData("bob smith", null)]
    [InlineData("guest:", null)]
    [InlineData(":secret", null)]
    [InlineData("gu est:secret", null)]
    [InlineData("bob@example.com:secret", null)]
    [InlineData("guest:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=", null)]
    [InlineData("guest:$apr1$short", null)]
    public void NET_24_a_line_is_a_mailbox_a_group_everybody_or_somebody_with_a_password(string line, string? meaning)
    {
        var user = UserLines.ParseUsers(line, DomainName.Parse("example.com")).Users.SingleOrDefault();

        (user switch
        {
            UserLine.Mailbox mailbox => $"Mailbox {mailbox.Name}",
            UserLine.Group group => $"Group {group.Name}",
            UserLine.Everybody => "Everybody",
            UserLine.Outsider outsider => $"Outsider {outsider.Name} {(outsider.Hash is null ? "plain" : "hash")}",
            _ => null,
        }).ShouldBe(meaning);
    }

    [Fact]
    public void Whatever_is_written_neither_breaks_a_parser_nor_gets_out_of_its_line()
    {
        var pieces = Gen.Elements("a", "bob", ":", "@", "*", "#", "\r", "\0", "\"", "\\", "${x}", "$6$a$b", "/", "192.0.2.1", "/24", " ", "<", ">", "ü", "Require all granted", "%", "'", "|", "..");
        var texts = Gen.ListOf(pieces).Select(list => string.Concat(list)).ToArbitrary();
        Prop.ForAll(texts, text =>
        {
            var rendering = Render(
                ("config/protected/x/path", Text("/" + text)), ("config/protected/x/realm", Text(text)), ("config/protected/x/users", Text(text)), ("config/protected/x/allow", Text(text)),
                ("config/protected/x/satisfy", Text(text)), ("mailboxes/bob/password", Text(text)));
            foreach (var file in rendering.Files.Where(file => file.Daemon is not null))
            {
                var lines = file.Content.Split('\n').Select(line => line.Trim()).ToList();
                lines.Count(line => line.StartsWith("<Location", StringComparison.Ordinal)).ShouldBe(1);
                lines.ShouldAllBe(line => line.Length == 0 || Known.Contains(line.Split(' ')[0].TrimEnd('>')));
            }

            rendering.Files.Where(file => file.Path.Value.Contains("/passwords/", StringComparison.Ordinal)).SelectMany(file => file.Content.Split('\n')).Where(line => line.Length > 0)
                .ShouldAllBe(line => line.Count(c => c == ':') == 1 && !ControlCharacters.AreIn(line));
            return true;
        }).QuickCheckThrowOnFailure();
    }

    private static readonly string[] Known =
    [
        "#", "<Location", "</Location", "<If", "</If", "<IfModule", "</IfModule", "<RequireAll", "</RequireAll", "<RequireAny", "</RequireAny", "AuthMerging", "ErrorDocument", "Satisfy", "AuthType", "AuthName",
        "AuthBasicProvider", "AuthBasicAuthoritative", "AuthBasicUseDigestAlgorithm", "AuthUserFile", "Require", "Redirect",
    ];

    [Fact]
    public void NET_25_an_area_without_users_and_addresses_is_closed()
    {
        var rendering = Render(("config/protected/inner", new TreeNode(NodeKind.Directory)));

        rendering.Files.Single(file => file.Path.Value == Available + "1-inner.conf").Content.ShouldContain("Require all denied");
        Ids(rendering).ShouldBe(["WEB033"]);
    }

    [Theory]
    [InlineData("users", "# nobody\n")]
    [InlineData("users", "no")]
    [InlineData("users", "nobody.here\n")]
    [InlineData("allow", "everybody\n")]
    [InlineData("allow", "false")]
    public void NET_5_a_list_of_nothing_usable_means_nobody(string file, string content)
    {
        var rendering = Render(($"config/protected/inner/{file}", Text(content)));

        var area = rendering.Files.Single(file => file.Path.Value == Available + "1-inner.conf").Content;
        area.ShouldContain("Require all denied");
        area.ShouldNotContain("granted");
        Ids(rendering).ShouldContain("WEB033");
    }

    [Fact]
    public void NET_25_password_and_address_are_both_needed_unless_one_is_said_to_be_enough()
    {
        (string, TreeNode)[] both = [("config/protected/inner/users", Text("guest:secret")), ("config/protected/inner/allow", Text("192.0.2.0/24"))];

        Render(both).Files[1].Content.ShouldContain("<RequireAll>\n      Require valid-user\n      Require ip 192.0.2.0/24\n");
        Render([.. both, ("config/protected/inner/satisfy", Text("any\n"))]).Files[1].Content.ShouldContain("<RequireAny>");
        var wrong = Render([.. both, ("config/protected/inner/satisfy", Text("some"))]);
        wrong.Files[1].Content.ShouldContain("<RequireAll>");
        Ids(wrong).ShouldBe(["WEB034"]);
    }

    [Fact]
    public void NET_24_a_plain_password_is_replaced_and_what_else_is_in_the_file_stays()
    {
        const string before = "# guests\r\nguest:secret\nbob\nother:" + Hash + "\n";
        var rendering = Render(("config/protected/inner/users", Text(before)), ("mailboxes/bob/password", Text("{CRYPT}" + Hash)));

        var change = rendering.TreeChanges.ShouldHaveSingleItem().ShouldBeOfType<TreeChange.ReplaceSecret>();
        var lines = change.Content.Split('\n');
        lines[0].ShouldBe("# guests");
        lines[1].ShouldStartWith("guest:$6$");
        lines[2..].ShouldBe(["bob", $"other:{Hash}", ""]);
        Crypt.HashSha512("secret"u8, lines[1].Split('$')[2]).ShouldBe(lines[1]["guest:".Length..]);
        var logins = rendering.Files.Single(file => file.Path.Value == "/var/lib/symbiosis/web/passwords/inner@example.com");
        logins.Content.ShouldBe($"bob:{Hash}\nbob@example.com:{Hash}\n{lines[1]}\nother:{Hash}\n");
        (logins.Mode, logins.Group, logins.Daemon).ShouldBe((UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, "www-data", null));

        var again = Render(("config/protected/inner/users", Text(change.Content)), ("mailboxes/bob/password", Text("{CRYPT}" + Hash)));
        again.TreeChanges.ShouldBeEmpty();
        again.Files.ShouldBe(rendering.Files);
    }

    [Fact]
    public void A_plain_password_of_a_mailbox_has_the_hash_that_mail_will_put_there()
    {
        var domain = Make(("config/protected/inner/users", Text("bob")), ("mailboxes/bob/password", Text("secret")));
        var web = new WebModule().RenderDomain(domain, _host).Files.Single(file => file.Path.Value.EndsWith("/passwords/inner@example.com", StringComparison.Ordinal));
        var mail = new PlainPasswords().Hash(_host.Secret, "bob@example.com", (StoredPassword.Plain)StoredPassword.Parse("secret"u8));

        web.Content.ShouldStartWith($"bob:{mail["{CRYPT}".Length..]}\n");
    }

    [Fact]
    public void NET_8_groups_hold_mailboxes_and_no_groups()
    {
        var rendering = Render(
            ("config/protected/inner/users", Text("@staff\n@missing")), ("groups/staff", Text("bob\n@staff\nguest:secret\nalice\n")),
            ("mailboxes/bob/password", Text(Hash)), ("mailboxes/alice/password", Text(Hash)));

        rendering.Files.Single(file => file.Path.Value.Contains("/passwords/", StringComparison.Ordinal)).Content.ShouldBe($"alice:{Hash}\nalice@example.com:{Hash}\nbob:{Hash}\nbob@example.com:{Hash}\n");
        rendering.Diagnostics.Select(found => (found.Path, found.Line)).ShouldBe([("/srv/example.com/groups/staff", 2), ("/srv/example.com/groups/staff", 3), ("/srv/example.com/config/protected/inner/users", 2)]);
        rendering.Diagnostics.ShouldAllBe(found => !found.Message.Contains("secret"));
    }

    [Fact]
    public void NET_5_an_area_whose_path_cannot_be_used_stays_as_it_was()
    {
        var rendering = Render(("config/protected/inner/path", Text("private")), ("config/protected/inner/users", Text("*")), ("config/protected/other/allow", Text("192.0.2.1")));

        Ids(rendering).ShouldBe(["WEB030"]);
        rendering.Held.Select(held => held.Value).ShouldContain(Available + "3-inner.conf");
        rendering.Files.ShouldContain(file => file.Path.Value == Available + "1-other.conf");
    }

    [Fact]
    public void NET_5_when_it_cannot_be_read_what_is_protected_the_whole_site_is_closed()
    {
        var rendering = Render(("config/protected", new TreeNode(NodeKind.Unreadable) { Fault = "it has too many entries" }));

        rendering.Files.Single(file => file.Daemon is not null).Content.ShouldContain("Require all denied");
        rendering.Files.Single(file => file.Daemon is not null).Content.ShouldContain("<Location \"/\">");
        Ids(rendering).ShouldBe(["WEB030"]);
    }

    [Fact]
    public void Two_areas_with_one_path_are_closed() =>
        Render(("config/protected/a/path", Text("/x")), ("config/protected/a/allow", Text("192.0.2.1")), ("config/protected/b/path", Text("/x")), ("config/protected/b/users", Text("*")))
            .Files.Where(file => file.Daemon is not null).ShouldAllBe(file => file.Content.Contains("Require all denied"));

    [Fact]
    public void The_whole_site_may_be_protected_and_certificates_can_still_be_had() =>
        Render(("config/protected/site/path", Text("/")), ("config/protected/site/allow", Text("192.0.2.1"))).Files[1].Content
            .ShouldContain(@" && %{REQUEST_URI} !~ m#^/\\.well-known/acme-challenge/#");

    [Theory]
    [InlineData("private", null, true, false)]
    [InlineData("yes", null, false, false)]
    [InlineData(null, "192.0.2.1", false, true)]
    [InlineData("private", "192.0.2.1", true, true)]
    public void NET_32_statistics_may_be_private(string? stats, string? allow, bool password, bool address)
    {
        var nodes = new List<(string, TreeNode)> { ("mailboxes/bob/password", Text(Hash)) };
        if (stats is not null)
            nodes.Add(("config/stats", Text(stats)));
        if (allow is not null)
            nodes.Add(("config/stats-allow", Text(allow)));

        var text = string.Concat(Render([.. nodes]).Files.Where(file => file.Daemon is not null).Select(file => file.Content));

        text.Contains("<Location \"/stats\">", StringComparison.Ordinal).ShouldBe(password || address);
        text.Contains("Require valid-user", StringComparison.Ordinal).ShouldBe(password);
        text.Contains("Require ip", StringComparison.Ordinal).ShouldBe(address);
    }

    private static DomainRendering Render(params (string, TreeNode)[] nodes) => new WebModule().RenderDomain(Make(nodes), _host);

    private static Domain Make(params (string Path, TreeNode)[] nodes) =>
        Domains.Make("example.com", nodes.Any(node => node.Path.StartsWith("config/protected/", StringComparison.Ordinal)) ? [("config/protected", new TreeNode(NodeKind.Directory)), .. nodes] : nodes);

    private static IEnumerable<string> Ids(DomainRendering rendering) => rendering.Diagnostics.Select(found => found.Kind.Id);

    private static TreeNode Text(string content) => new(NodeKind.File) { Content = Encoding.UTF8.GetBytes(content) };
}
