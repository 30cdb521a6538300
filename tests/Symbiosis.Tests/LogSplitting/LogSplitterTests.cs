using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.LogSplitting;
using Symbiosis.Machine.Native;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.LogSplitting;

public sealed class LogSplitterTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("symbiosis-logs-").FullName;
    private readonly ManualClock _clock = new();
    private readonly List<string> _reports = [];

    public LogSplitterTests()
    {
        Directory.CreateDirectory(Srv);
        Directory.CreateDirectory(Names);
        Directory.CreateDirectory(Path.Combine(_root, "log"));
        Host("example.com");
        Host("example.org");
        File.WriteAllText(Path.Combine(Names, "alias.example"), "example.com 1000\n");
    }

    private string Srv => Path.Combine(_root, "srv");

    private string Names => Path.Combine(_root, "names");

    private string DefaultLog => Path.Combine(_root, "log/mass.access.log");

    private string SslDefaultLog => Path.Combine(_root, "log/mass.ssl_access.log");

    // Whoever runs the tests owns the directories, root too; who may own a domain is tested on a machine.
    private SplitterOptions Options => new() { Prefix = Srv, NamesDirectory = Names, DefaultLog = DefaultLog, TestingSuffix = "testing.host.example.net", LowestOwner = 0 };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("www.example.com", "example.com")]
    [InlineData("WWW.Example.COM", "example.com")]
    [InlineData("alias.example", "example.com")]
    [InlineData("www.alias.example", "example.com")]
    [InlineData("a.b.c.example.org", "example.org")]
    [InlineData("example.com.testing.host.example.net", "example.com")]
    [InlineData("alias.example.testing.host.example.net", "example.com")]
    [InlineData("www.example.com.testing.host.example.net", null)] // there is no www form
    [InlineData("testing.host.example.net", null)]
    [InlineData("notexample.com", null)] // labels, not characters
    [InlineData("com", null)]
    [InlineData("example.com.", null)]
    [InlineData(".example.com", null)]
    [InlineData("..", null)]
    [InlineData("../names", null)]
    [InlineData("example.com/", null)]
    [InlineData("example.com:80", null)]
    [InlineData("-", null)]
    [InlineData("éxample.com", null)]
    public void WEB_38_a_name_is_mapped_as_the_content_is(string host, string? domain)
    {
        Split($"{host} 192.0.2.9 - - \"GET / HTTP/1.1\" 200\n");

        Lines(domain is null ? DefaultLog : LogOf(domain)).ShouldBe([domain is null ? $"{host} 192.0.2.9 - - \"GET / HTTP/1.1\" 200" : "192.0.2.9 - - \"GET / HTTP/1.1\" 200"]);
    }

    [Theory]
    [InlineData("2001:db8::9 - - \"GET /example.org HTTP/1.1\" 404")] // the case of the original: the path as host name
    [InlineData(" example.org 192.0.2.9")] // nothing before the first space
    [InlineData("\texample.org 192.0.2.9")]
    [InlineData("example.org")] // no space at all
    [InlineData("")]
    [InlineData("unknown.example example.org x")]
    public void WEB_37_only_the_first_word_from_the_first_byte_is_the_name(string line)
    {
        Split(line + "\n");

        Lines(DefaultLog).ShouldBe([line]);
        File.Exists(LogOf("example.org")).ShouldBeFalse();
    }

    [Fact]
    public void WEB_35_the_port_tells_the_log_of_https()
    {
        Split("443 example.com a\n80 example.com b\n443 unknown.example c\n8080 example.com d\nexample.com e\n99999 example.com f\n443\n", Options with { Form = LineForm.Port });

        Lines(LogOf("example.com")).ShouldBe(["b", "d"]);
        Lines(LogOf("example.com", "ssl_access.log")).ShouldBe(["a"]);
        Lines(SslDefaultLog).ShouldBe(["unknown.example c"]);
        Lines(DefaultLog).ShouldBe(["example.com e", "99999 example.com f", "443"]);
    }

    [Fact]
    public void WEB_37_plain_lines_are_not_looked_at()
    {
        Split("example.com x\n443 y\n", Options with { Form = LineForm.Plain });

        Lines(DefaultLog).ShouldBe(["example.com x", "443 y"]);
    }

    [Fact]
    public void WEB_39_an_unknown_domain_is_not_made()
    {
        File.WriteAllText(Path.Combine(Names, "gone.example"), "gone.example 1000\n"); // in the table, but its directory is gone

        Split("gone.example x\n");

        Lines(DefaultLog).ShouldBe(["gone.example x"]);
        Directory.Exists(Path.Combine(Srv, "gone.example")).ShouldBeFalse();
    }

    [Fact]
    public void WEB_T17_lines_of_a_removed_domain_go_to_the_default_log_with_its_name()
    {
        using var splitter = Make(Options);
        splitter.Feed("example.com 1\n"u8);
        Tick(splitter);
        splitter.Feed("www.example.com 2\n"u8); // waits while the directory goes
        Directory.Delete(Path.Combine(Srv, "example.com"), recursive: true);
        Tick(splitter);
        splitter.Feed("www.example.com 3\n"u8);
        splitter.Finish();

        Lines(DefaultLog).ShouldBe(["example.com 2", "www.example.com 3"]);
        Directory.Exists(Path.Combine(Srv, "example.com")).ShouldBeFalse();
    }

    [Fact]
    public void A_log_that_was_deleted_is_made_again()
    {
        using var splitter = Make(Options);
        splitter.Feed("example.com 1\n"u8);
        Tick(splitter);
        File.Delete(LogOf("example.com"));
        splitter.Feed("example.com 2\n"u8);
        Tick(splitter);

        Lines(LogOf("example.com")).ShouldBe(["2"]);
    }

    [Fact]
    public void A_change_of_the_table_counts_from_the_next_lines_on()
    {
        using var splitter = Make(Options);
        splitter.Feed("new.example 1\nalias.example 1\n"u8);
        Host("new.example");
        File.Delete(Path.Combine(Names, "alias.example"));
        splitter.Feed("new.example 2\nalias.example 2\n"u8);
        splitter.Finish();

        Lines(LogOf("new.example")).ShouldBe(["2"]);
        Lines(LogOf("example.com")).ShouldBe(["1"]);
        Lines(DefaultLog).ShouldBe(["new.example 1", "alias.example 2"]);
    }

    [Theory]
    [InlineData("0755", "0644")]
    [InlineData("2750", "0640")]
    [InlineData("0700", "0600")]
    public void WEB_T14_a_new_log_has_the_mode_of_its_directory_without_execution(string directory, string log)
    {
        var logs = Path.Combine(Srv, "example.com/public/logs");
        Directory.CreateDirectory(logs);
        File.SetUnixFileMode(logs, Mode(directory));

        Split("example.com x\n");

        File.GetUnixFileMode(LogOf("example.com")).ShouldBe(Mode(log));
    }

    [Fact]
    public void WEB_40_missing_directories_are_made_like_the_one_they_are_in()
    {
        File.SetUnixFileMode(Path.Combine(Srv, "example.com"), Mode("2750"));

        Split("example.com x\n");

        File.GetUnixFileMode(Path.Combine(Srv, "example.com/public")).ShouldBe(Mode("2750"));
        File.GetUnixFileMode(Path.Combine(Srv, "example.com/public/logs")).ShouldBe(Mode("2750"));
    }

    [Fact]
    public void CORE_3_nothing_is_written_for_a_system_user()
    {
        Split("example.com x\n", Options with { LowestOwner = uint.MaxValue });

        Lines(DefaultLog).ShouldBe(["example.com x"]);
        Directory.Exists(Path.Combine(Srv, "example.com/public")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("a link to a file")]
    [InlineData("a link to nothing")]
    [InlineData("a hard link")]
    [InlineData("a FIFO")]
    [InlineData("a directory")]
    [InlineData("logs is a link")]
    [InlineData("public is a link")]
    [InlineData("logs is a file")]
    public void WEB_42_what_is_no_log_of_the_owner_is_left_untouched(string trap)
    {
        var outside = Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName;
        var victim = Path.Combine(outside, "victim");
        File.WriteAllText(victim, "secret");
        File.SetUnixFileMode(victim, Mode("0600"));
        Directory.CreateDirectory(Path.Combine(outside, "logs"));
        var publicDirectory = Path.Combine(Srv, "example.com/public");
        if (trap == "public is a link")
            File.CreateSymbolicLink(publicDirectory, outside);
        else
            Directory.CreateDirectory(publicDirectory);
        if (trap == "logs is a link")
            File.CreateSymbolicLink(Path.Combine(publicDirectory, "logs"), outside);
        else if (trap == "logs is a file")
            File.WriteAllText(Path.Combine(publicDirectory, "logs"), "");
        else if (trap != "public is a link")
            Directory.CreateDirectory(Path.Combine(publicDirectory, "logs"));
        var log = LogOf("example.com");
        switch (trap)
        {
            case "a link to a file":
                File.CreateSymbolicLink(log, victim);
                break;
            case "a link to nothing":
                File.CreateSymbolicLink(log, Path.Combine(outside, "new"));
                break;
            case "a hard link":
                Unistd.linkat(Fcntl.AT_FDCWD, victim, Fcntl.AT_FDCWD, log, 0).ShouldBe(0);
                break;
            case "a FIFO":
                SysStat.mkfifo(log, 0x1B6).ShouldBe(0);
                break;
            case "a directory":
                Directory.CreateDirectory(log);
                break;
        }

        Split("example.com x\n");

        Lines(DefaultLog).ShouldBe(["example.com x"]);
        File.ReadAllText(victim).ShouldBe("secret");
        File.GetUnixFileMode(victim).ShouldBe(Mode("0600"));
        Directory.EnumerateFileSystemEntries(outside, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order().ShouldBe(["logs", "victim"]);
    }

    [Fact]
    public void WEB_T16_every_log_has_its_lines_in_order_and_few_are_open()
    {
        const int domains = 120;
        for (var i = 0; i < domains; i++)
            Host($"d{i}.example");
        using var splitter = Make(Options with { MaxOpenFiles = 4 });
        var most = 0;
        for (var line = 0; line < 100; line++)
        {
            for (var i = 0; i < domains; i++)
                splitter.Feed(Encoding.ASCII.GetBytes($"d{i}.example {line}\n"));
            most = Math.Max(most, splitter.OpenFiles);
            if (line % 2 == 0)
                splitter.Hangup();
        }

        splitter.Finish();

        most.ShouldBe(4);
        var expected = Enumerable.Range(0, 100).Select(line => line.ToString()).ToArray();
        for (var i = 0; i < domains; i++)
            Lines(LogOf($"d{i}.example")).ShouldBe(expected);
    }

    [Fact]
    public void WEB_43_the_least_recently_used_log_is_closed()
    {
        Host("a.example");
        Host("b.example");
        using var splitter = Make(Options with { MaxOpenFiles = 2 });
        Tick(splitter); // the table is no longer new
        splitter.Feed("a.example 1\n"u8);
        splitter.FlushAll();
        splitter.Feed("b.example 1\n"u8);
        splitter.FlushAll();
        splitter.Feed("a.example 2\n"u8);
        splitter.FlushAll();
        splitter.Feed("example.com 1\n"u8); // b is closed
        foreach (var domain in (string[])["a.example", "b.example"])
            File.Move(LogOf(domain), LogOf(domain, "access.log.1"));
        splitter.Feed("a.example 3\nb.example 2\n"u8);
        splitter.Finish();

        Lines(LogOf("a.example", "access.log.1")).ShouldBe(["1", "2", "3"]);
        Lines(LogOf("b.example", "access.log.1")).ShouldBe(["1"]);
        Lines(LogOf("b.example")).ShouldBe(["2"]);
    }

    [Fact]
    public void Lines_wait_whether_their_log_is_open_or_not()
    {
        Host("a.example");
        Host("b.example");
        using var splitter = Make(Options with { MaxOpenFiles = 1 });
        Tick(splitter);
        for (var line = 0; line < 3; line++)
            splitter.Feed(Encoding.ASCII.GetBytes($"a.example {line}\nb.example {line}\n"));

        Lines(LogOf("a.example")).ShouldBeEmpty();
        Lines(LogOf("b.example")).ShouldBeEmpty();
        splitter.OpenFiles.ShouldBe(1);
        Tick(splitter);
        Lines(LogOf("a.example")).ShouldBe(["0", "1", "2"]);
        Lines(LogOf("b.example")).ShouldBe(["0", "1", "2"]);
    }

    [Fact]
    public void What_took_the_place_of_a_log_that_was_closed_while_lines_wait_is_not_written_to()
    {
        Host("a.example");
        using var splitter = Make(Options with { MaxOpenFiles = 1 });
        Tick(splitter);
        splitter.Feed("a.example 1\nexample.com 1\n"u8); // a's is open no more
        var victim = Path.Combine(_root, "victim");
        File.WriteAllText(victim, "secret");
        File.Delete(LogOf("a.example"));
        File.CreateSymbolicLink(LogOf("a.example"), victim);
        splitter.Feed("www.a.example 2\n"u8);
        splitter.Finish();

        File.ReadAllText(victim).ShouldBe("secret");
        Lines(DefaultLog).ShouldBe(["a.example 1", "a.example 2"]);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(64)]
    public void When_memory_is_short_nothing_is_lost_and_the_order_stays(int blocks)
    {
        const int domains = 40;
        for (var i = 0; i < domains; i++)
            Host($"d{i}.example");
        var dice = new Random(blocks);
        var expected = new Dictionary<string, List<string>>();
        using var splitter = Make(Options with { MaxOpenFiles = 3, MaxWaitingBytes = blocks * BlockPool.BlockBytes });
        for (var line = 0; line < 4000; line++)
        {
            var domain = $"d{dice.Next(1 + dice.Next(domains))}.example";
            var text = $"{line} {new string('x', dice.Next(200) == 0 ? dice.Next(100_000) : dice.Next(300))}";
            if (!expected.TryGetValue(domain, out var lines))
                expected[domain] = lines = [];
            lines.Add(text);
            splitter.Feed(Encoding.ASCII.GetBytes($"{domain} {text}\n"));
            if (dice.Next(500) == 0)
                splitter.Hangup();
        }

        splitter.Finish();

        foreach (var (domain, lines) in expected)
            Lines(LogOf(domain)).ShouldBe(lines);
        File.Exists(DefaultLog).ShouldBeFalse();
    }

    [Fact]
    public void WEB_52_a_log_that_was_moved_away_is_written_to_until_the_hangup()
    {
        using var splitter = Make(Options);
        splitter.Feed("example.com 1\n"u8);
        Tick(splitter); // right after the table changed logs are opened afresh
        splitter.Feed("example.com 2\n"u8);
        Tick(splitter);
        File.Move(LogOf("example.com"), LogOf("example.com", "access.log.1"));
        splitter.Feed("example.com 3\n"u8);
        splitter.Hangup();
        splitter.Feed("example.com 4\n"u8);
        splitter.Finish();

        Lines(LogOf("example.com", "access.log.1")).ShouldBe(["1", "2", "3"]);
        Lines(LogOf("example.com")).ShouldBe(["4"]);
    }

    [Fact]
    public void WEB_44_a_hangup_in_the_middle_of_a_line_does_not_tear_it()
    {
        using var splitter = Make(Options);
        splitter.Feed("example.com fir"u8);
        splitter.Hangup();
        splitter.Feed("st\n"u8);
        splitter.Finish();

        Lines(LogOf("example.com")).ShouldBe(["first"]);
    }

    [Fact]
    public void WEB_45_a_line_waits_at_most_a_second()
    {
        using var splitter = Make(Options);
        splitter.UntilDue().ShouldBeNull();
        splitter.Feed("example.com 1\n"u8);
        splitter.UntilDue().ShouldBe(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(0.75));
        splitter.FlushDue();
        Lines(LogOf("example.com")).ShouldBeEmpty();
        splitter.UntilDue().ShouldBe(TimeSpan.FromSeconds(0.25));
        _clock.Advance(TimeSpan.FromSeconds(0.25));
        splitter.FlushDue();

        Lines(LogOf("example.com")).ShouldBe(["1"]);
        splitter.UntilDue().ShouldBeNull();
    }

    [Fact]
    public void WEB_45_at_most_64_KiB_wait()
    {
        using var splitter = Make(Options);
        var line = Encoding.ASCII.GetBytes("example.com " + new string('x', 1023) + "\n");
        for (var i = 0; i < 65; i++)
            splitter.Feed(line);

        new FileInfo(LogOf("example.com")).Length.ShouldBe(64 * 1024);
    }

    [Fact]
    public void A_synchronous_splitter_holds_nothing_back()
    {
        using var splitter = Make(Options with { Synchronous = true });
        splitter.Feed("example.com 1\nexample.com 2"u8);

        Lines(LogOf("example.com")).ShouldBe(["1"]);
    }

    [Theory]
    [InlineData(200 * 1024, false)]
    [InlineData(LogSplitter.MaxLineBytes - 12, false)] // with the name exactly the limit
    [InlineData(LogSplitter.MaxLineBytes - 11, true)]
    [InlineData(3 * LogSplitter.MaxLineBytes, true)]
    public void WEB_T19_a_long_line_is_kept_and_the_next_one_too(int length, bool isCut)
    {
        foreach (var chunk in (int[])[1000, 256 * 1024, int.MaxValue])
        {
            using var splitter = Make(Options);
            Feed(splitter, Encoding.ASCII.GetBytes("example.com " + new string('x', length) + "\nexample.com next\n"), chunk);
            splitter.Finish();

            var lines = Lines(LogOf("example.com"));
            lines.Length.ShouldBe(2);
            lines[0].ShouldBe(isCut ? new string('x', LogSplitter.MaxLineBytes - 12) + " [line cut]" : new string('x', length));
            lines[1].ShouldBe("next");
            File.Delete(LogOf("example.com"));
        }
    }

    [Fact]
    public void WEB_46_bytes_are_passed_through_unchanged()
    {
        byte[] odd = [.. "example.com "u8, 0xff, 0x00, 0xc3, 0x28, 0x1b, (byte)'\r', (byte)'\n'];
        using var splitter = Make(Options);
        splitter.Feed(odd);
        splitter.Finish();

        File.ReadAllBytes(LogOf("example.com")).ShouldBe(odd[12..]);
    }

    [Fact]
    public void A_last_line_without_line_break_counts()
    {
        Split("example.com 1\nexample.com 2");

        Lines(LogOf("example.com")).ShouldBe(["1", "2"]);
    }

    [Fact]
    public void WEB_48_without_any_log_to_write_to_it_goes_on_and_says_so_once_a_minute()
    {
        using var splitter = Make(Options with { DefaultLog = Path.Combine(_root, "missing/default.log") });
        for (var i = 0; i < 100; i++)
            splitter.Feed("unknown.example x\n"u8);
        _reports.Count(report => report.Contains("could not be written", StringComparison.Ordinal)).ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(61));
        splitter.FlushDue();

        _reports.Where(report => report.Contains("could not be written", StringComparison.Ordinal)).Select(report => report.Split(' ')[0]).ShouldBe(["1", "99"]);
        splitter.Feed("example.com x\n"u8);
        splitter.Finish();
        Lines(LogOf("example.com")).ShouldBe(["x"]);
    }

    [Fact]
    public void However_the_input_is_torn_the_logs_are_the_same_and_no_line_is_lost() =>
        Prop.ForAll(
            Gen.ListOf(Gen.Elements("example.com 1", "www.example.org 2", "alias.example  3 ", "unknown.example 4", "", " ", "example.com", "example.org \u00e9\u0001", "443 example.com x")).ToArbitrary(),
            ArbMap.Default.ArbFor<PositiveInt>(),
            (lines, chunk) =>
            {
                var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
                var whole = Result(int.MaxValue);
                var torn = Result((chunk.Get % 23) + 1);
                torn.ShouldBe(whole);
                whole.Split('\n').Length.ShouldBe(lines.Count + 1);

                string Result(int size)
                {
                    foreach (var log in Directory.EnumerateFiles(_root, "*.log", SearchOption.AllDirectories))
                        File.Delete(log);
                    using var splitter = Make(Options);
                    Feed(splitter, bytes, size);
                    splitter.Finish();
                    return string.Concat(Directory.EnumerateFiles(_root, "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText));
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    [Fact]
    public void Random_bytes_never_stop_it_and_never_leave_the_two_directories() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[][]>(), chunks =>
        {
            using var splitter = Make(Options with { Form = LineForm.Port });
            foreach (var chunk in chunks)
                splitter.Feed([.. chunk, .. "\n443 "u8, .. chunk, (byte)' ']);
            splitter.Finish();
            Directory.EnumerateFileSystemEntries(_root).Select(Path.GetFileName).Order().ShouldBe(["log", "names", "srv"]);
            Directory.EnumerateFileSystemEntries(Srv).Select(Path.GetFileName).Order().ShouldBe(["example.com", "example.org"]);
        }).QuickCheckThrowOnFailure();

    private static void Feed(LogSplitter splitter, byte[] bytes, int size)
    {
        for (var at = 0; at < bytes.Length; at += Math.Min(size, bytes.Length - at))
            splitter.Feed(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
    }

    private static UnixFileMode Mode(string octal) => (UnixFileMode)Convert.ToInt32(octal, 8);

    private static string[] Lines(string path) => File.Exists(path) ? File.ReadAllText(path).Split('\n')[..^1] : [];

    private LogSplitter Make(SplitterOptions options) => new(options, _clock, _reports.Add);

    private void Split(string lines, SplitterOptions? options = null)
    {
        using var splitter = Make(options ?? Options);
        splitter.Feed(Encoding.UTF8.GetBytes(lines));
        splitter.Finish();
    }

    private void Tick(LogSplitter splitter)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        splitter.FlushDue();
    }

    private string LogOf(string domain, string name = "access.log") => Path.Combine(Srv, domain, "public/logs", name);

    private void Host(string domain)
    {
        Directory.CreateDirectory(Path.Combine(Srv, domain));
        File.WriteAllText(Path.Combine(Names, domain), $"{domain} 1000\n");
    }
}
