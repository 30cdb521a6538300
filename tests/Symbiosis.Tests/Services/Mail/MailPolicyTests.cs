using System.Security.Cryptography;
using System.Text;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Services.Mail;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services.Mail;

public sealed class MailPolicyTests
{
    private static readonly Host Machine = Hosts.Plain with { Packages = [new InstalledPackage("exim4-daemon-heavy", "4.98.2-1")], Addresses = ["192.0.2.1", "192.0.2.7", "2001:db8::7"] };

    [Theory]
    [InlineData("", "100/1d")]
    [InlineData("three", "100/1d")]
    [InlineData("3\n", "3/1d")]
    [InlineData("at most 250 a day", "250/1d")]
    [InlineData("20/1h", "20/1h")]
    [InlineData("20 / 30m", "20/30m")]
    [InlineData("20/x", "20/1d")]
    [InlineData("0", "0/1d")]
    [InlineData("99999999999999999999", "2147483647/1d")]
    public void MAIL_100_a_limit_is_the_first_number_and_counts_for_a_day(string text, string limit) => RateLimit.Parse(text).ToString().ShouldBe(limit);

    [Theory]
    [InlineData("zen.spamhaus.org", "zen.spamhaus.org")]
    [InlineData("zen.spamhaus.org sbl.spamhaus.org xbl.spamhaus.org pbl.spamhaus.org sbl-xbl.spamhaus.org", "zen.spamhaus.org")]
    [InlineData("sbl.spamhaus.org xbl.spamhaus.org", "sbl-xbl.spamhaus.org")]
    [InlineData("sbl-xbl.spamhaus.org sbl.spamhaus.org pbl.spamhaus.org", "pbl.spamhaus.org sbl-xbl.spamhaus.org")]
    [InlineData("xbl.spamhaus.org", "xbl.spamhaus.org")]
    [InlineData("bl.example bl.example", "bl.example")]
    public void MAIL_90_each_list_is_asked_once(string wanted, string asked) =>
        string.Join(' ', BlockList.Choose(wanted.Split(' ').Select(DomainName.Parse))).ShouldBe(asked);

    [Fact]
    public void A_domain_that_asks_for_nothing_has_no_table() => Files().ShouldBeEmpty();

    [Theory]
    [InlineData(null, "quota-bob: yes\n")]
    [InlineData("carol@example.org", "quota-bob: no\n")]
    public void A_full_mailbox_is_no_reason_to_refuse_mail_that_is_forwarded(string? forward, string table) =>
        Files([Mailbox("bob"), Text("mailboxes/bob/quota", "1M"), .. forward is null ? [] : new[] { Text("mailboxes/bob/forward", forward) }])
            .Single(file => file.Path.Value.EndsWith("/policy/example.com", StringComparison.Ordinal)).Content.ShouldBe(table);

    [Fact]
    public void A_domain_with_forwards_and_no_quota_has_no_table() => Files(Mailbox("bob"), Text("mailboxes/bob/forward", "carol@example.org")).ShouldBeEmpty();

    [Fact]
    public void Limits_quotas_lists_and_addresses_stand_in_the_table_of_the_domain()
    {
        var rendering = Render(
            Mailbox("bob"), Text("mailboxes/bob/ratelimit", "3"), Text("mailboxes/bob/quota", "0"), Text("config/mailbox-ratelimit", ""), Text("config/mailbox-quota", "1G"),
            Text("config/blacklists/zen.spamhaus.org", ""), Text("config/blacklists/not a list", ""), Text("config/ip", "192.0.2.7\n203.0.113.5\n2001:db8::7"));

        rendering.Files.ShouldHaveSingleItem().Content.ShouldBe(
            "ratelimit-bob: 3/1d\nratelimit: 100/1d\nquota-bob: no\nquota: yes\nblacklists: zen.spamhaus.org\nsource: 192.0.2.7;2001:db8::7\n");
        rendering.Diagnostics.Select(finding => finding.Kind.Id).ShouldBe(["MAIL014"]);
    }

    [Fact]
    public void MAIL_110_an_address_that_is_not_here_is_told_and_not_used()
    {
        var rendering = Render(Text("config/ips", "203.0.113.5"));

        rendering.Files.ShouldBeEmpty();
        rendering.Diagnostics.ShouldHaveSingleItem().Kind.Id.ShouldBe("MAIL015");
    }

    [Theory]
    [InlineData("", "host")] // the first label of the host
    [InlineData("sel_1.x", "sel_1.x")]
    [InlineData("  Mail2026 # the new one", "mail2026")]
    [InlineData("...", "host")]
    public void MAIL_120_the_selector(string text, string selector) => DkimKey.SelectorOf(text, DomainName.Parse("host.example.net")).ShouldBe(selector);

    [Fact]
    public void MAIL_122_a_key_is_copied_for_Exim_and_its_record_asked_for()
    {
        var pem = DkimKey.Generate();
        var rendering = Render(Text("config/dkim", "sel"), Text("config/dkim.key", pem));

        var key = rendering.Files.Single(file => file.Path.Value == "/var/lib/symbiosis/mail/dkim/example.com");
        key.Content.ShouldBe(pem);
        key.Group.ShouldBe("Debian-exim");
        key.Mode.HasFlag(UnixFileMode.OtherRead).ShouldBeFalse();
        rendering.Files.Single(file => file != key).Content.ShouldBe("dkim: sel\n");
        var record = rendering.Contributions.ShouldHaveSingleItem().ShouldBeOfType<WantedRecord>();
        record.Name.ShouldBe("sel._domainkey.example.com");
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(record.Data.Split("p=")[1]), out _);
        rsa.KeySize.ShouldBe(2048);
    }

    [Theory]
    [InlineData("false", null, "")]
    [InlineData("sel", null, "MAIL016")]
    [InlineData("sel", "rubbish", "MAIL017")]
    [InlineData("sel", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "MAIL017")]
    [InlineData("sel", "short", "MAIL017")]
    [InlineData("sel", "public", "MAIL017")]
    public void MAIL_122_a_key_that_cannot_sign_is_told_and_nothing_is_signed(string selector, string? key, string id)
    {
        using var rsa = RSA.Create(key == "short" ? 512 : 2048);
        var text = key switch { "short" => rsa.ExportPkcs8PrivateKeyPem(), "public" => rsa.ExportSubjectPublicKeyInfoPem(), _ => key };

        var rendering = text is null ? Render(Text("config/dkim", selector)) : Render(Text("config/dkim", selector), Text("config/dkim.key", text));

        rendering.Files.ShouldBeEmpty();
        rendering.Diagnostics.Select(finding => finding.Kind.Id).ShouldBe(id.Length == 0 ? [] : [id]);
    }

    [Theory]
    [InlineData(null, "ratelimit: 1000/1d\nlocal-ratelimit: 1000/1d\n")]
    [InlineData("300", "ratelimit: 300/1d\nlocal-ratelimit: 1000/1d\n")]
    [InlineData("no", "local-ratelimit: 1000/1d\n")]
    [InlineData("off\n", "local-ratelimit: 1000/1d\n")]
    public void MAIL_103_the_host_has_limits_unless_they_are_switched_off(string? text, string table)
    {
        var machine = Machine with { Tree = new HostTree(text is null ? [] : [KeyValuePair.Create("/etc/symbiosis/mail.d/ratelimit-default", Text("", text).Item2)]) };

        MailPolicy.RenderHost(machine, []).ShouldBe(table);
    }

    private static Symbiosis.Services.DomainRendering Render(params (string Path, TreeNode Node)[] nodes) => new MailModule().RenderDomain(Domains.Make("example.com", nodes), Machine);

    private static ValueList<RenderedFile> Files(params (string Path, TreeNode Node)[] nodes) => Render(nodes).Files;

    private static (string, TreeNode) Mailbox(string name) => ("mailboxes/" + name, new TreeNode(NodeKind.Directory) { Uid = 1000, Gid = 1000 });

    private static (string, TreeNode) Text(string path, string content) => (path, new TreeNode(NodeKind.File)
    {
        Content = Encoding.UTF8.GetBytes(content), Uid = 1000, Gid = 1000, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
