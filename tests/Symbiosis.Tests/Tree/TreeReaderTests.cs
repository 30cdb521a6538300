using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Tree;

public sealed class TreeReaderTests : IDisposable
{
    private readonly TemporaryTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Declared_files_and_the_directories_on_the_way_are_read()
    {
        var tree = _tree.Write("example.com/config/ip", "192.0.2.7\n").Write("example.com/mailboxes/bob/password", "secret\n").Write("example.com/mailboxes/bob/Maildir/new/1", "mail")
            .Write("example.com/mailboxes/alice/quota", "200Mi").Write("example.com/mailboxes/notes.txt", "").MakeDirectory("example.com/mailboxes/.trash").MakeDirectory("example.com/public/htdocs").ReadOnly();

        tree["config/ip"].Text.ShouldBe("192.0.2.7\n");
        tree["mailboxes/bob/password"].Content.Length.ShouldBe(7);
        tree["mailboxes/bob"].Kind.ShouldBe(NodeKind.Directory);
        tree["mailboxes/bob"].Uid.ShouldBe(1000u);
        tree["mailboxes/carol"].ShouldBe(TreeNode.Absent);
        tree["public/htdocs"].Kind.ShouldBe(NodeKind.Directory);
        tree.MailboxNames.ShouldBe(["alice", "bob"]);
        tree.Nodes.Keys.ShouldNotContain(path => path.Contains("Maildir"));
        tree.Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void A_file_that_a_daemon_reads_is_looked_at_and_not_read()
    {
        var node = _tree.Write("example.com/mailboxes/bob/forward", "alice@example.com\n").ReadOnly()["mailboxes/bob/forward"];
        node.Kind.ShouldBe(NodeKind.File);
        node.Content.IsEmpty.ShouldBeTrue();
    }

    [Theory] // CORE-T8
    [InlineData("", true, false)]
    [InlineData("yes", true, false)]
    [InlineData(" TRUE\n", true, false)]
    [InlineData("no", false, false)]
    [InlineData("False\n", false, false)]
    [InlineData("0", true, true)]
    [InlineData(" ", true, true)]
    [InlineData("off\n", true, true)]
    [InlineData("Disabled", true, true)]
    [InlineData("yes please", true, false)]
    public void CORE_T8_a_flag(string content, bool isSet, bool warns)
    {
        var tree = _tree.Write("example.com/config/flag-of-tests", content).ReadOnly();
        tree["config/flag-of-tests"].Value.IsSet.ShouldBe(isSet);
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(warns ? ["TREE011"] : []);
    }

    [Theory] // CORE-T9: what the reader adds to ByteSize
    [InlineData("200M", "TREE013")] // both readings (CORE-26)
    [InlineData("200Mi", null)]
    [InlineData("0", null)]
    [InlineData("", null)]
    [InlineData("-5M", "TREE012")]
    [InlineData("lots", "TREE012")]
    public void CORE_T9_a_size_that_is_none_is_reported(string content, string? id) =>
        TemporaryTree.Ids(_tree.Write("example.com/config/mailbox-quota", content).ReadOnly().Diagnostics).ShouldBe(id is null ? [] : [id]);

    [Fact]
    public void CORE_T19_config_that_links_out_of_srv_is_not_followed()
    {
        var cron = _tree.MakeSystemDirectory("etc/cron.d");
        File.WriteAllText(cron + "/ip", "192.0.2.7");
        var tree = _tree.MakeDirectory("example.com", 1001).Link("example.com/config", cron, 1001).ReadOnly();

        tree["config"].Kind.ShouldBe(NodeKind.Unreadable);
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable); // nobody knows, so it is not absent
        var found = tree.Diagnostics.ShouldHaveSingleItem();
        found.Kind.ShouldBe(TreeDiagnostics.RefusedLink);
        found.Message.ShouldContain("root (uid 0)");
        found.Path.ShouldBe("/srv/example.com/config");
    }

    [Fact]
    public void CORE_T19_config_dns_that_links_to_etc_a_FIFO_and_logs_that_link_to_var_log()
    {
        var etc = _tree.MakeSystemDirectory("etc");
        var log = _tree.MakeSystemDirectory("var/log");
        var tree = _tree.MakeDirectory("example.com", 1001).Link("example.com/config/dns", etc, 1001).Fifo("example.com/config/ip").Link("example.com/public/logs", log, 1001).ReadOnly();

        tree.Diagnostics.Select(found => (found.Kind.Id, found.Path["/srv/".Length..])).ShouldBe(
            [("TREE007", "example.com/config/dns"), ("TREE005", "example.com/config/ip"), ("TREE007", "example.com/public/logs")]);
        tree.Diagnostics.ShouldAllBe(found => found.Domain == DomainName.Parse("example.com") && found.Severity == Severity.Error);
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
    }

    [Fact]
    public void CORE_14_a_customers_link_to_his_own_file_is_followed_wherever_it_lies()
    {
        var file = _tree.MakeSystemFile("home/carol/ip", "192.0.2.7", uid: 1001);
        var tree = _tree.MakeDirectory("example.com", 1001).Link("example.com/config/ip", file, 1001).ReadOnly();
        tree["config/ip"].Text.ShouldBe("192.0.2.7");
        tree["config/ip"].IsLinked.ShouldBeTrue();
        tree.Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void CORE_14_roots_link_to_roots_file_is_followed()
    {
        var file = _tree.MakeSystemFile("etc/ip", "192.0.2.7");
        _tree.MakeDirectory("example.com", 1001).Link("example.com/config/ip", file, 0).ReadOnly()["config/ip"].Text.ShouldBe("192.0.2.7");
    }

    [Fact]
    public void CORE_14_roots_link_to_a_customers_file_is_not_followed()
    {
        var file = _tree.MakeSystemFile("home/carol/ip", "192.0.2.7", uid: 1001);
        _tree.MakeDirectory("example.com", 1001).Link("example.com/config/ip", file, 0).ReadOnly()["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
    }

    [Fact]
    public void CORE_14_a_link_of_a_third_user_is_not_followed()
    {
        var file = _tree.MakeSystemFile("home/dave/ip", "192.0.2.7", uid: 1002);
        var tree = _tree.MakeDirectory("example.com", 1001).Link("example.com/config/ip", file, 1002).ReadOnly();
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
        tree.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("neither root nor the owner");
    }

    [Fact]
    public void CORE_14_a_customer_cannot_bend_roots_link_to_roots_file()
    {
        // root links config/ip to a file the customer may change; the customer replaces that by a link to /etc/shadow. First link and target are both root's.
        var shadow = _tree.MakeSystemFile("etc/shadow", "root:$6$");
        var tree = _tree.MakeDirectory("example.com", 1001).Link("example.com/public/ip", shadow, 1001).Link("example.com/config/ip", "../public/ip", 0).ReadOnly();
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
    }

    [Fact]
    public void CORE_14_a_link_of_root_further_on_is_part_of_the_system()
    {
        // /home -> /data/home
        _tree.MakeSystemFile("data/home/carol/ip", "192.0.2.7", uid: 1001);
        File.CreateSymbolicLink(_tree.Root + "/home", "data/home");
        _tree.MakeDirectory("example.com", 1001).Own("../home", 0, 0).Link("example.com/config/ip", _tree.Root + "/home/carol/ip", 1001).ReadOnly()["config/ip"].Text.ShouldBe("192.0.2.7");
    }

    [Theory]
    [InlineData("ip", "leads back")] // to itself
    [InlineData("nowhere", "leads to nothing")]
    [InlineData("../../../../../../../../../../../../../../../../../../../../nowhere", "leads to nothing")]
    [InlineData("ip/x", "leads back")]
    public void A_link_that_leads_nowhere_is_unreadable_and_not_absent(string target, string message)
    {
        var tree = _tree.MakeDirectory("example.com").Link("example.com/config/ip", target).ReadOnly();
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
        tree.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain(message);
    }

    [Fact]
    public void A_link_of_very_many_steps_costs_a_bounded_number_of_them()
    {
        var tree = _tree.MakeDirectory("example.com").Link("example.com/config/ip", string.Concat(Enumerable.Repeat("../config/", 400)) + "ip2").Write("example.com/config/ip2", "x").ReadOnly();
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
    }

    [Fact]
    public void A_link_to_a_device_is_not_opened()
    {
        var tree = _tree.MakeDirectory("example.com").Link("example.com/config/ip", "/dev/full").ReadOnly();
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
    }

    [Fact]
    public void A_socket_is_unreadable()
    {
        _tree.MakeDirectory("example.com/config");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_tree.PathOf("example.com/config/ip")));
        var tree = _tree.ReadOnly();
        tree.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("a socket");
    }

    [Fact]
    public void CORE_15_a_file_of_more_than_one_MiB_is_unreadable()
    {
        _tree.Write("example.com/config/ip", new byte[1 << 20]).ReadOnly()["config/ip"].Kind.ShouldBe(NodeKind.File);
        var tree = _tree.Write("example.com/config/ip", new byte[(1 << 20) + 1]).ReadOnly();
        tree["config/ip"].Kind.ShouldBe(NodeKind.Unreadable);
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(["TREE005"]);
    }

    [Fact]
    public void A_password_of_a_gigabyte_costs_nothing()
    {
        _tree.MakeDirectory("example.com/mailboxes/bob");
        using (var file = File.Create(_tree.PathOf("example.com/mailboxes/bob/password")))
            file.SetLength(1L << 30);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _tree.Options = _tree.Options with { Parallelism = 1 };
        _tree.ReadOnly()["mailboxes/bob/password"].Kind.ShouldBe(NodeKind.Unreadable);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
    }

    [Fact]
    public void All_settings_of_a_domain_together_are_limited()
    {
        _tree.Options = _tree.Options with { MaxDomainBytes = 1000 };
        var tree = _tree.Write("example.com/mailboxes/a/password", new string('x', 600)).Write("example.com/mailboxes/b/password", new string('x', 600)).ReadOnly();
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(["TREE010"]);
    }

    [Fact]
    public void Too_many_mailboxes_make_the_directory_unreadable()
    {
        _tree.Options = _tree.Options with { MaxMailboxes = 2 };
        var tree = _tree.MakeDirectory("example.com/mailboxes/a").MakeDirectory("example.com/mailboxes/b").MakeDirectory("example.com/mailboxes/c").ReadOnly();
        tree["mailboxes/a"].Kind.ShouldBe(NodeKind.Unreadable);
        tree.MailboxNames.ShouldBeEmpty();
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(["TREE010"]);
    }

    [Fact]
    public void Too_many_entries_in_config_are_reported_and_the_declared_ones_still_read()
    {
        _tree.Options = _tree.Options with { MaxEntries = 3 };
        foreach (var i in Enumerable.Range(0, 5))
            _tree.Write($"example.com/config/.{i}", "");
        var tree = _tree.Write("example.com/config/ip", "192.0.2.7").ReadOnly();
        tree["config/ip"].Text.ShouldBe("192.0.2.7");
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(["TREE010"]);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("mailboxes")]
    [InlineData("public")]
    public void A_file_where_a_directory_belongs(string name)
    {
        var tree = _tree.Write($"example.com/{name}", "a file\n").ReadOnly();
        tree[name].Kind.ShouldBe(NodeKind.Unreadable);
        tree.Diagnostics.ShouldHaveSingleItem().Kind.ShouldBe(TreeDiagnostics.WrongKind);
    }

    [Fact]
    public void A_directory_where_a_file_belongs()
    {
        var tree = _tree.MakeDirectory("example.com/mailboxes/bob/password").ReadOnly();
        tree["mailboxes/bob/password"].Kind.ShouldBe(NodeKind.Unreadable);
        tree.Diagnostics.ShouldHaveSingleItem().Kind.ShouldBe(TreeDiagnostics.WrongKind);
    }

    [Fact]
    public void A_FIFO_where_a_daemon_reads_is_reported()
    {
        var tree = _tree.Fifo("example.com/mailboxes/bob/forward").Write("example.com/mailboxes/bob/vacation", "").ReadOnly();
        tree["mailboxes/bob/forward"].Kind.ShouldBe(NodeKind.Unreadable);
    }

    [Fact]
    public void Files_of_a_directory_of_texts_are_read_at_any_depth()
    {
        var tree = _tree.Write("example.com/config/dns/example.com.txt", "one").Write("example.com/config/dns/more/extra.txt", "two").Fifo("example.com/config/dns/pipe").ReadOnly();
        tree.Below("config/dns").Where(node => node.Value.Kind == NodeKind.File).Select(node => (node.Key, node.Value.Text)).ShouldBe(
            [("config/dns/example.com.txt", "one"), ("config/dns/more/extra.txt", "two")]);
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(["TREE005"]);
    }

    [Fact]
    public void A_directory_of_texts_that_links_into_itself_ends()
    {
        var tree = _tree.Write("example.com/config/dns/a.txt", "one").Link("example.com/config/dns/again", ".").ReadOnly();
        tree["config/dns"].Kind.ShouldBe(NodeKind.Unreadable);
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(["TREE010"]);
    }

    [Fact]
    public void Names_that_are_not_UTF_8_or_hold_control_characters_are_reported_with_visible_bytes()
    {
        _tree.MakeDirectory("example.com/mailboxes").MakeRaw("example.com/mailboxes", [0x62, 0xFF]).MakeRaw("example.com/mailboxes", [0x62, 0x0A, 0x63]).MakeDirectory("example.com/mailboxes/bob");
        var tree = _tree.ReadOnly();
        tree.MailboxNames.ShouldBe(["bob"]);
        tree.Diagnostics.Select(found => found.Message).Order(StringComparer.Ordinal).ShouldBe(
            ["the name \"b\\x0ac\" is ignored: it is not UTF-8 or holds a control character", "the name \"b\\xff\" is ignored: it is not UTF-8 or holds a control character"]);
    }

    [Fact]
    public void A_misspelt_name_in_config_is_reported_with_the_name_that_was_meant()
    {
        var tree = _tree.Write("example.com/config/mailbox-qouta", "1G").ReadOnly();
        tree.Diagnostics.ShouldHaveSingleItem().ToString().ShouldBe(
            "/srv/example.com/config/mailbox-qouta: warning TREE006: nothing reads this file (hint: did you mean mailbox-quota?)");
    }

    [Fact]
    public void A_name_that_resembles_nothing_is_only_noted() =>
        TemporaryTree.Ids(_tree.Write("example.com/config/shopping-list", "").ReadOnly().Diagnostics).ShouldBe(["TREE014"]);

    [Theory]
    [InlineData("crontab")] // of a service that is not installed
    [InlineData("webalizer.conf")] // of an older host
    [InlineData(".webalizer.hist")]
    [InlineData("ip~")]
    [InlineData("#ip#")]
    [InlineData(".ip.swp")]
    [InlineData("4913")]
    [InlineData("ip.dpkg-old")]
    [InlineData("ip.bak")]
    public void Known_names_dot_files_and_what_editors_leave_are_no_noise(string name) => _tree.Write($"example.com/config/{name}", "").ReadOnly().Diagnostics.ShouldBeEmpty();

    [Fact]
    public void A_mailbox_that_is_a_link_to_a_directory_is_one_and_says_so()
    {
        var tree = _tree.Write("example.com/mailboxes/bob/password", "secret").Link("example.com/mailboxes/robert", "bob").Link("example.com/mailboxes/gone", "nowhere").Write("example.com/mailboxes/file", "")
            .Link("example.com/mailboxes/link-to-file", "file").ReadOnly();
        tree.MailboxNames.ShouldBe(["bob", "robert"]);
        tree["mailboxes/robert"].IsLinked.ShouldBeTrue();
        tree["mailboxes/robert/password"].Text.ShouldBe("secret");
        TemporaryTree.Ids(tree.Diagnostics).ShouldBe(["TREE007"]); // gone
    }

    [Fact]
    public void A_domain_that_is_gone_or_has_become_another_is_not_read()
    {
        _tree.MakeDirectory("example.com").MakeDirectory("other.example").MakeDirectory("third.example");
        var reader = _tree.Reader;
        var scan = reader.ScanDomains(TemporaryTree.HostName);

        Directory.Delete(_tree.PathOf("example.com"));
        Directory.Move(_tree.PathOf("third.example"), _tree.PathOf("third.moved"));
        Directory.CreateDirectory(_tree.PathOf("third.example"));
        reader.ReadDomains(scan.Domains).Select(domain => domain.Name.Value).ShouldBe(["other.example"]);
        reader.ReadDomain(scan.Domains[0]).ShouldBeNull();

        _tree.Own("other.example", 1001, 1001);
        reader.ReadDomain(scan.Domains[1]).ShouldBeNull(); // its owner changed: a new scan decides
    }

    [Fact]
    public async Task Reading_while_everything_is_deleted_and_made_again_never_fails()
    {
        using var ended = new CancellationTokenSource();
        var changer = Task.Run(() =>
        {
            for (var i = 0; !ended.IsCancellationRequested; i++)
            {
                var name = $"d{i % 3}.example";
                _tree.Write($"{name}/config/ip", "x").Write($"{name}/mailboxes/bob/password", "x").MakeDirectory($"{name}/public/htdocs");
                Directory.Delete(_tree.PathOf(name), recursive: true);
            }
        }, TestContext.Current.CancellationToken);
        _tree.MakeDirectory("stays.example");

        for (var i = 0; i < 300; i++)
        {
            var reader = _tree.Reader;
            foreach (var domain in reader.ReadDomains(reader.ScanDomains(TemporaryTree.HostName).Domains))
                domain.Tree.Diagnostics.ShouldBeEmpty();
        }

        await ended.CancelAsync();
        await changer;
    }

    [Fact]
    public void Two_readings_of_an_unchanged_tree_are_equal_and_a_change_makes_them_differ()
    {
        _tree.Write("example.com/config/ip", "192.0.2.7").Write("example.com/mailboxes/bob/password", "secret").Write("example.com/config/shopping-list", "");
        var first = _tree.ReadOnly();
        _tree.ReadOnly().ShouldBe(first);
        _tree.Write("example.com/mailboxes/bob/password", "secreT");
        _tree.ReadOnly().ShouldNotBe(first);
    }

    [Fact]
    public void CORE_24_byte_order_mark_and_CR_LF_are_accepted_and_invalid_bytes_kept()
    {
        var node = _tree.Write("example.com/config/ip", [0xEF, 0xBB, 0xBF, (byte)'a', 0xFF, (byte)'\r', (byte)'\n']).ReadOnly()["config/ip"];
        node.Text.ShouldBe("a\uFFFD\n");
        node.Content.Length.ShouldBe(7);
    }

    [Theory] // CORE-18
    [InlineData(" ", "Text")]
    [InlineData("\n", "Text")]
    [InlineData("0", "Text")]
    [InlineData("1", "Text")]
    [InlineData("off", "Text")]
    [InlineData("yes please", "Text")]
    [InlineData("", "True")]
    [InlineData(" Yes \n", "True")]
    [InlineData("TRUE", "True")]
    [InlineData("nO", "False")]
    [InlineData("\tfalse\n", "False")]
    public void CORE_18_a_file_has_one_of_four_values(string content, string value) =>
        _tree.Write("example.com/config/ip", Encoding.UTF8.GetBytes(content)).ReadOnly()["config/ip"].Value.GetType().Name.ShouldBe(value);

    [Fact]
    public void CORE_18_missing_and_unreadable_are_not_set()
    {
        var tree = _tree.Fifo("example.com/config/ip").ReadOnly();
        tree["config/ip"].Value.ShouldBeOfType<SettingValue.NotSet>();
        tree["config/flag-of-tests"].Value.ShouldBeOfType<SettingValue.NotSet>();
    }
}
