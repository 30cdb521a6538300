using Symbiosis.Journals;

namespace Symbiosis.Tests.Journals;

public sealed class MailNotesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("symbiosis-notes-").FullName;
    private readonly MailNotes _notes;

    public MailNotesTests()
    {
        Directory.CreateDirectory($"{_root}/srv/example.com/mailboxes/bob");
        Directory.CreateDirectory($"{_root}/users");
        File.WriteAllText($"{_root}/users/example.com", "bob@example.com:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/bob::\n1/bob@example.com:{CRYPT}$6$x$y::::::user=bob@example.com app_password=phone\n");
        _notes = new MailNotes(TimeProvider.System, $"{_root}/srv", $"{_root}/users");

        // A directory of a system account is not written to, and root runs these tests as well.
        if (Environment.IsPrivilegedProcess)
            Chown($"{_root}/srv/example.com/mailboxes/bob");
    }

    private string Used => $"{_root}/srv/example.com/mailboxes/bob/passwords.used";

    [Fact]
    public void A_use_is_noted_beside_the_passwords()
    {
        _notes.Take(Use("bob@example.com", 1, After(1)));

        File.ReadAllText(Used).ShouldStartWith("phone 2");
        File.GetUnixFileMode(Used).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Within_a_minute_it_is_noted_once()
    {
        _notes.Take(Use("bob@example.com", 1, After(1)));
        var first = File.ReadAllText(Used);
        _notes.Take(Use("bob@example.com", 1, After(30)));
        File.ReadAllText(Used).ShouldBe(first);

        _notes.Take(Use("bob@example.com", 1, After(62)));

        File.ReadAllText(Used).ShouldNotBe(first);
    }

    [Theory]
    [InlineData("bob@example.com", 2, 1)] // no such password
    [InlineData("bob@example.com", 1, -60)] // before the table was written: the place may have been another password's
    [InlineData("alice@example.com", 1, 1)]
    [InlineData("bob@../../example.com", 1, 1)]
    [InlineData("../bob@example.com", 1, 1)]
    [InlineData("bob", 1, 1)]
    public void Nothing_else_is_noted(string login, int place, int seconds)
    {
        _notes.Take(Use(login, place, After(seconds)));

        File.Exists(Used).ShouldBeFalse();
    }

    [Fact]
    public void A_link_is_replaced_and_not_followed()
    {
        File.WriteAllText($"{_root}/victim", "untouched\n");
        File.CreateSymbolicLink(Used, $"{_root}/victim");

        _notes.Take(Use("bob@example.com", 1, After(1)));

        File.ReadAllText($"{_root}/victim").ShouldBe("untouched\n");
        File.ReadAllText(Used).ShouldStartWith("phone ");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static DateTimeOffset After(int seconds) => DateTimeOffset.UtcNow.AddSeconds(seconds);

    private static JournalEntry Use(string login, int place, DateTimeOffset time) => new(time, FormattableString.Invariant(
        $$$"""stats: {"event":"auth_passdb_request_finished","end_time":{{{time.ToUnixTimeMilliseconds() / 1000.0}}},"fields":{"protocol":"imap","remote_ip":"192.0.2.9","user":"{{{login}}}","result":"ok","passdb":"app-{{{place}}}"}}"""));

    private static void Chown(string path)
    {
        using var process = System.Diagnostics.Process.Start("/bin/chown", ["1000:1000", path]);
        process.WaitForExit();
    }
}
