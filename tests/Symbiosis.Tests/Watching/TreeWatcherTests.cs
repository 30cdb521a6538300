using Symbiosis.Machine;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;
using Symbiosis.Watching;

namespace Symbiosis.Tests.Watching;

/// <summary>Real events of a real file system. Each test ends with a change of a known sort, so that "nothing else came" needs no waiting.</summary>
public sealed class TreeWatcherTests : IAsyncDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private readonly TemporaryTree _tree = new();
    private readonly TreeWatcher _watcher = new(TimeProvider.System);
    private readonly CancellationTokenSource _timeout = new(_deadline);
    private readonly IAsyncEnumerator<TouchedSet> _sets;

    public TreeWatcherTests()
    {
        _tree.Options = _tree.Options with { Observer = _watcher };
        _tree.MakeDirectory("end.example/config");
        _sets = _watcher.ReadAsync(_timeout.Token).GetAsyncEnumerator(_timeout.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _sets.DisposeAsync();
        _watcher.Dispose();
        _timeout.Dispose();
        _tree.Dispose();
    }

    [Theory]
    [InlineData("config/ip")]
    [InlineData("config/mailbox-qouta")] // unknown: reported, so it matters
    [InlineData("mailboxes/bob/password")]
    [InlineData("mailboxes/bob/forward")]
    public async Task A_written_file_touches_its_domain_only(string path)
    {
        _tree.MakeDirectory("example.com/config").MakeDirectory("example.com/mailboxes/bob").MakeDirectory("other.example");
        _tree.Read();
        File.WriteAllText(_tree.PathOf("example.com/" + path), "x");
        (await TouchedAsync()).ShouldBe(["example.com"]);
    }

    [Theory]
    [InlineData("mailboxes/bob/Maildir")]
    [InlineData("mailboxes/bob/vacation.log")]
    [InlineData("public/htdocs/index.html")]
    [InlineData("notes.txt")]
    [InlineData("config/.ip.swp")]
    public async Task What_no_setting_lies_in_touches_nothing(string path)
    {
        _tree.MakeDirectory("example.com/config").MakeDirectory("example.com/mailboxes/bob").MakeDirectory("example.com/public/htdocs");
        _tree.Read();
        File.WriteAllText(_tree.PathOf("example.com/" + path), "x");
        (await TouchedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_domain_touches_the_list_of_domains()
    {
        _tree.Read();
        _tree.MakeDirectory("new.example/public/htdocs");
        (await TouchedAsync()).ShouldBe(["(srv)"]);
    }

    [Fact]
    public async Task Everything_below_a_new_directory_is_watched_after_the_next_reading()
    {
        _tree.MakeDirectory("example.com");
        _tree.Read();
        _tree.MakeDirectory("example.com/mailboxes/bob");
        (await TouchedAsync()).ShouldBe(["example.com"]);

        _tree.Read();
        File.WriteAllText(_tree.PathOf("example.com/mailboxes/bob/password"), "x");
        (await TouchedAsync()).ShouldBe(["example.com"]);
    }

    [Theory]
    [InlineData("chmod")]
    [InlineData("remove")]
    [InlineData("rename")]
    [InlineData("link")]
    [InlineData("replace")]
    public async Task Other_changes_of_a_file_are_seen_too(string change)
    {
        _tree.Write("example.com/config/ip", "x").Write("example.com/public/next", "y");
        _tree.Read();
        var path = _tree.PathOf("example.com/config/ip");
        switch (change)
        {
            case "chmod":
                File.SetUnixFileMode(path, UnixFileMode.UserRead);
                break;
            case "remove":
                File.Delete(path);
                break;
            case "rename":
                File.Move(path, path + "2");
                break;
            case "link":
                File.CreateSymbolicLink(path + "3", "ip");
                break;
            default:
                File.Move(_tree.PathOf("example.com/public/next"), path, overwrite: true);
                break;
        }

        (await TouchedAsync()).ShouldBe(["example.com"]);
    }

    [Fact]
    public async Task A_renamed_domain_is_watched_under_its_new_name()
    {
        _tree.MakeDirectory("example.com/config");
        _tree.Read();
        Directory.Move(_tree.PathOf("example.com"), _tree.PathOf("new.example"));
        (await TouchedAsync()).ShouldBe(["(srv)", "example.com"]);

        _tree.Read();
        File.WriteAllText(_tree.PathOf("new.example/config/ip"), "x");
        (await TouchedAsync()).ShouldBe(["new.example"]);
    }

    [Fact]
    public async Task A_domain_that_left_srv_is_not_watched_any_more()
    {
        _tree.MakeDirectory("example.com/config");
        _tree.Read();
        Directory.Move(_tree.PathOf("example.com"), _tree.Root + "/elsewhere");
        await TouchedAsync();
        _tree.Read();
        File.WriteAllText(_tree.Root + "/elsewhere/config/ip", "x");
        (await TouchedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_removed_directory_gives_its_watch_back()
    {
        _tree.MakeDirectory("example.com/mailboxes/bob");
        _tree.Read();
        var before = _watcher.WatchCount;
        Directory.Delete(_tree.PathOf("example.com/mailboxes"), recursive: true);
        await TouchedAsync();
        _tree.Read();
        _watcher.WatchCount.ShouldBe(before - 2);
    }

    [Fact]
    public async Task The_file_behind_a_link_is_watched()
    {
        var file = _tree.MakeSystemFile("home/carol/ip", "192.0.2.7", uid: 1001);
        _tree.MakeDirectory("example.com", 1001).Link("example.com/config/ip", file, 1001);
        _tree.Read();
        File.WriteAllText(file, "192.0.2.8");
        (await TouchedAsync()).ShouldBe(["example.com"]);
    }

    [Fact]
    public async Task A_directory_of_texts_is_watched_at_any_depth()
    {
        _tree.MakeDirectory("example.com/config/dns/more");
        _tree.Read();
        File.WriteAllText(_tree.PathOf("example.com/config/dns/more/x.txt"), "x");
        (await TouchedAsync()).ShouldBe(["example.com"]);
    }

    [Fact]
    public async Task Host_wide_settings_accounts_and_homes_touch_the_host()
    {
        _tree.Settings = [.. _tree.Settings, new("/etc/symbiosis/ssl", SettingForm.DirectoryOfTexts, ""), new("~/.password", SettingForm.Secret, "")];
        _tree.MakeSystemDirectory("home/carol", 1001);
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        _tree.Read();
        await ReadHostAsync();
        foreach (var path in (string[])["etc/passwd", "etc/symbiosis", "etc/symbiosis/ssl", "etc/symbiosis/ssl/x", "home/carol/.password"])
        {
            if (path.EndsWith('s') || path.EndsWith('l'))
                Directory.CreateDirectory($"{_tree.Root}/{path}");
            else
                File.WriteAllText($"{_tree.Root}/{path}", "x");
            (await TouchedAsync()).ShouldContain("(host)", path);
            await ReadHostAsync();
        }

        File.WriteAllText($"{_tree.Root}/home/carol/letter.txt", "x");
        File.WriteAllText($"{_tree.Root}/etc/motd", "x");
        (await TouchedAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("example.com", new[] { "example.com" })]
    [InlineData("host.example.net", new[] { "(host)", "host.example.net" })] // also a domain that may exist
    public async Task A_publication_touches_the_domain_whose_certificate_it_is(string name, string[] touched)
    {
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        _tree.MakeDirectory("example.com").MakeDirectory("other.example");
        Certificates.Publish(_tree.Root, name, [name], DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        await ReadHostAsync();
        _tree.Read();

        Certificates.Publish(_tree.Root, name, [name], DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));

        (await TouchedAsync()).ShouldBe(touched, ignoreOrder: true);
    }

    [Fact]
    public async Task Srv_may_be_the_home_of_admin_as_well()
    {
        // One directory, one inotify watch, two units.
        _tree.Settings = [.. _tree.Settings, new("~/.password", SettingForm.Secret, "")];
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        await ReadHostAsync();
        _tree.Read();
        File.WriteAllText(_tree.PathOf(".password"), "x");
        (await TouchedAsync()).ShouldBe(["(host)"]);
        _tree.MakeDirectory("new.example");
        (await TouchedAsync()).ShouldBe(["(srv)"]);
    }

    [Fact]
    public async Task A_flood_of_events_ends_with_everything_or_with_the_right_domain()
    {
        // More than fs.inotify.max_queued_events may overflow the queue; then everything is touched.
        _tree.MakeDirectory("example.com/config");
        _tree.Read();
        for (var i = 0; i < 40_000; i++)
            File.WriteAllText(_tree.PathOf($"example.com/config/{i % 7}"), "");
        (await TouchedAsync()).ShouldContain(name => name == "example.com" || name == "(everything)");
    }

    [Fact]
    public async Task The_safety_net_touches_everything_every_quarter_of_an_hour()
    {
        var clock = new ManualClock();
        using var watcher = new TreeWatcher(clock);
        var sets = watcher.ReadAsync(_timeout.Token).GetAsyncEnumerator(_timeout.Token);
        clock.Advance(TreeWatcher.SafetyNet);
        clock.Advance(TouchCollector.Quiet);
        (await sets.MoveNextAsync()).ShouldBeTrue();
        sets.Current.IsEverything.ShouldBeTrue();
        await sets.DisposeAsync();
    }

    private async Task ReadHostAsync()
    {
        var reader = new HostReader(ReadingPlan.For(_tree.Settings), [], _tree.Options, TimeProvider.System) { ReadNetwork = () => new NetworkState([], []), MakesSecret = false };
        await reader.ReadAsync(_timeout.Token);
    }

    // Everything touched until a change of end.example, made now, has come through.
    private async Task<List<string>> TouchedAsync()
    {
        _tree.Write("end.example/config/ip", "x");
        var names = new SortedSet<string>(StringComparer.Ordinal);
        while (!names.Contains("end.example") && await _sets.MoveNextAsync())
        {
            names.UnionWith(_sets.Current.Units.Select(unit => unit.Domain?.Value ?? (unit.IsSrv ? "(srv)" : "(host)")));
            if (_sets.Current.IsEverything)
                return ["(everything)"];
        }

        names.Remove("end.example");
        return [.. names];
    }
}
