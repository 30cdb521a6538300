using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Applying;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.Applying;

public sealed class WrittenStoreTests : IDisposable
{
    private const string Path = "/var/lib/symbiosis/written.jsonl";

    private readonly ScratchHost _host = new();

    public WrittenStoreTests() => Directory.CreateDirectory(_host.Real("/var/lib/symbiosis"));

    public void Dispose() => _host.Dispose();

    [Fact]
    public void What_is_noted_is_read_by_the_next_process()
    {
        var file = Configuration("/etc/a") with { Daemons = ["apache2", "dovecot"], EnabledLink = "/etc/enabled/a", Link = LinkMemory.TakenDown, IsOrphan = true, Base = Digest("base"), Service = "web" };
        var link = new WrittenLink { Path = "/etc/l", Unit = "(host)", Target = "../t", WasThere = true };

        Open().Note([file, link, Table("/var/x")], []);

        var record = Open().Refresh();
        record.FindFile("/etc/a").ShouldBe(file);
        record.FindLink("/etc/l").ShouldBe(link);
        record.FindFile("/var/x").ShouldBe(Table("/var/x"));
        record.Count.ShouldBe(3);
    }

    [Fact]
    public void The_last_line_of_a_path_counts_and_a_removed_one_keeps_only_its_time()
    {
        var store = Open();
        store.Note([Table("/a"), Table("/b")], []);
        store.Note([Table("/a") with { Unit = "other.example" }], [("/b", 5_000_000_000)]);

        var record = Open().Refresh();

        record.FindFile("/a")!.Unit.ShouldBe("other.example");
        record.FindFile("/b").ShouldBeNull();
        record.RemovedFiles["/b"].ShouldBe(5_000_000_000);
    }

    [Fact]
    public void A_torn_last_line_is_not_there_and_does_not_swallow_the_next_one()
    {
        Open().Note([Table("/a")], []);
        File.AppendAllText(_host.Real(Path), """{"path":"/torn","unit":"x","sha""");

        var store = Open();
        store.Refresh().Count.ShouldBe(1);
        store.Note([Table("/b")], []);

        var record = Open().Refresh();
        record.Entries.Select(entry => entry.Path).Order(StringComparer.Ordinal).ShouldBe(["/a", "/b"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"path\":\"/x\"}")]
    [InlineData("{\"path\":\"/x\",\"unit\":\"u\",\"sha256\":\"zz\"}")]
    [InlineData("{\"path\":\"/x\",\"unit\":\"u\",\"size\":-1}")]
    [InlineData("{\"path\":\"/x\",\"unit\":\"u\",\"size\":99999999999999999999999}")]
    [InlineData("{\"path\":\"/x\",\"unit\":\"\\uZZ\"}")]
    [InlineData("{\"path\":\"/x\",\"unit\":\"u")]
    [InlineData("\u0000\u0000\u0000")]
    public void A_damaged_line_is_as_if_it_were_not_there(string line)
    {
        File.WriteAllText(_host.Real(Path), line + "\n");
        var store = Open();

        store.Refresh().Count.ShouldBe(0);
        store.Note([Table("/a")], []);

        Open().Refresh().Count.ShouldBe(1);
    }

    [Fact]
    public void Members_of_a_newer_version_are_passed_over()
    {
        File.WriteAllText(_host.Real(Path), """{"path":"/x", "new":{"a":["}",1]}, "unit":"u", "more":[true,null], "size":7}""" + "\n");

        Open().Refresh().FindFile("/x")!.Stamp.SizeBytes.ShouldBe(7);
    }

    [Fact]
    public void What_another_process_appends_or_writes_afresh_is_seen()
    {
        var reader = Open();
        var writer = Open();
        writer.Note([Table("/a")], []);
        reader.Refresh().Count.ShouldBe(1);

        writer.Note([Table("/b")], []);
        reader.Refresh().Count.ShouldBe(2);

        File.Delete(_host.Real(Path));
        reader.Refresh().Count.ShouldBe(0);
    }

    [Fact]
    public void A_file_of_mostly_outdated_lines_is_written_afresh()
    {
        var store = Open();
        for (var i = 0; i < 1100; i++)
            store.Note([Table("/a") with { Unit = $"d{i}.example" }], []);

        File.ReadLines(_host.Real(Path)).Count().ShouldBeLessThan(200);
        Open().Refresh().FindFile("/a")!.Unit.ShouldBe("d1099.example");
        store.Note([Table("/b")], []);
        Open().Refresh().Count.ShouldBe(2);
    }

    [Fact]
    public void Any_text_survives_writing_and_reading()
    {
        var texts = Gen.Elements("a", "/", "\"", "\\", "\n", "\u0001", "é", "\u2028", "😀", " ", "}", ",").ListOf().Select(parts => "/" + string.Concat(parts));
        Prop.ForAll(texts.Zip(texts).ToArbitrary(), pair =>
        {
            File.Delete(_host.Real(Path));
            var file = Table(pair.Item1) with { Unit = pair.Item2, Daemons = [pair.Item2, pair.Item1] };
            Open().Note([file], []);
            return file.Equals(Open().Refresh().FindFile(pair.Item1));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Entries_of_a_unit_follow_every_change()
    {
        var record = new WrittenRecord();
        record.Put(Table("/a"));
        record.EntriesOf("a.example").Count().ShouldBe(1); // from here on there is an index

        record.Put(Table("/b"));
        record.Put(Table("/a") with { Unit = "b.example" });
        record.EntriesOf("a.example").Select(entry => entry.Path).ShouldBe(["/b"]);
        record.Units.Order(StringComparer.Ordinal).ShouldBe(["a.example", "b.example"]);

        record.Remove("/b");
        record.Put(Configuration("/a") with { IsOrphan = true });
        record.Units.ShouldBeEmpty();
    }

    private WrittenStore Open()
    {
        var store = new WrittenStore(_host.Files, TimeProvider.System);
        store.Refresh();
        return store;
    }

    private static WrittenFile Table(string path) => new() { Path = path, Unit = "a.example", Role = FileRole.Table, Digest = Digest(path), Stamp = new FileStamp(1, 2, 3, ulong.MaxValue) };

    private static WrittenFile Configuration(string path) => Table(path) with { Role = FileRole.Configuration, CommentMark = "#" };

    private static ContentDigest Digest(string text) => ContentDigest.Of(System.Text.Encoding.UTF8.GetBytes(text));
}
