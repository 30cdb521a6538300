using System.IO.Compression;
using System.Text;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Planning;
using Symbiosis.Statistics;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.Statistics;

/// <summary>Statistics (WEB-54 to WEB-59) of domains of whoever runs the tests, with programs that only write down how they were called.</summary>
public sealed class StatisticsRunTests : IDisposable
{
    private static readonly DateTime _yesterday = DateTime.UtcNow.AddDays(-1);

    private readonly string _root = Directory.CreateTempSubdirectory("symbiosis-statistics-").FullName;
    private readonly List<string> _reports = [];
    private readonly HashSet<StatisticsEngine> _installed = [StatisticsEngine.GoAccess, StatisticsEngine.Webalizer];
    private readonly RecordingRunner _runner;
    private int _exitCode;

    public StatisticsRunTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "names"));
        Host("example.com");
        _runner = new RecordingRunner(command =>
        {
            if (command.Arguments.FirstOrDefault(word => word.StartsWith("--output=", StringComparison.Ordinal)) is { } output)
                File.WriteAllText(Path.Combine(DirectoryOf(command), output["--output=".Length..]), "page");
            return _exitCode;
        });
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Goaccess_counts_each_rotated_log_once_and_the_oldest_first()
    {
        Log("example.com", "access.log.1", _yesterday);
        Log("example.com", "ssl_access.log.1", _yesterday.AddHours(-1));
        Log("example.com", "access.log", DateTime.UtcNow);
        Log("example.com", "error.log.1", _yesterday);

        await RunAsync();
        LogsCounted().ShouldBe(["public/logs/ssl_access.log.1", "public/logs/access.log.1"]);
        File.ReadAllText(At("example.com", "public/htdocs/stats/index.html")).ShouldBe("page");
        File.Exists(At("example.com", "public/htdocs/stats/.index.html")).ShouldBeFalse();

        _runner.Commands.Clear();
        await RunAsync();
        _runner.Commands.ShouldBeEmpty();

        Log("example.com", "access.log.1", DateTime.UtcNow.AddMinutes(1));
        await RunAsync();
        LogsCounted().ShouldBe(["public/logs/access.log.1"]);
    }

    [Fact]
    public async Task The_page_shows_no_full_address_and_no_query_string()
    {
        Log("example.com", "access.log.1", _yesterday);

        await RunAsync();

        var words = _runner.Commands.Single().Arguments;
        words.ShouldContain("--anonymize-ip");
        words.ShouldContain("--no-query-string");
    }

    [Theory]
    [InlineData("config/no-stats", "")]
    [InlineData("config/stats", "false")]
    [InlineData("config/stats", "no\n")]
    [InlineData("config/stats-engine", "none")]
    [InlineData("config/stats-engine", "webalizer", StatisticsEngine.GoAccess)] // not installed: plan says so
    public async Task WEB_54_switched_off_nothing_is_made(string path, string text, StatisticsEngine? only = null)
    {
        Log("example.com", "access.log.1", _yesterday);
        Write("example.com", path, text);
        if (only is { } engine)
            _installed.RemoveWhere(other => other != engine);

        await RunAsync();

        _runner.Commands.ShouldBeEmpty();
        Directory.Exists(At("example.com", "public/htdocs/stats")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("config/no-stats", "no")]
    [InlineData("config/stats", "private")]
    [InlineData("config/stats", "true")]
    public async Task Other_texts_leave_it_on(string path, string text)
    {
        Log("example.com", "access.log.1", _yesterday);
        Write("example.com", path, text);

        await RunAsync();

        _runner.Commands.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_web_site_none_is_made()
    {
        Log("example.com", "access.log.1", _yesterday);
        Directory.Delete(At("example.com", "public/htdocs"));

        await RunAsync();

        _runner.Commands.ShouldBeEmpty();
        Directory.Exists(At("example.com", "public/htdocs")).ShouldBeFalse();
    }

    [Fact]
    public async Task WEB_55_webalizer_gets_a_file_with_a_footer_and_aliases_are_no_referrers()
    {
        Log("example.com", "access.log.1", _yesterday);
        Write("example.com", "config/stats-engine", "webalizer\n");

        await RunAsync();

        var file = File.ReadAllBytes(At("example.com", "config/webalizer.conf"));
        ChecksumFooter.Inspect(file, "#").ShouldBe(FooterState.Correct);
        WebalizerFile.Find(file, "OutputDir").ShouldBe(At("example.com", "public/htdocs/stats"));
        Encoding.UTF8.GetString(file).ShouldContain("HideReferrer    www.alias.example\n");
        Directory.Exists(At("example.com", "public/htdocs/stats")).ShouldBeTrue();
        DirectoryOf(_runner.Commands.Single()).ShouldBe(At("example.com", "config"));
        _runner.Commands.Single().Arguments.TakeLast(5).ShouldBe(["/usr/bin/webalizer", "-Q", "-c", "webalizer.conf", "../public/logs/access.log.1"]);
    }

    [Fact]
    public async Task WEB_56_webalizer_reads_no_log_older_than_its_history()
    {
        Log("example.com", "access.log.1", _yesterday);
        Log("example.com", "access.log.2.gz", _yesterday.AddDays(-1));
        Write("example.com", "config/stats-engine", "webalizer");
        Write("example.com", "config/webalizer.hist", "");
        File.SetLastWriteTimeUtc(At("example.com", "config/webalizer.hist"), _yesterday.AddHours(-2));

        await RunAsync();

        _runner.Commands.Single().Arguments[^1].ShouldBe("../public/logs/access.log.1");
    }

    [Fact]
    public async Task WEB_T22_an_edited_file_of_webalizer_is_kept_and_used_until_it_is_forced()
    {
        Log("example.com", "access.log.1", _yesterday);
        Write("example.com", "config/webalizer.conf", "OutputDir one\noutputdir   ../public/htdocs/numbers\n");

        await RunAsync();
        File.ReadAllText(At("example.com", "config/webalizer.conf")).ShouldBe("OutputDir one\noutputdir   ../public/htdocs/numbers\n");
        Directory.Exists(At("example.com", "public/htdocs/numbers")).ShouldBeTrue();
        Directory.Exists(At("example.com", "public/htdocs/stats")).ShouldBeFalse();
        _runner.Commands.Single().Arguments.ShouldContain("/usr/bin/webalizer");

        await RunAsync(force: true);
        ChecksumFooter.Inspect(File.ReadAllBytes(At("example.com", "config/webalizer.conf")), "#").ShouldBe(FooterState.Correct);
    }

    [Theory]
    [InlineData("a log that is a link")]
    [InlineData("a log that is a pipe")]
    [InlineData("logs that are a link")]
    public async Task What_is_no_log_is_not_counted(string trap)
    {
        var logs = At("example.com", "public/logs");
        switch (trap)
        {
            case "a log that is a link":
                File.CreateSymbolicLink(Path.Combine(logs, "access.log.1"), "/etc/passwd");
                break;
            case "a log that is a pipe":
                SysStat.mkfifo(Path.Combine(logs, "access.log.1"), 0x1B6).ShouldBe(0);
                break;
            case "logs that are a link":
                Host("example.org");
                Log("example.org", "access.log.1", _yesterday);
                Write("example.org", "config/no-stats", "");
                Directory.Delete(logs);
                Directory.CreateSymbolicLink(logs, At("example.org", "public/logs"));
                break;
        }

        await RunAsync();

        _runner.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task WEB_57_a_directory_for_the_pages_that_is_a_link_is_left_alone_and_stops_no_other_domain()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName;
        Directory.CreateSymbolicLink(At("example.com", "public/htdocs/stats"), outside);
        Log("example.com", "access.log.1", _yesterday);
        Host("example.org");
        Log("example.org", "access.log.1", _yesterday);

        await RunAsync(fails: true);

        Directory.EnumerateFileSystemEntries(outside).ShouldBeEmpty();
        _reports.Single().ShouldStartWith($"{_root}/srv/example.com");
        File.Exists(At("example.org", "public/htdocs/stats/index.html")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_compressed_log_is_unpacked_up_to_a_limit_and_nothing_of_it_stays()
    {
        Compressed("example.com", "access.log.2.gz", new string('x', 1000));
        await RunAsync();
        LogsCounted().ShouldBe(["config/goaccess/unpacked.log"]);
        File.Exists(At("example.com", "config/goaccess/unpacked.log")).ShouldBeFalse();

        Host("bomb.example");
        Compressed("bomb.example", "access.log.2.gz", new string('x', 1_000_000));
        Log("bomb.example", "access.log.1", _yesterday);
        Log("bomb.example", "access.log.3.gz", _yesterday); // is not compressed at all
        _runner.Commands.Clear();
        await RunAsync(fails: true);
        LogsCounted().ShouldBe(["public/logs/access.log.1"]);
        _reports.Count.ShouldBe(2);
        _reports.ShouldContain(report => report.Contains("unpacks to more than", StringComparison.Ordinal));
        File.Exists(At("bomb.example", "config/goaccess/unpacked.log")).ShouldBeFalse();
    }

    [Fact]
    public async Task WEB_59_a_failure_is_reported_and_stops_no_other_domain()
    {
        Log("example.com", "access.log.1", _yesterday);
        Host("example.org");
        Log("example.org", "access.log.1", _yesterday);
        _exitCode = 1;
        await RunAsync(fails: true);
        _reports.Select(report => report.Split(':')[0]).ShouldBe([At("example.com", ""), At("example.org", "")]);
        _reports[0].ShouldContain("it went wrong");

        _runner.Commands.Clear();
        await RunAsync(); // each line counts at most once
        _runner.Commands.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false, "GoAccess,Webalizer", StatisticsEngine.GoAccess)]
    [InlineData(true, "GoAccess,Webalizer", StatisticsEngine.Webalizer)]
    [InlineData(true, "GoAccess", StatisticsEngine.GoAccess)] // Debian 13 has no Webalizer
    [InlineData(false, "Webalizer", StatisticsEngine.Webalizer)]
    [InlineData(true, "", StatisticsEngine.None)]
    public void Which_engine_a_domain_gets_that_names_none(bool hasFile, string installed, StatisticsEngine expected) =>
        EngineChoice.Default(hasFile, engine => installed.Split(',').Contains(engine.ToString())).ShouldBe(expected);

    private static string DirectoryOf(Command command) => command.Arguments.Single(word => word.StartsWith("--chdir=", StringComparison.Ordinal))["--chdir=".Length..];

    private string[] LogsCounted() => [.. _runner.Commands.Select(command => command.Arguments.SkipWhile(word => word != "/usr/bin/goaccess").ElementAt(1))];

    private async Task RunAsync(bool fails = false, bool force = false)
    {
        var run = new StatisticsRun(
            new StatisticsOptions { Prefix = Path.Combine(_root, "srv"), NamesDirectory = Path.Combine(_root, "names"), LowestOwner = 0, Force = force, MostBytesUnpacked = 100_000 },
            _runner,
            _installed.Contains,
            _reports.Add);
        await run.RunAsync(TestContext.Current.CancellationToken);
        run.HasFailed.ShouldBe(fails, string.Join('\n', _reports));
    }

    private void Host(string domain)
    {
        foreach (var directory in (string[])["public/logs", "public/htdocs", "config"])
            Directory.CreateDirectory(At(domain, directory));
        File.WriteAllText(Path.Combine(_root, "names", domain), $"{domain} 1000\n");
        if (domain == "example.com")
            File.WriteAllText(Path.Combine(_root, "names/alias.example"), "example.com 1000\n");
    }

    private string At(string domain, string path) => Path.Combine(_root, "srv", domain, path);

    private void Write(string domain, string path, string text) => File.WriteAllText(At(domain, path), text);

    private void Log(string domain, string name, DateTime time)
    {
        Write(domain, $"public/logs/{name}", "a line\n");
        File.SetLastWriteTimeUtc(At(domain, $"public/logs/{name}"), time);
    }

    private void Compressed(string domain, string name, string text)
    {
        using (var writer = new StreamWriter(new GZipStream(File.Create(At(domain, $"public/logs/{name}")), CompressionLevel.Fastest)))
            writer.Write(text);
        File.SetLastWriteTimeUtc(At(domain, $"public/logs/{name}"), _yesterday);
    }
}
