using System.Collections.Concurrent;
using System.Globalization;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>
/// Base of the tests of mail. The tree is that of the rules: <c>example.com</c> of admin with the mailboxes bob and alice, <c>example.org</c> of user 1001 with carol. The world is the
/// SMTP client; it is no relay host.
/// </summary>
public abstract class MailTest(Sites sites) : HostTest(sites)
{
    /// <summary>The host, for clients in the world.</summary>
    protected const string HostAddress = "192.0.2.1";

    /// <summary>How long anything may take that should take less than a second, on a busy computer.</summary>
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly ConcurrentDictionary<Site, bool> _prepared = new();

    /// <summary>The shared site of this class, with the tree of the rules.</summary>
    protected async Task<Site> MailSiteAsync(Debian release) => await PreparedAsync(await SharedSiteAsync(release));

    /// <summary>A site of one test, with the tree of the rules.</summary>
    protected async Task<Site> OwnMailSiteAsync(Debian release) => await PreparedAsync(await OwnSiteAsync(release));

    /// <summary>Speaks SMTP to the host with swaks; returns the whole conversation.</summary>
    protected static async Task<Conversation> SmtpAsync(DebianMachine client, params string[] arguments)
    {
        var server = client.Kind == MachineKind.World ? HostAddress : "127.0.0.1";
        var outcome = await client.TryRunAsync(["swaks", "--server", server, "--helo", "client.stranger.test", "--from", "sender@stranger.test", .. arguments]);
        return new Conversation(outcome.ToString());
    }

    /// <summary>Runs a Python program with the standard library; fails unless it exits with 0.</summary>
    protected static async Task<string> PythonAsync(DebianMachine machine, string program, params string[] arguments)
    {
        var outcome = await machine.TryRunAsync(["python3", "-", .. arguments], program);
        return outcome.Succeeded ? outcome.Output : throw new CommandFailedException(outcome);
    }

    /// <summary>Waits until a password is accepted by Dovecot.</summary>
    protected static Task<string> LoginWorksAsync(Site site, string user, string password) => site.Host.UntilAsync(Soon, "doveadm", "auth", "test", user, password);

    /// <summary>Waits until a mailbox or folder holds a number of messages; gives their paths.</summary>
    protected static async Task<string[]> MessagesAsync(Site site, string maildir, int count) =>
        await Eventually.BecomesAsync(() => MessagesNowAsync(site, maildir), messages => messages.Length == count, Soon);

    /// <summary>
    /// Runs the queue until a mailbox holds a number of messages. Once is not enough: a message that has just been put off is still locked by the process that did it, and is passed over.
    /// </summary>
    protected static async Task<string[]> MessagesOfQueueAsync(Site site, string maildir, int count) => await Eventually.BecomesAsync(
        async () =>
        {
            await site.Host.RunAsync("exim4", "-qff");
            return await MessagesNowAsync(site, maildir);
        },
        messages => messages.Length == count,
        Soon);

    /// <summary>The messages a mailbox or folder holds now.</summary>
    protected static async Task<string[]> MessagesNowAsync(Site site, string maildir)
    {
        var found = await site.Host.ShellAsync($"find {maildir}/new {maildir}/cur -type f 2>/dev/null | sort || true");
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>How often the daemons have read their configuration again.</summary>
    protected static async Task<int> ReloadsAsync(Site site) => int.Parse(
        await site.Host.ShellAsync("""
            dovecot=$(journalctl -u dovecot.service -o cat | grep -c 'reloading configuration' || true)
            exim=$(grep -c 'SIGHUP received' /var/log/exim4/mainlog || true)
            echo $((dovecot + exim))
            """),
        CultureInfo.InvariantCulture);

    private static async Task<Site> PreparedAsync(Site site)
    {
        if (!_prepared.TryAdd(site, true))
            return site;
        await site.Host.ShellAsync("""
            groupadd --gid 1001 tenant
            useradd --uid 1001 --gid 1001 --create-home tenant
            install -d -o admin -g admin /srv/example.com /srv/example.com/{config,mailboxes} /srv/example.com/mailboxes/{bob,alice}
            install -d -o tenant -g tenant /srv/example.org /srv/example.org/{config,mailboxes} /srv/example.org/mailboxes/carol
            echo bobpass | install -o admin -g admin -m 600 /dev/stdin /srv/example.com/mailboxes/bob/password
            echo 'carol has spaces' | install -o tenant -g tenant -m 600 /dev/stdin /srv/example.org/mailboxes/carol/password
            """);
        await LoginWorksAsync(site, "bob@example.com", "bobpass");
        await LoginWorksAsync(site, "carol@example.org", "carol has spaces");
        return site;
    }
}

/// <summary>An SMTP conversation as swaks prints it.</summary>
public sealed record Conversation(string Text)
{
    /// <summary>What the server said last, before it closed: <c>550 5.1.1 Unknown user</c>.</summary>
    public string LastAnswer => Answers.LastOrDefault(line => !line.StartsWith("221 ", StringComparison.Ordinal)) ?? "nothing";

    /// <summary>All that the server said, line by line.</summary>
    public IEnumerable<string> Answers =>
        Text.Split('\n').Where(line => line.StartsWith('<')).Select(line => line[3..].Trim()).Where(line => line.Length > 3 && char.IsAsciiDigit(line[0]));

    /// <inheritdoc />
    public override string ToString() => Text;
}
