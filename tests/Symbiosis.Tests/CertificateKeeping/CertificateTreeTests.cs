using Symbiosis.CertificateKeeping;
using Symbiosis.Services.Tls;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.CertificateKeeping;

public sealed class CertificateTreeTests : IDisposable
{
    private static readonly DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryTree _tree = new();

    public CertificateTreeTests()
    {
        _tree.MakeDirectory("example.com/config").Write("example.com/config/ssl-provider", "selfsigned");
    }

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Sets_and_the_link_to_the_current_one_are_read()
    {
        Put("0", 10);
        Put("1", 60);
        _tree.Link("example.com/config/ssl/current", "sets/1").Write("example.com/config/ssl/sets/zz-notes", "hello").MakeDirectory("example.com/config/ssl/sets/empty");

        var sets = Read();

        sets.Sets.Select(set => set.Name).ShouldBe(["0", "1"]);
        sets.Current!.Name.ShouldBe("1"); // it is there
        sets.Faults.Keys.ShouldBe(["empty"]);
        SetDecision.NextName(sets.Taken).ShouldBe("2");
    }

    [Fact]
    public void TLS_16_without_a_link_the_old_files_are_the_current_set()
    {
        foreach (var (file, content) in TestAuthority.SelfSigned(_now.AddDays(50), 90, "example.com"))
            _tree.Write($"example.com/config/{file}", content);

        Read().Current!.Name.ShouldBe("legacy"); // it is there
    }

    [Theory] // TLS-15, TLS-26: what was once absolute, and links to links
    [InlineData("sets/1", true)]
    [InlineData("./sets/../sets/1", true)]
    [InlineData("mine", true)]
    [InlineData("sets/latest", true)]
    [InlineData("/srv/example.com/config/ssl/sets/1", true)]
    [InlineData("sets/9", false)]
    [InlineData("../../../other.example/config/ssl/sets/0", false)] // TLS-T29
    [InlineData("/srv/other.example/config/ssl/sets/0", false)]
    [InlineData("/etc/ssl", false)]
    [InlineData("current", false)]
    [InlineData("..", false)]
    [InlineData("sets", false)]
    public void TLS_15_where_the_link_leads(string target, bool isSet)
    {
        Put("1", 60);
        _tree.Link("example.com/config/ssl/mine", "sets/1").Link("example.com/config/ssl/sets/latest", "1").MakeDirectory("other.example/config/ssl/sets/0");
        _tree.Link("example.com/config/ssl/current", target);

        var link = Read().Link;
        link.Kind.ShouldBe(isSet ? CurrentKind.Set : CurrentKind.Astray);
        link.SetName.ShouldBe(isSet ? "1" : null);
    }

    [Fact]
    public void TLS_17_a_directory_is_no_link()
    {
        _tree.MakeDirectory("example.com/config/ssl/current");
        Read().Link.Kind.ShouldBe(CurrentKind.NotALink);
    }

    [Fact] // TLS-T29
    public void TLS_T29_a_key_of_somebody_else_is_not_read_through_a_link()
    {
        var files = TestAuthority.SelfSigned(_now.AddDays(50), 90, "example.com");
        _tree.Write("example.com/config/ssl/sets/0/ssl.crt", files["ssl.crt"]).Link("example.com/config/ssl/sets/0/ssl.key", _tree.MakeSystemFile("etc/ssl/private/ssl-cert-snakeoil.key", files["ssl.key"]));

        var sets = Read();

        sets.Sets.ShouldBeEmpty();
        sets.Faults["0"].ShouldContain("ssl.key cannot be read");
    }

    [Fact] // TLS-T29
    public void TLS_T29_sets_that_lead_out_of_the_domain_are_not_read()
    {
        foreach (var (file, content) in TestAuthority.SelfSigned(_now.AddDays(50), 90, "example.com"))
            _tree.MakeSystemFile($"etc/0/{file}", content);
        _tree.MakeSystemDirectory("etc");
        _tree.Link("example.com/config/ssl/sets", _tree.Root + "/etc");

        Read().Sets.ShouldBeEmpty();
    }

    [Fact] // TLS-T1, TLS-18
    public void TLS_18_a_set_is_written_for_its_owner_and_becomes_current()
    {
        var (certificate, key) = Pair();
        using (var domain = Open())
        {
            var store = new SetStore(domain, Owner, readers: null);
            store.Write(new NewSet(key, certificate, "", "request"), "0").ShouldBe("0");
            store.Write(new NewSet(key, certificate, "bundle", "request"), "0").ShouldBe("1", "the name is taken");
            store.RollOver("1");
            store.RollOver("0");
        }

        var ssl = _tree.PathOf("example.com/config/ssl");
        Directory.GetFiles($"{ssl}/sets/0").Select(Path.GetFileName).Order().ShouldBe(["ssl.combined", "ssl.crt", "ssl.csr", "ssl.key"]);
        Directory.GetFiles($"{ssl}/sets/1").Length.ShouldBe(5);
        Directory.GetFileSystemEntries($"{ssl}/sets").Length.ShouldBe(2);
        new DirectoryInfo($"{ssl}/current").LinkTarget.ShouldBe("sets/0");
        File.GetUnixFileMode($"{ssl}/sets/0").ShouldBe((UnixFileMode)0x1E8);
        File.GetUnixFileMode($"{ssl}/sets/0/ssl.key").ShouldBe((UnixFileMode)0x1A0);
        File.GetUnixFileMode($"{ssl}/sets/0/ssl.combined").ShouldBe((UnixFileMode)0x1A0);
        File.GetUnixFileMode($"{ssl}/sets/0/ssl.crt").ShouldBe((UnixFileMode)0x1A4);
        Read().Current!.Name.ShouldBe("0"); // it is there
    }

    [Theory] // TLS-T14, TLS-T29: nothing is written through or over what a tenant put there
    [InlineData("sets")]
    [InlineData("config/ssl")]
    public void TLS_T29_nothing_is_written_through_a_link(string which)
    {
        var outside = _tree.MakeSystemDirectory("etc/target");
        _tree.Link(which == "sets" ? "example.com/config/ssl/sets" : "example.com/config/ssl", outside);
        var (certificate, key) = Pair();
        using var domain = Open();

        Should.Throw<SetStoreException>(() => new SetStore(domain, Owner, null).Write(new NewSet(key, certificate, "", ""), "0"));

        Directory.GetFileSystemEntries(outside).ShouldBeEmpty();
    }

    [Fact]
    public void TLS_17_a_directory_named_current_is_not_replaced()
    {
        _tree.MakeDirectory("example.com/config/ssl/current");
        using var domain = Open();
        Should.Throw<SetStoreException>(() => new SetStore(domain, Owner, null).RollOver("0"));
        File.WriteAllText(_tree.PathOf("example.com/config/ssl/x"), "");
        Directory.GetFileSystemEntries(_tree.PathOf("example.com/config/ssl")).Length.ShouldBe(2, "nothing is left behind");
    }

    private static Symbiosis.Model.Owner Owner => new(Symbiosis.Machine.Native.Unistd.geteuid(), Symbiosis.Machine.Native.Unistd.getegid(), "me", "me");

    private CertificateTree Tree => new(_tree.Options, new ManualClock(_now));

    private DomainSets Read()
    {
        var tree = Tree;
        var entry = tree.Scan(TemporaryTree.HostName).Domains.Single(domain => domain.Name.Value == "example.com");
        return tree.Read(entry, Hosts.Plain).ShouldNotBeNull();
    }

    private Symbiosis.Machine.FileDescriptor Open() => Tree.Open(Tree.Scan(TemporaryTree.HostName).Domains.Single(domain => domain.Name.Value == "example.com")).ShouldNotBeNull();

    private static (string Certificate, string Key) Pair() => TestAuthority.SelfSigned(_now.AddDays(50), 90, "example.com") is var files ? (files["ssl.crt"], files["ssl.key"]) : default;

    private void Put(string name, int daysLeft)
    {
        foreach (var (file, content) in TestAuthority.SelfSigned(_now.AddDays(daysLeft), 90, "example.com"))
            _tree.Write($"example.com/config/ssl/sets/{name}/{file}", content);
    }
}
