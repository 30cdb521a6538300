using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Tree;

public sealed class DomainScanTests : IDisposable
{
    private readonly TemporaryTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void CORE_T1_a_directory_of_root_is_no_domain_and_one_warning_says_why()
    {
        var scan = _tree.MakeDirectory("example.com").MakeDirectory("example.org", uid: 0).Scan();

        Names(scan).ShouldBe(["example.com"]);
        var warning = scan.Diagnostics.ShouldHaveSingleItem();
        warning.Path.ShouldBe("/srv/example.org");
        warning.Message.ShouldContain("uid 0");
        warning.Kind.ShouldBe(TreeDiagnostics.BadOwner);
        scan.Fault.ShouldBe(ScanFault.None);
    }

    [Fact]
    public void CORE_T2_a_system_group_refuses_the_domain_and_the_warning_names_it()
    {
        _tree.MakeDirectory("example.com", uid: 1000, gid: 33).MakeDirectory("example.org");
        var scan = _tree.Scan();
        Names(scan).ShouldBe(["example.org"]);
        scan.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("www-data (gid 33)");

        _tree.Own("example.com", 1000, 1000);
        Names(_tree.Scan()).ShouldBe(["example.com", "example.org"]);
    }

    [Theory]
    [InlineData(999u, 1000u, "uid 999")]
    [InlineData(65534u, 1000u, "nobody (uid 65534)")] // CORE-3: ours
    [InlineData(1000u, 65534u, "nogroup (gid 65534)")]
    [InlineData(61200u, 1000u, "systemd-temp (uid 61200)")] // dynamic range of systemd
    [InlineData(4242u, 1000u, "uid 4242, which does not exist")]
    [InlineData(1000u, 4242u, "gid 4242, which does not exist")]
    public void CORE_3_owners_that_are_refused(uint uid, uint gid, string reason)
    {
        _tree.MakeDirectory("example.com", uid, gid).MakeDirectory("other.example");
        _tree.Scan().Diagnostics.ShouldHaveSingleItem().Message.ShouldContain(reason);
    }

    [Fact]
    public void CORE_5_when_no_candidate_survives_nothing_may_be_used()
    {
        var scan = _tree.MakeDirectory("example.com", uid: 0).MakeDirectory("example.org", uid: 0).Scan();

        scan.Fault.ShouldBe(ScanFault.NothingLeft);
        TemporaryTree.Ids(scan.Diagnostics).ShouldBe(["TREE002", "TREE002", "TREE004"]);
    }

    [Fact]
    public void CORE_5_an_empty_srv_is_fine()
    {
        var scan = _tree.MakeDirectory("backup").Scan(); // no dot: no candidate
        scan.Fault.ShouldBe(ScanFault.None);
        scan.Domains.ShouldBeEmpty();
        scan.Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void A_missing_srv_is_a_fault_of_its_own()
    {
        Directory.Delete(_tree.Srv);
        _tree.Scan().Fault.ShouldBe(ScanFault.Missing);
        File.WriteAllText(_tree.Srv, "a file");
        _tree.Scan().Fault.ShouldBe(ScanFault.Missing);
    }

    [Fact]
    public void An_unreadable_user_database_is_a_fault_and_not_a_host_without_owners()
    {
        _tree.MakeDirectory("example.com").Options = _tree.Options with { ReadUsers = () => throw new IOException("gone") };
        _tree.Scan().Fault.ShouldBe(ScanFault.Unreadable);
    }

    [Fact]
    public void CORE_1_files_dangling_links_and_dot_entries_are_skipped_in_silence()
    {
        var scan = _tree.MakeDirectory("example.com").MakeDirectory(".ssh").MakeDirectory(".hidden.com").Write("file.example", "x").Link("gone.example", "nowhere")
            .Link("loop.example", "loop.example").Scan();
        Names(scan).ShouldBe(["example.com"]);
        scan.Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void CORE_T6_names_that_are_no_domain_names()
    {
        var scan = _tree.MakeDirectory("example.org").MakeDirectory("nodots").MakeDirectory(".hidden.com").MakeDirectory("EXAMPLE.com").MakeDirectory("example.com.").MakeDirectory("1.2.3.4")
            .MakeDirectory("x.com\n;evil").Scan();

        Names(scan).ShouldBe(["example.org"]);
        scan.Diagnostics.Select(found => found.Kind).Distinct().ShouldBe([TreeDiagnostics.BadDomainName]);
        scan.Diagnostics.Select(found => found.Path["/srv/".Length..]).ShouldBe(["1.2.3.4", "EXAMPLE.com", "example.com.", "x.com\n;evil"]);
        scan.Diagnostics.Select(found => found.ToString()).ShouldAllBe(line => !line.Contains('\n'));
        scan.Diagnostics.Single(found => found.Path.EndsWith("EXAMPLE.com", StringComparison.Ordinal)).Hint.ShouldBe("rename it to example.com");
    }

    [Fact]
    public void A_name_that_is_not_UTF_8_gives_a_finding()
    {
        var scan = _tree.MakeDirectory("example.com").MakeRawDirectory([0x61, 0xFF, 0x2E, 0x62]).Scan();
        scan.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("not UTF-8");
    }

    [Fact]
    public void CORE_2_the_hosts_own_name_needs_no_dot()
    {
        DomainName.TryParseHostName("box", out var host).ShouldBeTrue();
        _tree.MakeDirectory("box").MakeDirectory("other");
        Names(_tree.Reader.ScanDomains(host)).ShouldBe(["box"]);
    }

    [Fact]
    public void CORE_6_domains_are_sorted_bytewise()
    {
        foreach (var name in (string[])["b.example", "a_b.example", "a-b.example", "a.example", "ab.example"])
            _tree.MakeDirectory(name);
        Names(_tree.Scan()).ShouldBe(["a-b.example", "a.example", "a_b.example", "ab.example", "b.example"]);
    }

    [Fact]
    public void CORE_T4_the_alias_list_holds_every_alias_and_its_www_form()
    {
        var scan = _tree.MakeDirectory("example.com").Link("example.org", "example.com").Link("example.net", "example.org").Scan();
        var domain = scan.Domains.ShouldHaveSingleItem();
        domain.Aliases.Select(name => name.Value).ShouldBe(["example.net", "example.org"]);
        domain.OtherNames.Select(name => name.Value).ShouldBe(["example.net", "example.org", "www.example.com", "www.example.net", "www.example.org"]);
    }

    [Fact]
    public void CORE_T5_an_existing_www_directory_is_a_domain_of_its_own()
    {
        var scan = _tree.MakeDirectory("example.com").Link("example.org", "example.com").MakeDirectory("www.example.org").Scan();
        Names(scan).ShouldBe(["example.com", "www.example.org"]);
        scan.Domains[0].OtherNames.Select(name => name.Value).ShouldBe(["example.org", "www.example.com"]);
        scan.Domains[1].OtherNames.ShouldBeEmpty(); // www.www.example.org would be silly
    }

    [Theory]
    [InlineData("file")]
    [InlineData("dangling link")]
    public void CORE_9_a_www_name_that_exists_in_any_form_is_not_in_the_list(string form)
    {
        _tree.MakeDirectory("example.com");
        _ = form == "file" ? _tree.Write("www.example.com", "") : _tree.Link("www.example.com", "nowhere");
        _tree.Scan().Domains.ShouldHaveSingleItem().OtherNames.ShouldBeEmpty();
    }

    [Fact]
    public void CORE_7_an_absolute_link_is_an_alias_too() =>
        _tree.MakeDirectory("example.com").Link("example.org", _tree.PathOf("example.com")).Scan().Domains.ShouldHaveSingleItem().Aliases.ShouldHaveSingleItem().Value.ShouldBe("example.org");

    [Fact]
    public void CORE_7_an_alias_of_a_refused_domain_is_nothing()
    {
        var scan = _tree.MakeDirectory("example.com", uid: 0).Link("example.org", "example.com").MakeDirectory("other.example").Scan();
        Names(scan).ShouldBe(["other.example"]);
        scan.Find("example.org").ShouldBeNull();
    }

    [Fact]
    public void CORE_8_a_link_that_leads_out_of_srv_is_a_domain_with_the_owner_of_its_target()
    {
        var site = _tree.MakeSystemDirectory("home/carol/site", uid: 1001);
        Directory.CreateDirectory(site + "/config");
        File.WriteAllText(site + "/config/ip", "192.0.2.7\n");
        _tree.Link("example.info", site, uid: 0);

        var domain = _tree.Read().ShouldHaveSingleItem();
        domain.Owner.UserName.ShouldBe("carol");
        domain.Directory.Value.ShouldBe("/srv/example.info");
        domain.Tree["config/ip"].Text.ShouldBe("192.0.2.7\n");
    }

    [Fact]
    public void CORE_8_a_customer_cannot_turn_such_a_link_to_somebody_elses_directory()
    {
        // root linked /srv/example.info to carol's home; carol made "site" a link into dave's.
        var dave = _tree.MakeSystemDirectory("home/dave/private", uid: 1002);
        _tree.MakeSystemDirectory("home/carol", uid: 1001);
        File.CreateSymbolicLink(_tree.Root + "/home/carol/site", dave);
        _tree.Own("../home/carol/site", 1001, 1001);
        var scan = _tree.Link("example.info", _tree.Root + "/home/carol/site", uid: 0).MakeDirectory("other.example").Scan();

        Names(scan).ShouldBe(["other.example"]);
        scan.Diagnostics.ShouldHaveSingleItem().Path.ShouldBe("/srv/example.info");
    }

    [Fact]
    public void CORE_7_a_link_to_a_directory_of_srv_that_is_no_domain_is_a_domain_itself()
    {
        var scan = _tree.MakeDirectory("data").Link("example.com", "data").Scan();
        Names(scan).ShouldBe(["example.com"]);
    }

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("EXAMPLE.com", "example.com")]
    [InlineData("example.org", "example.com")] // alias
    [InlineData("www.example.com", "example.com")]
    [InlineData("www.example.org", "example.com")]
    [InlineData("foo.www.example.com", "example.com")]
    [InlineData("a.www.b.www.example.com", "example.com")]
    [InlineData("www.other.example", "www.other.example")] // exists by itself
    [InlineData("foo.www.other.example", "other.example")]
    [InlineData("sub.example.com", null)]
    [InlineData("www.sub.example.com", null)]
    [InlineData("wwww.example.com", null)]
    [InlineData("www.", null)]
    [InlineData("", null)]
    [InlineData("example.com.", null)]
    [InlineData("../example.com", null)]
    [InlineData("192.0.2.1", null)]
    public void CORE_11_lookup_of_a_name_from_outside(string asked, string? found)
    {
        var scan = _tree.MakeDirectory("example.com").Link("example.org", "example.com").MakeDirectory("other.example").MakeDirectory("www.other.example").Scan();
        scan.Find(asked)?.Name.Value.ShouldBe(found);
        (scan.Find(asked) is null).ShouldBe(found is null);
    }

    [Fact]
    public void CORE_T7_a_hostile_name_is_refused_at_once()
    {
        var scan = _tree.MakeDirectory("example.com").Scan();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        scan.Find("a." + new string('a', 200) + "!").ShouldBeNull();
        scan.Find(string.Concat(Enumerable.Repeat("www.", 100_000))).ShouldBeNull();
        // Milliseconds on a quiet computer; minutes if the work grew with the square.
        watch.ElapsedMilliseconds.ShouldBeLessThan(2000);
    }

    [Fact]
    public void Any_name_from_outside_is_found_or_not_and_never_throws() => Prop.ForAll<NonNull<string>>(text =>
    {
        var found = DomainLookup.Find(text.Get, TemporaryTree.HostName, name => name);
        return found is null || DomainName.TryParse(found, out _);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_in_which_the_disk_lists_its_entries_changes_nothing()
    {
        var rule = new OwnerRule(UserDatabase.Parse(TemporaryTree.Passwd, TemporaryTree.Group));
        SrvEntry[] entries =
        [
            Entry("example.com", 1), Entry("www.example.org", 2), Entry("EXAMPLE.com", 3), Entry("a.example", 4, uid: 0), Entry("z.example", 5), Entry("data", 6),
            Link("example.org", 1), Link("alias.example", 5), Link("b.example", 6), new("file", false, null),
        ];
        var srv = HostPath.Parse("/srv");
        var expected = DomainScan.Of(entries, srv, TemporaryTree.HostName, rule);
        expected.Domains.Count.ShouldBe(4);

        Prop.ForAll(Gen.Shuffle(entries).ToArbitrary(), shuffled =>
        {
            var scan = DomainScan.Of(shuffled, srv, TemporaryTree.HostName, rule);
            return scan.Domains == expected.Domains && scan.Diagnostics == expected.Diagnostics;
        }).QuickCheckThrowOnFailure();

        static SrvEntry Entry(string name, ulong inode, uint uid = 1000) => new(name, false, Status(inode, uid));
        static SrvEntry Link(string name, ulong inode) => new(name, true, Status(inode, 1000));
        static FileStatus Status(ulong inode, uint uid) => new(FileSort.Directory, uid, uid, UnixFileMode.None, 0, 2, new DeviceInode(8, 1, inode));
    }

    [Fact]
    public void CORE_7_equal_inodes_on_two_devices_are_two_directories()
    {
        var rule = new OwnerRule(UserDatabase.Parse(TemporaryTree.Passwd, TemporaryTree.Group));
        SrvEntry[] entries =
        [
            new("example.com", false, new FileStatus(FileSort.Directory, 1000, 1000, UnixFileMode.None, 0, 2, new DeviceInode(0, 40, 256))),
            new("example.org", true, new FileStatus(FileSort.Directory, 1000, 1000, UnixFileMode.None, 0, 2, new DeviceInode(0, 41, 256))),
        ];
        DomainScan.Of(entries, HostPath.Parse("/srv"), TemporaryTree.HostName, rule).Domains.Select(domain => domain.Name.Value).ShouldBe(["example.com", "example.org"]);
    }

    private static IEnumerable<string> Names(DomainScan scan) => scan.Domains.Select(domain => domain.Name.Value);
}
