using System.Text;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Services;
using Symbiosis.Services.Mail;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Mail;

public sealed class MailModuleTests
{
    private const UnixFileMode Mode0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Hash = "{CRYPT}$6$saltsalt$Jw4Gl7A.qW";

    private static readonly MailModule Module = new();

    [Theory]
    [InlineData("12", "bob@example.com:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/bob::userdb_quota_rule=*:bytes=200000000\n")]
    [InlineData("13", "bob@example.com:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/bob::userdb_quota_storage_size=200000000B\n")]
    public void MAIL_170_the_quota_field_is_that_of_the_installed_Dovecot(string debian, string line) =>
        Users("example.com", Render(Debian(debian), Mailbox("bob"), Text("mailboxes/bob/quota", "200M\n"))).Content.ShouldBe(line);

    [Theory]
    [InlineData(null, null, null, "")]
    [InlineData(null, null, "3000", "3000")]
    [InlineData(null, "2000", "3000", "2000")]
    [InlineData("1000", "2000", "3000", "1000")]
    [InlineData("0", "2000", "3000", "")] // MAIL-52: no limit
    [InlineData("lots", "2000", "3000", "")] // unparsable is no limit, and the reader has reported it
    [InlineData("", "2000", "3000", "2000")] // CORE-20
    public void MAIL_53_the_nearest_quota_counts(string? mailbox, string? domain, string? host, string bytes)
    {
        var tree = new List<(string, TreeNode)> { Mailbox("bob") };
        if (mailbox is not null)
            tree.Add(Text("mailboxes/bob/quota", mailbox));
        if (domain is not null)
            tree.Add(Text("config/mailbox-quota", domain));
        var machine = Debian("12") with { Tree = new HostTree(host is null ? [] : [KeyValuePair.Create("/etc/exim4/mailbox-quota", Text("", host).Item2)]) };

        var line = Users("example.com", Render(machine, [.. tree])).Content;

        line.ShouldEndWith(bytes.Length == 0 ? "::\n" : $"::userdb_quota_rule=*:bytes={bytes}\n");
    }

    [Fact]
    public void MAIL_172_a_plain_password_is_hashed_in_the_table_and_in_the_tree()
    {
        var rendering = Render(Debian("13"), Mailbox("bob"), Secret("bob", "bobpass\n"));

        var hash = Users("example.com", rendering).Content.Split(':')[1];
        hash.ShouldStartWith("{CRYPT}$6$");
        Crypt.Check(StoredPassword.Parse(Encoding.UTF8.GetBytes(hash)), "bobpass"u8).ShouldBe(PasswordCheck.Accepted);
        var change = rendering.TreeChanges.ShouldHaveSingleItem().ShouldBeOfType<TreeChange.ReplaceSecret>();
        change.RelativePath.ShouldBe("mailboxes/bob/password");
        change.Content.ShouldBe(hash + "\n");
    }

    [Fact]
    public void Rendering_a_plain_password_twice_gives_the_same_bytes_and_another_mailbox_another_hash()
    {
        var first = Render(Debian("12"), Mailbox("bob"), Secret("bob", "same"), Mailbox("alice"), Secret("alice", "same"));
        var second = new MailModule().RenderDomain(Domains.Make("example.com", Mailbox("bob"), Secret("bob", "same"), Mailbox("alice"), Secret("alice", "same")), Debian("12"));

        Users("example.com", first).ShouldBe(Users("example.com", second));
        Users("example.com", first).Content.Split('\n').Take(2).Select(line => line.Split(':')[1]).ShouldBeUnique();
    }

    [Fact]
    public void MAIL_61_a_flagged_domain_keeps_its_plain_passwords() =>
        Render(Debian("12"), Mailbox("bob"), Secret("bob", "bobpass"), Text("config/mailbox-dont-encrypt-passwords", "")).TreeChanges.ShouldBeEmpty();

    [Fact]
    public void CORE_23_a_password_that_others_can_read_is_closed()
    {
        var rendering = Render(Debian("12"), Mailbox("bob"), Text("mailboxes/bob/password", Hash));

        Ids(rendering).ShouldBe(["MAIL012"]);
        rendering.TreeChanges.ShouldHaveSingleItem().ShouldBeOfType<TreeChange.ReplaceSecret>().Content.ShouldBe(Hash);
    }

    [Fact]
    public void CORE_32_a_bare_hash_gets_the_prefix() =>
        Render(Debian("12"), Mailbox("bob"), Secret("bob", "$6$saltsalt$Jw4Gl7A.qW")).TreeChanges.ShouldHaveSingleItem().ShouldBeOfType<TreeChange.ReplaceSecret>().Content.ShouldBe(Hash + "\n");

    [Theory]
    [InlineData("12", "bobpass", "")]
    [InlineData("12", "yes", "MAIL003")] // CORE-T11
    [InlineData("12", "", "MAIL003")]
    [InlineData("12", "$3$$8846f7eaee8fb117ad06bdd830b7586c", "MAIL004")]
    [InlineData("12", "{CRYPT}$1$salt$YhMtvBVZCDRG6RJDyHTWC/", "MAIL005")]
    [InlineData("13", "{CRYPT}$1$salt$YhMtvBVZCDRG6RJDyHTWC/", "MAIL005")]
    [InlineData("12", "$6$salt$hash:0:0::/root", "MAIL004")]
    public void MAIL_62_password_findings(string debian, string password, string id)
    {
        var rendering = Render(Debian(debian), Mailbox("bob"), Secret("bob", password));

        Ids(rendering).ShouldBe(id.Length == 0 ? [] : [id]);
        if (id is "MAIL003" or "MAIL004")
            Users("example.com", rendering).Content.ShouldContain(":{CRYPT}!:");
    }

    [Theory]
    [InlineData("Bob")] // MAIL-4
    [InlineData("a+b")] // MAIL-5
    [InlineData("john doe")]
    [InlineData("a:b")]
    [InlineData("x\n0:0")]
    public void MAIL_3_a_name_that_cannot_be_served_is_reported_and_in_no_table(string name)
    {
        var rendering = Render(Debian("12"), Mailbox("bob"), Mailbox(name));

        Ids(rendering).ShouldBe(["MAIL001"]);
        Users("example.com", rendering).Content.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(0u, 1000u, false)]
    [InlineData(1000u, 33u, false)]
    [InlineData(65534u, 1000u, false)]
    [InlineData(61184u, 1000u, false)]
    [InlineData(1000u, 65519u, false)]
    [InlineData(1000u, 1000u, true)]
    [InlineData(65520u, 61183u, true)]
    public void CORE_3_a_mailbox_of_a_system_account_is_not_served(uint uid, uint gid, bool served)
    {
        var rendering = Render(Debian("12"), ("mailboxes/bob", new TreeNode(NodeKind.Directory) { Uid = uid, Gid = gid }));

        Ids(rendering).ShouldBe(served ? [] : ["MAIL002"]);
        rendering.Files.Any(file => file.Path.Value.EndsWith("/users/example.com", StringComparison.Ordinal)).ShouldBe(served);
    }

    [Fact]
    public void MAIL_9_an_alias_domain_has_a_table_of_logins_and_one_word_for_Exim()
    {
        var rendering = Module.RenderDomain(Domains.Make("example.com", Mailbox("bob")) with { Aliases = [DomainName.Parse("alias.example")] }, Debian("12"));

        Users("alias.example", rendering).Content.ShouldBe("bob@alias.example:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/bob::user=bob@example.com userdb_user=bob@example.com\n");
        File(rendering, "/var/lib/symbiosis/mail/aliases/alias.example").Content.ShouldBe("example.com\n");
    }

    [Fact]
    public void Mail_for_the_hosts_own_name_is_never_sent_away_by_a_link_of_that_name()
    {
        var rendering = Module.RenderDomain(Domains.Make("example.com", Mailbox("bob")) with { Aliases = [Hosts.Plain.Name] }, Debian("12") with { Users = [Clare()] });

        rendering.Files.ShouldNotContain(file => file.Path.Value.StartsWith("/var/lib/symbiosis/mail/aliases/", StringComparison.Ordinal));
        Users("host.example.net", rendering).Content.Split('\n').Select(line => line.Split(':')[0]).ShouldBe(["bob@host.example.net", "clare@host.example.net", ""]);
    }

    [Theory]
    [InlineData("12", "userdb_sieve=file:~/.sieve.d;active=~/.sieve")]
    [InlineData("13", "userdb_dot=.")]
    public void MAIL_58_unix_users_are_users_of_the_hosts_name(string debian, string field)
    {
        var host = Debian(debian) with { Users = [Clare((".password", Hash)), new UnixUser("admin", 1000, 1000, "/srv") { Tree = Clare().Tree }] };

        File(Module.RenderHost(host, []).Files, "/var/lib/symbiosis/mail/users/host.example.net").Content.ShouldBe($"clare@host.example.net:{Hash}:1002:1002::/home/clare::{field}\n");
    }

    [Fact]
    public void MAIL_58_a_mailbox_of_the_same_address_wins()
    {
        var host = Debian("12") with { Users = [Clare()] };
        var domain = Module.RenderDomain(Domains.Make(host.Name.Value, Mailbox("clare")), host);

        Users(host.Name.Value, domain).Content.ShouldBe("clare@host.example.net:{CRYPT}!:1000:1000::/srv/host.example.net/mailboxes/clare::\n");
        Module.RenderHost(host, domain.Contributions).Files.ShouldNotContain(file => file.Path.Value.EndsWith("/users/host.example.net", StringComparison.Ordinal)); // one file, one owner
    }

    [Fact]
    public void MAIL_30_the_alias_file_becomes_a_table_and_bad_lines_are_named()
    {
        var rendering = Render(Debian("12"), Text("config/aliases", "info: bob\nbroken\n"));

        File(rendering, "/var/lib/symbiosis/mail/lists/example.com").Content.ShouldBe("\"info\": bob\n");
        var finding = rendering.Diagnostics.ShouldHaveSingleItem();
        (finding.Kind.Id, finding.Path, finding.Line).ShouldBe(("MAIL006", "/srv/example.com/config/aliases", 2));
    }

    [Fact]
    public void MAIL_30_an_empty_alias_file_has_an_empty_table_so_that_Exim_does_not_wait_for_one() =>
        File(Render(Debian("12"), Text("config/aliases", "")), "/var/lib/symbiosis/mail/lists/example.com").Content.ShouldBeEmpty();

    [Theory]
    [InlineData("mailboxes", 0x1C0, "r-x")] // 0700
    [InlineData("mailboxes", 0x1C9, "r-x")] // 0711: dsearch opens the directory
    [InlineData("mailboxes", 0x1ED, null)] // 0755
    [InlineData("config", 0x1C0, "--x")]
    [InlineData("config", 0x1C9, null)]
    [InlineData("", 0x1E8, "--x")] // 0750
    public void MAIL_164_a_directory_Exim_may_not_look_into_is_reported_and_opened_for_it(string path, int mode, string? rights)
    {
        var rendering = Render(Debian("12"), (path, Directory(mode)));

        Ids(rendering).ShouldBe(rights is null ? [] : ["MAIL007"]);
        rendering.TreeChanges.ShouldBe(
            rights is null ? [] : [new TreeChange.GrantAccess(DomainName.Parse("example.com"), path, "Debian-exim", rights, "Exim looks for mailboxes there (MAIL-164)")]);
    }

    [Theory]
    [InlineData(UnixFileMode.OtherExecute | UnixFileMode.OtherRead, true)]
    [InlineData(UnixFileMode.OtherExecute, false)] // the mask cut it
    public void MAIL_164_an_access_list_that_lets_Exim_in_is_enough(UnixFileMode rights, bool enough) =>
        Ids(Render(Debian("12"), ("mailboxes", Directory(0x1E8) with { Acl = [new AccessEntry("Debian-exim", rights)] }))).Count.ShouldBe(enough ? 0 : 1);

    [Fact]
    public void MAIL_24_a_forward_file_that_everybody_may_write_is_reported() =>
        Ids(Render(Debian("12"), Mailbox("bob"), ("mailboxes/bob/forward", Text("", "x").Item2 with { Mode = (UnixFileMode)0x1B6 }))).ShouldBe(["MAIL011"]);

    [Fact]
    public void A_domain_without_mail_has_no_tables() => Render(Debian("12")).ShouldBe(DomainRendering.Empty);

    [Fact]
    public void Without_daemons_nothing_is_rendered_and_mailboxes_are_a_warning()
    {
        var domain = Render(Hosts.Plain, Mailbox("bob"), Text("config/aliases", "a: b"));
        var host = Module.RenderHost(Hosts.Plain, domain.Contributions);

        domain.Files.ShouldBeEmpty();
        host.Files.ShouldBeEmpty();
        host.Diagnostics.Select(finding => finding.Kind.Id).ShouldBe(["MAIL009", "MAIL009"]);
        Module.Daemons(Hosts.Plain).ShouldBeEmpty();
    }

    [Fact]
    public void An_unknown_version_of_Dovecot_is_left_alone()
    {
        var host = Hosts.Plain with { Packages = [new InstalledPackage("dovecot-core", "1:2.5.0-1")] };

        Module.RenderHost(host, []).Files.ShouldBeEmpty();
        Module.RenderHost(host, []).Diagnostics.ShouldHaveSingleItem().Kind.Id.ShouldBe("MAIL010");
    }

    [Theory]
    [InlineData("12", "disable_plaintext_auth = yes", "dovecot_config_version")]
    [InlineData("13", "dovecot_config_version = 2.4.0", "disable_plaintext_auth")]
    public void Each_Debian_gets_its_own_language_of_Dovecot(string debian, string has, string hasNot)
    {
        var text = File(Module.RenderHost(Debian(debian), []).Files, "/etc/dovecot/dovecot.conf").Content;

        text.ShouldContain(has);
        text.ShouldNotContain(hasNot);
    }

    [Fact]
    public void Exims_configuration_is_the_same_text_on_both_Debians_and_names_no_domain() =>
        File(Module.RenderHost(Debian("12"), [Mailboxes]).Files, "/etc/exim4/exim4.conf").ShouldBe(File(Module.RenderHost(Debian("13"), []).Files, "/etc/exim4/exim4.conf"));

    [Fact]
    public void The_daemons_are_checked_on_the_staged_files()
    {
        var checks = Module.Daemons(Debian("12")).Select(daemon => daemon.Check(new StagedFiles(path => "/staged" + path)).ToString());

        checks.ShouldBe(["/usr/sbin/exim4 -bV -C /staged/etc/exim4/exim4.conf", "/usr/bin/doveconf -n -c /staged/etc/dovecot/dovecot.conf"]);
    }

    [Fact]
    public void Ports_and_the_certificate_are_asked_for() =>
        Module.RenderHost(Debian("12"), []).Contributions.Select(wish => wish is OpenPort port ? port.Number : 0).Order().ShouldBe([0, 25, 110, 143, 465, 587, 993, 995, 4190]);

    private static readonly Contribution Mailboxes = new OwnFact("mail", "has-mailboxes", "");

    private static Host Debian(string release) => Hosts.Plain with
    {
        Packages =
        [
            new InstalledPackage("dovecot-core", release == "12" ? "1:2.3.19.1+dfsg1-2.1+deb12u1" : "1:2.4.1+dfsg1-6"),
            new InstalledPackage("exim4-daemon-heavy", release == "12" ? "4.96-15+deb12u6" : "4.98.2-1"),
        ],
    };

    private static UnixUser Clare(params (string Path, string Content)[] files) => new("clare", 1002, 1002, "/home/clare")
    {
        Tree = new DomainTree(files.Select(file => KeyValuePair.Create(file.Path, Text("", file.Content).Item2)), [], []),
    };

    private static DomainRendering Render(Host host, params (string Path, TreeNode Node)[] nodes) => Module.RenderDomain(Domains.Make("example.com", nodes), host);

    private static RenderedFile Users(string name, DomainRendering rendering) => File(rendering, "/var/lib/symbiosis/mail/users/" + name);

    private static RenderedFile File(DomainRendering rendering, string path) => File(rendering.Files, path);

    private static RenderedFile File(ValueList<RenderedFile> files, string path) => files.Single(file => file.Path.Value == path);

    private static List<string> Ids(DomainRendering rendering) => [.. rendering.Diagnostics.Select(finding => finding.Kind.Id)];

    private static (string, TreeNode) Mailbox(string name) => ("mailboxes/" + name, new TreeNode(NodeKind.Directory) { Uid = 1000, Gid = 1000 });

    private static TreeNode Directory(int mode) => new(NodeKind.Directory) { Uid = 1000, Gid = 1000, Mode = (UnixFileMode)mode };

    private static (string, TreeNode) Text(string path, string content) => (path, new TreeNode(NodeKind.File)
    {
        Content = Encoding.UTF8.GetBytes(content), Uid = 1000, Gid = 1000, Mode = Mode0600 | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
    });

    private static (string, TreeNode) Secret(string mailbox, string content) => ($"mailboxes/{mailbox}/password", Text("", content).Item2 with { Mode = Mode0600 });
}
