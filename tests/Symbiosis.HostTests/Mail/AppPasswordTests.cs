using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Further passwords of a mailbox: each logs in alone, is taken away alone, and says when it was used.</summary>
public sealed class AppPasswordTests(Sites sites) : MailTest(sites)
{
    private const string Directory = "/srv/example.com/mailboxes/bob/passwords.d";

    // Logs in to everything that asks for a password; prints a word for each that let it in.
    private const string LogInEverywhere = """
        import base64, imaplib, poplib, smtplib, socket, ssl, sys
        server, user, password = sys.argv[1:4]
        anybody = ssl._create_unverified_context()
        def imap():
            imaplib.IMAP4_SSL(server, ssl_context=anybody).login(user, password)
        def pop3():
            pop = poplib.POP3_SSL(server, context=anybody)
            pop.user(user)
            pop.pass_(password)
        def smtp():
            smtplib.SMTP_SSL(server, 465, context=anybody).login(user, password)
        def sieve():
            plain = socket.create_connection((server, 4190))
            def answer(lines):
                while True:
                    line = lines.readline()
                    if line[:2] in (b"OK", b"NO", b""):
                        assert line[:2] == b"OK", line
                        return
            lines = plain.makefile("rwb", 0)
            answer(lines)
            lines.write(b"STARTTLS\r\n")
            answer(lines)
            lines = anybody.wrap_socket(plain).makefile("rwb", 0)
            answer(lines)
            lines.write(b'AUTHENTICATE "PLAIN" "' + base64.b64encode(b"\0".join((b"", user.encode(), password.encode()))) + b'"\r\n')
            answer(lines)
        for login in (imap, pop3, smtp, sieve):
            try:
                login()
                print(login.__name__)
            except Exception as refused:
                print("refused", type(refused).__name__, refused, file=sys.stderr)
        """;

    [Theory, Releases]
    public async Task Each_password_logs_in_everywhere_and_only_the_one_that_is_removed_stops(Debian release)
    {
        var site = await MailSiteAsync(release);
        var reloads = await ReloadsAsync(site);
        await site.Host.ShellAsync($"""
            install -d -o admin -g admin {Directory}
            echo 'of the phone' | install -o admin -g admin -m 600 /dev/stdin {Directory}/phone
            echo 'of the tablet' | install -o admin -g admin -m 600 /dev/stdin {Directory}/tablet
            """);
        await LoginWorksAsync(site, "bob@example.com", "of the phone");
        await LoginWorksAsync(site, "bob@example.com", "of the tablet");

        foreach (var password in new[] { "bobpass", "of the phone", "of the tablet" })
            (await PythonAsync(site.World, LogInEverywhere, HostAddress, "bob@example.com", password)).ShouldBe("imap\npop3\nsmtp\nsieve\n", password);
        (await PythonAsync(site.World, LogInEverywhere, HostAddress, "bob@example.com", "of nobody")).ShouldBe("");
        (await PythonAsync(site.World, LogInEverywhere, HostAddress, "alice@example.com", "of the phone")).ShouldBe("");

        // Hashed like any other, the owner's, and noted with the client's address.
        await site.Host.UntilAsync(Soon, "grep", "-q", @"^{CRYPT}\$6\$", $"{Directory}/phone");
        (await site.Host.RunAsync("stat", "--format=%U:%G %a", $"{Directory}/phone")).Trim().ShouldBe("admin:admin 600");
        foreach (var label in new[] { "phone", "tablet" })
            await site.Host.UntilAsync(Soon, "grep", "-Eqx", $"{label} [0-9-]{{10}}T[0-9:]{{8}}Z (imap|pop3|smtp|sieve) 192.0.2.53", $"{Directory[..^2]}.used");
        (await site.Host.RunAsync("stat", "--format=%U:%G %a", $"{Directory[..^2]}.used")).Trim().ShouldBe("admin:admin 600");

        // A customer's program that says in syslog what Dovecot says is not believed.
        await site.Host.Admin.RunAsync("logger", "--tag", "stats",
            """{"event":"auth_passdb_request_finished","end_time":4000000000.5,"fields":{"user":"bob@example.com","service":"imap","protocol":"imap","remote_ip":"203.0.113.66","result":"ok","passdb_name":"app-1","passdb":"app-1"}}""");

        await site.Host.RunAsync("rm", $"{Directory}/phone");
        await Eventually.BecomesAsync(async () => (await site.Host.TryRunAsync(["doveadm", "auth", "test", "bob@example.com", "of the phone"])).Succeeded, works => !works, Soon);
        (await PythonAsync(site.World, LogInEverywhere, HostAddress, "bob@example.com", "of the phone")).ShouldBe("");
        foreach (var password in new[] { "bobpass", "of the tablet" })
            (await PythonAsync(site.World, LogInEverywhere, HostAddress, "bob@example.com", password)).ShouldBe("imap\npop3\nsmtp\nsieve\n", password);

        // A failed login is still one line of Dovecot's for each attempt, and a good one none: what the firewall counts (MAIL-73).
        (await site.Host.ShellAsync("journalctl -u dovecot.service -o cat | grep -c 'Password mismatch' || true")).Trim().ShouldNotBe("0");
        (await site.Host.ShellAsync("journalctl -u dovecot.service -o cat | grep -c 'passwd-file.*1/bob' || true")).Trim().ShouldBe("0");
        (await site.Host.ShellAsync($"grep -c 203.0.113.66 {Directory[..^2]}.used || true")).Trim().ShouldBe("0");
        (await ReloadsAsync(site)).ShouldBe(reloads);
    }
}
