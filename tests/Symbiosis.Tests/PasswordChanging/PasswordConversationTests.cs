using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.PasswordChanging;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.PasswordChanging;

public sealed class PasswordConversationTests
{
    private readonly FakeStore _store = new();
    private readonly List<string> _log = [];

    [Fact]
    public async Task Case_15_a_strong_password_is_written()
    {
        (await TalkAsync("USER Bob@Example.com", "PASS old secret", "NEWPASS a new secret", "QUIT")).ShouldBe(["200", "300", "200", "200", "200"]);

        _store.Passwords["bob@example.com"].ShouldBe("a new secret");
        _log.ShouldBe(["password of bob@example.com changed"]);
    }

    [Theory]
    [InlineData("USER bob@example.com|PASS old secret|NEWPASS typewriter|QUIT", "200 300 200 400 200")] // weak
    [InlineData("USER bob@example.com|PASS old secret|NEWPASS|QUIT", "200 300 200 400 200")]
    [InlineData("USER bob@example.com|PASS old secret|NEWPASS unwritable|QUIT", "200 300 200 400 200")]
    [InlineData("NEWPASS secret|QUIT", "200 400 200")]
    [InlineData("PASS old secret|QUIT", "200 400 200")]
    [InlineData("USER bob@example.com|NEWPASS secret|QUIT", "200 300 400 200")]
    [InlineData("user bob@example.com|pass old secret|quit", "200 300 200 200")]
    [InlineData("USER bob@example.com|PASS old secret|USER alice@example.com|NEWPASS secret1", "200 300 200 300 400")] // another user is not logged in
    [InlineData("LIST|HELP|||EHLO x|USER bob@example.com", "200 500 500 500 500 500")] // five failures close
    public async Task Every_other_order_is_refused(string said, string answers)
    {
        (await TalkAsync(said.Split('|'))).ShouldBe(answers.Split(' '));

        _store.Passwords["bob@example.com"].ShouldBe("old secret");
    }

    [Theory]
    [InlineData("bob@example.com")]
    [InlineData("nobody@example.com")]
    public async Task A_wrong_password_waits_three_seconds_whether_the_user_exists_or_not(string user)
    {
        var clock = new ManualClock();
        using var client = new Duplex($"USER {user}\r\nPASS wrong\r\n");

        var talking = new PasswordConversation(_store, clock, _log.Add).RunAsync(client, TestContext.Current.CancellationToken);

        client.Answers.ShouldBe(["200", "300"]);
        talking.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(3));
        await talking;
        client.Said[^1].ShouldBe("500 Incorrect login");
        _log.ShouldBe([$"wrong password for {user}"]);
    }

    [Fact]
    public async Task A_line_of_512_bytes_is_the_longest()
    {
        (await TalkAsync(new string('x', 510))).ShouldBe(["200", "500"]);
        using var client = new Duplex(new string('x', 100_000));
        await new PasswordConversation(_store, TimeProvider.System, _log.Add).RunAsync(client, TestContext.Current.CancellationToken);
        client.Said.ShouldBe(["200 Ready to change a password", "500 The line is too long"]);
    }

    [Fact]
    public void Nothing_that_is_said_makes_it_fail_or_changes_a_password() => Prop.ForAll<byte[][]>(lines =>
    {
        using var client = new Duplex([.. (lines ?? []).SelectMany(line => (byte[])[.. line ?? [], (byte)'\n'])]);
        new PasswordConversation(_store, TimeProvider.System, _log.Add).RunAsync(client, CancellationToken.None).GetAwaiter().GetResult();
        _store.Passwords["bob@example.com"].ShouldBe("old secret");
    }).QuickCheckThrowOnFailure();

    private async Task<string[]> TalkAsync(params string[] lines)
    {
        using var client = new Duplex(string.Concat(lines.Select(line => line + "\r\n")));
        await new PasswordConversation(_store, TimeProvider.System, _log.Add).RunAsync(client, TestContext.Current.CancellationToken);
        return client.Answers;
    }

    private sealed class FakeStore : IPasswordStore
    {
        public Dictionary<string, string> Passwords { get; } = new(StringComparer.Ordinal) { ["bob@example.com"] = "old secret" };

        public bool IsPassword(string login, ReadOnlySpan<byte> password) => Passwords.TryGetValue(login, out var right) && password.SequenceEqual(Encoding.UTF8.GetBytes(right));

        public Task<string?> FindWeaknessAsync(string login, ReadOnlyMemory<byte> password, CancellationToken cancellationToken) =>
            Task.FromResult(Encoding.UTF8.GetString(password.Span) == "typewriter" ? "The password fails the dictionary check" : null);

        public string? Change(string login, ReadOnlySpan<byte> password)
        {
            var text = Encoding.UTF8.GetString(password);
            if (text == "unwritable")
                return "the disk is full";
            Passwords[login] = text;
            return null;
        }
    }

    // What the client says, and what is answered.
    private sealed class Duplex(byte[] input) : MemoryStream(input)
    {
        private readonly MemoryStream _output = new();

        public Duplex(string input)
            : this(Encoding.UTF8.GetBytes(input))
        {
        }

        public string[] Said => Encoding.UTF8.GetString(_output.ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        public string[] Answers => [.. Said.Select(line => int.Parse(line[..3], CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture))];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _output.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            _output.Dispose();
            base.Dispose(disposing);
        }
    }
}
