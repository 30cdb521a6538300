using System.IO.Compression;
using Symbiosis.LogSplitting;

namespace Symbiosis.Tests.LogSplitting;

/// <summary>Rotation of the logs of domains (WEB-49 to WEB-51), in a directory of whoever runs the tests.</summary>
public sealed class LogRotationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("symbiosis-rotation-").FullName;
    private readonly List<string> _reports = [];

    public LogRotationTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "names"));
        Host("example.com");
    }

    private string Logs => Path.Combine(_root, "srv/example.com/public/logs");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void WEB_T20_every_log_moves_one_number_up_and_the_second_is_compressed()
    {
        Write("access.log", "now");
        Write("access.log.1", "yesterday");
        WriteCompressed("access.log.2.gz", "before");
        WriteCompressed("access.log.30.gz", "oldest");

        Run().ShouldBeTrue();

        Names().ShouldBe(["access.log.1", "access.log.2.gz", "access.log.3.gz", "access.log.30.gz"]);
        Read("access.log.1").ShouldBe("now");
        ReadCompressed("access.log.2.gz").ShouldBe("yesterday");
        ReadCompressed("access.log.3.gz").ShouldBe("before");
        ReadCompressed("access.log.30.gz").ShouldBe("oldest"); // there was no .29
        _reports.ShouldBeEmpty();
    }

    [Fact]
    public void WEB_49_the_oldest_is_overwritten_whatever_its_form()
    {
        WriteCompressed("access.log.29.gz", "new oldest");
        WriteCompressed("access.log.30.gz", "oldest");
        Write("error.log.29", "new oldest");
        WriteCompressed("error.log.30.gz", "oldest");

        Run().ShouldBeFalse(); // nobody writes to any of them

        Names().ShouldBe(["access.log.30.gz", "error.log.30"]);
        ReadCompressed("access.log.30.gz").ShouldBe("new oldest");
        Read("error.log.30").ShouldBe("new oldest");
    }

    [Fact]
    public void WEB_49_only_the_four_logs_are_touched()
    {
        foreach (var name in (string[])["access.log", "ssl_access.log", "error.log", "ssl_error.log", "other.log", "access.log.old", "my_access.log"])
            Write(name, name);

        Run();

        Names().ShouldBe(["access.log.1", "access.log.old", "error.log.1", "my_access.log", "other.log", "ssl_access.log.1", "ssl_error.log.1"]);
    }

    [Theory]
    [InlineData(null, null, 30)]
    [InlineData(7, null, 7)]
    [InlineData(7, "3\n", 3)]
    [InlineData(7, "60", 60)]
    [InlineData(7, "many", 7)] // plan says so
    [InlineData(7, "0", 7)]
    [InlineData(7, "367", 7)]
    public void A_domain_and_the_host_say_how_many_days_are_kept(int? host, string? domain, int kept)
    {
        foreach (var number in (int[])[1, 2, 3, 7, 8, 30, 31, 60, 61, 366])
            WriteCompressed($"access.log.{number}.gz", "");
        Write("access.log.1000", "no number of ours");
        if (domain is not null)
        {
            Directory.CreateDirectory(Path.Combine(_root, "srv/example.com/config"));
            File.WriteAllText(Path.Combine(_root, "srv/example.com/config/log-days"), domain);
        }

        Run(host: host);

        Names().Select(name => int.Parse(name.Split('.')[2])).Where(number => number < 1000).Max().ShouldBeLessThanOrEqualTo(kept);
        Names().ShouldContain("access.log.3.gz");
        Names().ShouldContain("access.log.1000");
        (kept < 30 || Names().Contains("access.log.9.gz")).ShouldBeTrue();
    }

    [Fact]
    public void A_compressed_log_keeps_the_time_of_its_last_line()
    {
        Write("access.log.1", "text");
        var time = new DateTime(2026, 11, 21, 15, 47, 50, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Path.Combine(Logs, "access.log.1"), time);

        Run();

        File.GetLastWriteTimeUtc(Path.Combine(Logs, "access.log.2.gz")).ShouldBe(time);
    }

    [Fact]
    public void WEB_50_a_compressed_log_keeps_its_mode_and_nothing_is_left_of_a_run_that_was_ended()
    {
        Write("access.log.1", "text");
        File.SetUnixFileMode(Path.Combine(Logs, "access.log.1"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Write(".access.log.2.gz.new", "torn");

        Run();

        Names().ShouldBe(["access.log.2.gz"]);
        File.GetUnixFileMode(Path.Combine(Logs, "access.log.2.gz")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
    }

    [Fact]
    public void WEB_51_a_trap_stops_this_domain_only()
    {
        Host("example.org");
        File.WriteAllText(Path.Combine(_root, "victim"), "victim");
        File.CreateSymbolicLink(Path.Combine(Logs, "access.log.1"), Path.Combine(_root, "victim"));
        File.WriteAllText(Path.Combine(_root, "srv/example.org/public/logs/access.log"), "line");

        Run(fails: true).ShouldBeTrue();

        _reports.Single().ShouldStartWith($"{_root}/srv/example.com: ");
        File.ReadAllText(Path.Combine(_root, "victim")).ShouldBe("victim");
        File.ReadAllText(Path.Combine(_root, "srv/example.org/public/logs/access.log.1")).ShouldBe("line");
    }

    [Fact]
    public void A_directory_of_logs_that_is_a_link_is_left_alone()
    {
        Directory.Delete(Logs);
        var elsewhere = Directory.CreateDirectory(Path.Combine(_root, "elsewhere")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "access.log"), "line");
        Directory.CreateSymbolicLink(Logs, elsewhere);

        Run(fails: true).ShouldBeFalse();

        Directory.GetFiles(elsewhere).ShouldBe([Path.Combine(elsewhere, "access.log")]);
    }

    [Fact]
    public void A_domain_without_logs_is_no_fault()
    {
        Directory.Delete(Path.Combine(_root, "srv/example.com/public"), recursive: true);
        File.WriteAllText(Path.Combine(_root, "names/gone.example"), "gone.example 1000\n");

        Run().ShouldBeFalse();
    }

    private bool Run(bool fails = false, int? host = null)
    {
        // Whoever runs the tests owns the directories, root too.
        var rotation = new LogRotation(new RotationOptions { Prefix = Path.Combine(_root, "srv"), NamesDirectory = Path.Combine(_root, "names"), LowestOwner = 0, DefaultKeep = host ?? 30 }, _reports.Add);
        var isRotated = rotation.Run();
        rotation.HasFailed.ShouldBe(fails);
        return isRotated;
    }

    private void Host(string domain)
    {
        Directory.CreateDirectory(Path.Combine(_root, "srv", domain, "public/logs"));
        File.WriteAllText(Path.Combine(_root, "names", domain), $"{domain} 1000\n");
        File.WriteAllText(Path.Combine(_root, "names", "alias-of-" + domain), $"{domain} 1000\n"); // rotated once all the same
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(Logs).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(Logs, name), text);

    private string Read(string name) => File.ReadAllText(Path.Combine(Logs, name));

    private void WriteCompressed(string name, string text)
    {
        using var writer = new StreamWriter(new GZipStream(File.Create(Path.Combine(Logs, name)), CompressionLevel.Fastest));
        writer.Write(text);
    }

    private string ReadCompressed(string name)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Logs, name)), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }
}
