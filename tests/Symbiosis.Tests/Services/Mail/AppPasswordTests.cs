using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Services.Mail;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Mail;

public sealed class AppPasswordTests
{
    private const UnixFileMode Mode0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // As the two versions of Dovecot say it.
    private const string Said23 =
        """stats: {"event":"auth_passdb_request_finished","start_time":1796082047.145300,"end_time":1796082047.147801,"fields":{"duration":2380,"mechanism":"PLAIN","transport":"trusted","service":"smtp","remote_ip":"192.0.2.9","original_user":"bob@example.com","user":"bob@example.com","result":"ok","passdb_id":"2","passdb_name":"app-2","passdb":"passwd-file"}}""";

    private const string Said24 =
        """stats: {"event":"auth_passdb_request_finished","start_time":1796081734.683875,"end_time":1796081734.690286,"fields":{"duration":6332,"remote_pid":545,"protocol":"imap","remote_ip":"2001:db8::9","user":"bob@example.com","result":"ok","passdb":"app-10","passdb_id":"1","passdb_driver":"passwd-file"}}""";

    [Fact]
    public void Every_further_password_has_a_line_of_its_own_that_nobody_can_name_as_a_login()
    {
        var rendering = Render(Mailbox("bob"), Directory("mailboxes/bob/passwords.d"), Secret("mailboxes/bob/passwords.d/phone", "one\n"), Secret("mailboxes/bob/passwords.d/laptop", "two\n"));

        var lines = Users(rendering).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(3);
        lines[1].ShouldMatch(@"^1/bob@example\.com:\{CRYPT\}\$6\$[^:]+::::::user=bob@example\.com app_password=laptop$");
        lines[2].ShouldMatch(@"^2/bob@example\.com:\{CRYPT\}\$6\$[^:]+::::::user=bob@example\.com app_password=phone$");
        LocalPart.FindFault("1/bob").ShouldNotBeNull();
        Crypt.Check(StoredPassword.Parse(Encoding.UTF8.GetBytes(lines[1].Split(':')[1])), "two"u8).ShouldBe(PasswordCheck.Accepted);
        rendering.TreeChanges.OfType<TreeChange.ReplaceSecret>().Select(change => change.RelativePath).ShouldBe(["mailboxes/bob/passwords.d/laptop", "mailboxes/bob/passwords.d/phone"]);
    }

    [Fact]
    public void The_same_password_under_two_labels_has_two_hashes()
    {
        var rendering = Render(Mailbox("bob"), Secret("mailboxes/bob/password", "same"), Directory("mailboxes/bob/passwords.d"), Secret("mailboxes/bob/passwords.d/a", "same"), Secret("mailboxes/bob/passwords.d/b", "same"));

        Users(rendering).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(':')[1]).ShouldBeUnique();
    }

    [Fact]
    public void An_alias_domain_logs_in_with_them_and_is_called_by_its_true_name()
    {
        var domain = Domains.Make("example.com", Mailbox("bob"), Directory("mailboxes/bob/passwords.d"), Secret("mailboxes/bob/passwords.d/phone", "one")) with { Aliases = [DomainName.Parse("example.org")] };

        var table = new MailModule().RenderDomain(domain, Trixie).Files.Single(file => file.Path == MailPaths.Users.Join("example.org")).Content;

        UserTable.FindAppPassword(table, 1, "bob@example.org").ShouldBe(("phone", "bob@example.com"));
    }

    [Theory]
    [InlineData("my phone")]
    [InlineData("old.bak")]
    [InlineData("sub/file")]
    [InlineData("a:b")]
    public void A_label_that_cannot_be_one_is_reported_and_does_not_log_in(string label)
    {
        var rendering = Render(Mailbox("bob"), Directory("mailboxes/bob/passwords.d"), Secret($"mailboxes/bob/passwords.d/{label}", "one"));

        rendering.Diagnostics.ShouldHaveSingleItem().Kind.Id.ShouldBe("MAIL019");
        Users(rendering).ShouldNotContain("1/bob");
    }

    [Fact]
    public void More_than_fit_are_reported_and_the_first_ones_count()
    {
        var files = Enumerable.Range(0, AppPassword.MostPerMailbox + 2).Select(i => Secret($"mailboxes/bob/passwords.d/device-{i:D2}", $"secret{i}"));

        var rendering = Render([Mailbox("bob"), Directory("mailboxes/bob/passwords.d"), .. files]);

        rendering.Diagnostics.ShouldHaveSingleItem().Kind.Id.ShouldBe("MAIL019");
        UserTable.FindAppPassword(Users(rendering), AppPassword.MostPerMailbox, "bob@example.com").ShouldBe(("device-09", "bob@example.com"));
        UserTable.FindAppPassword(Users(rendering), AppPassword.MostPerMailbox + 1, "bob@example.com").ShouldBeNull();
    }

    [Fact]
    public void MAIL_61_a_flagged_domain_keeps_them_as_typed() =>
        Render(Mailbox("bob"), Directory("mailboxes/bob/passwords.d"), Secret("mailboxes/bob/passwords.d/phone", "one"), Secret("config/mailbox-dont-encrypt-passwords", "")).TreeChanges.ShouldBeEmpty();

    [Fact]
    public void Dovecot_2_3_and_2_4_say_which_was_used()
    {
        var sent = AppPasswordUse.Parse(Said23).ShouldNotBeNull();
        sent.ShouldBe(new AppPasswordUse(2, "bob@example.com", "smtp", "192.0.2.9", sent.Time));
        sent.Time.ToUnixTimeMilliseconds().ShouldBe(1796082047147);
        AppPasswordUse.Parse(Said24).ShouldNotBeNull().Describe("phone").ShouldBe("phone 2026-11-30T23:35:34Z imap 2001:db8::9");
    }

    [Theory]
    [InlineData("imap-login: Login: user=<bob@example.com>, method=PLAIN, rip=192.0.2.9")]
    [InlineData("stats: {\"event\":\"auth_passdb_request_finished\"")] // cut off
    [InlineData("stats: {\"event\":\"auth_passdb_request_finished\",\"end_time\":\"now\",\"fields\":{\"result\":\"ok\",\"user\":\"bob@example.com\",\"passdb\":\"app-1\",\"protocol\":\"imap\"}}")]
    [InlineData("stats: {\"event\":\"auth_passdb_request_finished\",\"end_time\":1e300,\"fields\":{\"result\":\"ok\",\"user\":\"bob@example.com\",\"passdb\":\"app-1\",\"protocol\":\"imap\"}}")]
    [InlineData("stats: {\"event\":\"auth_passdb_request_finished\",\"end_time\":5,\"fields\":{\"result\":\"ok\",\"user\":\"bob@example.com\",\"passdb\":\"app-x\",\"protocol\":\"imap\"}}")]
    [InlineData("stats: {\"event\":\"auth_passdb_request_finished\",\"end_time\":5,\"fields\":{\"result\":\"ok\",\"user\":\"bob@example.com\",\"passdb\":\"passwd-file\",\"protocol\":\"imap\"}}")] // his own password
    [InlineData("stats: {\"event\":\"auth_passdb_request_finished\",\"end_time\":5,\"fields\":{\"result\":\"password_mismatch\",\"user\":\"bob@example.com\",\"passdb\":\"app-1\",\"protocol\":\"imap\"}}")]
    [InlineData("stats: {\"event\":\"auth_passdb_request_finished\",\"end_time\":5,\"fields\":{\"result\":\"ok\",\"user\":\"bob@example.com\",\"passdb\":\"app-1\",\"protocol\":\"doveadm\"}}")]
    public void Everything_else_is_no_use_of_one(string message) => AppPasswordUse.Parse(message).ShouldBeNull();

    [Fact]
    public void No_text_makes_the_parsers_fail()
    {
        Prop.ForAll<string>(text =>
        {
            _ = AppPasswordUse.Parse("stats: {\"event\":\"auth_passdb_request_finished\"" + text);
            _ = AppPasswordUse.Parse(Said23[..^((text ?? "").Length % Said23.Length)]);
            _ = UserTable.FindAppPassword(text ?? "", 1, "bob@example.com");
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_hostile_service_or_client_is_no_more_than_a_dash()
    {
        var use = AppPasswordUse.Parse(Said23.Replace("192.0.2.9", @"1.2.3.4\nroot 2026", StringComparison.Ordinal)).ShouldNotBeNull();

        use.Client.ShouldBe("-");
    }

    [Fact]
    public void The_list_of_uses_keeps_one_line_for_each_password_there_is()
    {
        var use = AppPasswordUse.Parse(Said23).ShouldNotBeNull();
        var labels = new HashSet<string>(StringComparer.Ordinal) { "phone", "laptop" };

        use.AddTo("", "phone", labels).ShouldBe("phone 2026-11-30T23:40:47Z smtp 192.0.2.9\n");
        use.AddTo("phone 2026-11-30T22:00:00Z imap ::1\nlaptop 2026-01-01T00:00:00Z pop3 ::1\ngone 2026-01-01T00:00:00Z pop3 ::1\nrubbish\n", "phone", labels)
            .ShouldBe("laptop 2026-01-01T00:00:00Z pop3 ::1\nphone 2026-11-30T23:40:47Z smtp 192.0.2.9\n");
        const string Later = "phone 2026-11-30T23:50:00Z imap ::1\n";
        use.AddTo(Later, "phone", labels).ShouldBe(Later);
        use.AddTo("phone 2026-11-30T23:40:47Z imap ::1\n", "phone", labels).ShouldBe("phone 2026-11-30T23:40:47Z imap ::1\n");
    }

    private static readonly Host Trixie = Hosts.Plain with
    {
        Packages = [new InstalledPackage("dovecot-core", "1:2.4.1+dfsg1-6"), new InstalledPackage("exim4-daemon-heavy", "4.98.2-1")],
    };

    private static string Users(DomainRendering rendering) => rendering.Files.Single(file => file.Path == MailPaths.Users.Join("example.com")).Content;

    private static DomainRendering Render(params (string, TreeNode)[] nodes) => new MailModule().RenderDomain(Domains.Make("example.com", nodes), Trixie);

    private static (string, TreeNode) Mailbox(string name) => Directory($"mailboxes/{name}");

    private static (string, TreeNode) Directory(string path) => (path, new TreeNode(NodeKind.Directory) { Uid = 1000, Gid = 1000 });

    private static (string, TreeNode) Secret(string path, string content) => (path, new TreeNode(NodeKind.File) { Content = Encoding.UTF8.GetBytes(content), Uid = 1000, Gid = 1000, Mode = Mode0600 });
}
