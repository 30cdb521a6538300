using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Hostile clients: what they say, and what they get.</summary>
public sealed class HostileTests(Sites sites) : MailTest(sites)
{
    private const string Restricted = "550 5.1.3 Restricted characters in address";
    private const string Unknown = "550 5.1.1 Unknown user";
    private const string Malformed = "501 .*";
    private const string OneMessage = "250 OK id=\\S+ then closed";

    // What hostile-smtp.py does under each name, and the answer.
    private static readonly Dictionary<string, string> _expected = new(StringComparer.Ordinal)
    {
        ["dots up"] = Restricted,
        ["dots inside"] = Restricted,
        ["dots behind"] = Restricted,
        ["absolute path"] = Restricted,
        ["quoted path"] = Restricted,
        ["pipe"] = Restricted,
        ["quoted pipe"] = Restricted,
        ["per cent relay"] = Restricted,
        ["bang relay"] = Restricted,
        ["quoted relay"] = Restricted,
        ["source route"] = "550 5.7.1 Relaying not permitted",
        ["domain with a path"] = Malformed,
        ["domain is a path"] = Malformed,
        ["domain literal"] = Malformed,
        ["two ats"] = Malformed,
        ["hidden directory"] = Restricted,
        ["expansion"] = Restricted,
        ["expansion quoted"] = Restricted,
        ["lookup"] = Restricted,
        ["include"] = Restricted,
        ["local part too long"] = Malformed,
        ["domain too long"] = Malformed,
        ["Latin-1 local part"] = Unknown,
        ["UTF-8 local part"] = Unknown,
        ["fullwidth at"] = Unknown,
        ["Cyrillic domain"] = Malformed,
        ["zero byte"] = "501 NUL characters are not allowed in SMTP commands",
        ["header injection"] = Malformed,
        ["list of names"] = Malformed,
        ["SRS that is none"] = Unknown,
        ["sender expansion"] = "250 Accepted",
        ["hello expansion"] = "501 Syntactically invalid EHLO argument\\(s\\)",
        ["command too long"] = "500 .*|closed",
        ["expand a list"] = "550 Administrative prohibition",
        ["name a user"] = "(501|252|550) .*",
        ["start a queue run"] = "458 Administrative prohibition",
        ["data without recipient"] = "503 valid RCPT command must precede DATA",
        ["too big by its own words"] = "552 Message size exceeds maximum permitted",
        ["login in clear"] = "503 AUTH command used when not advertised",
        ["nonsense without end"] = "closed|500 .*Too many .*",
        ["commands before TLS"] = "503 .*sender not yet given",
        ["flood of logins"] = "closed",
        ["smuggling with LF dot LF"] = OneMessage,
        ["smuggling with LF dot CRLF"] = OneMessage,
        ["smuggling with CRLF dot LF"] = OneMessage,
        ["smuggling with CR dot CR"] = OneMessage,
        ["smuggling with CRLF dot CR"] = OneMessage,
        ["smuggling with CR dot CRLF"] = OneMessage,
        ["smuggling with zero byte dot"] = OneMessage,
        ["header too large"] = "552 Message header is ridiculously long",
        ["too many hops"] = "550 5.4.6 Too many hops, this looks like a loop",
        ["forged results"] = "250 OK .*",
        ["dots"] = "250 OK .*",
    };

    [Theory, Releases]
    public async Task Every_hostile_word_gets_its_answer_and_does_nothing(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        var program = await File.ReadAllTextAsync(Path.Combine(RigScript.Checkout, "tests/Symbiosis.HostTests/Mail/hostile-smtp.py"), TestContext.Current.CancellationToken);

        var outcome = await site.World.TryRunAsync(["python3", "-", HostAddress], program, TimeSpan.FromMinutes(3));

        outcome.Succeeded.ShouldBeTrue(outcome.ToString());
        var answers = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('\t')[0], line => line.Split('\t')[1], StringComparer.Ordinal);
        answers.Keys.Order(StringComparer.Ordinal).ShouldBe(_expected.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, answer) in answers)
            answer.ShouldMatch($"^(?:{_expected[name]})$", name);

        // No end of a message but the one of RFC 5321: each smuggler's text is within its first message.
        await MessagesAsync(site, "/srv/example.com/mailboxes/bob/Maildir", 7);
        await MessagesAsync(site, "/srv/example.com/mailboxes/alice/Maildir", 2);
        var log = await site.Host.ReadAsync("/var/log/exim4/mainlog");
        log.ShouldNotContain("<= smuggled@stranger.test");
        log.ShouldNotContain("evil@stranger.test");
        (await site.Host.ShellAsync("cat /srv/example.com/mailboxes/alice/Maildir/new/*")).ShouldSatisfyAllConditions(
            text => text.ShouldNotContain("X-Spam-Status"),
            text => text.ShouldNotContain("X-Anti-Virus"),
            text => text.ShouldContain("\n.one\n..two\n"));
        (await site.Host.TryRunAsync(["sh", "-c", "ls /tmp/hostile /tmp/1* 2>/dev/null"])).Succeeded.ShouldBeFalse();
        (await site.Host.TryRunAsync(["test", "-s", "/var/log/exim4/paniclog"])).Succeeded.ShouldBeFalse();
    }
}
