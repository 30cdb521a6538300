using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>People who log in: cases 4, 12, 13 and 22 of the rules for mail.</summary>
public sealed class LoginTests(Sites sites) : MailTest(sites)
{
    // Reads a mailbox as a mail program does. Arguments: address of the server, user, password.
    private const string ReadMail = """
        import imaplib, poplib, ssl, sys
        server, user, password = sys.argv[1:4]
        anybody = ssl._create_unverified_context()
        imap = imaplib.IMAP4(server, 143)
        imap.starttls(anybody)
        imap.login(user, password)
        print(*(line.decode() for line in imap.list()[1]), sep="\n")
        print("subscribed", sorted(line.decode().split()[-1] for line in imap.lsub()[1]))
        print("messages", imap.select("INBOX")[1][0].decode())
        imap.logout()
        pop = poplib.POP3_SSL(server, 995, context=anybody)
        pop.user(user)
        pop.pass_(password)
        print("pop", pop.stat()[0], pop.uidl()[1])
        pop.quit()
        """;

    [Theory, Releases]
    public async Task Case_4_authentication_needs_TLS(Debian release)
    {
        var site = await MailSiteAsync(release);

        (await SmtpAsync(site.World, "--quit-after", "EHLO")).Text.ShouldNotContain("AUTH");
        var bare = await PythonAsync(site.World, """
            import smtplib, sys
            smtp = smtplib.SMTP(sys.argv[1], 25)
            smtp.ehlo()
            print(*smtp.docmd("AUTH", "PLAIN AGJvYkBleGFtcGxlLmNvbQBib2JwYXNz"))
            """, HostAddress);
        bare.ShouldStartWith("503 ");

        foreach (var transport in new[] { new[] { "--port", "25", "--tls" }, ["--port", "587", "--tls"], ["--port", "465", "--tls-on-connect"] })
        {
            (await SmtpAsync(site.World, [.. transport, "--quit-after", "EHLO"])).Text.ShouldContain("AUTH PLAIN LOGIN");
            foreach (var (mechanism, user, password, answer) in new[]
            {
                ("PLAIN", "bob@example.com", "bobpass", "250 Accepted"),
                ("LOGIN", "carol@example.org", "carol has spaces", "250 Accepted"),
                ("PLAIN", "bob@example.com", "wrong", "535 Incorrect authentication data"),
                ("PLAIN", "nobody@example.com", "bobpass", "535 Incorrect authentication data"),
                ("PLAIN", "bob@../../example.com", "bobpass", "535 Incorrect authentication data"),
            })
            {
                var conversation = await SmtpAsync(site.World,
                    [.. transport, "--auth", mechanism, "--auth-user", user, "--auth-password", password, "--from", user, "--to", "x@elsewhere.test", "--quit-after", "RCPT"]);
                conversation.LastAnswer.ShouldBe(answer, conversation.Text);
            }
        }
    }

    [Theory, Releases]
    public async Task MAIL_72_what_somebody_logged_in_sends_reaches_the_world_complete(Debian release)
    {
        var site = await MailSiteAsync(release);

        var conversation = await SmtpAsync(site.World, "--port", "587", "--tls", "--auth", "PLAIN", "--auth-user", "bob@example.com", "--auth-password", "bobpass", "--from", "bob@example.com",
            "--to", "friend@elsewhere.test", "--data", "From: Somebody <somebody@example.com>\nSubject: submission\n\nHello\n");
        conversation.LastAnswer.ShouldStartWith("250 ");

        var message = await site.World.UntilAsync(Soon, "grep", "-rh", "--include=*", "-B", "30", "Subject: submission", "/var/mail/world/new");
        message.ShouldContain("Delivered-To: friend@elsewhere.test");
        var whole = await site.World.ShellAsync("cat \"$(grep -rl 'Subject: submission' /var/mail/world/new | head -1)\"");
        whole.ShouldContain("\nMessage-Id: ", Case.Insensitive);
        whole.ShouldContain("\nDate: ");
        whole.ShouldContain("\nSender: bob@example.com");
    }

    [Theory, Releases]
    public async Task Bob_reads_his_mail_over_IMAP_and_POP3_from_far_away(Debian release)
    {
        var site = await MailSiteAsync(release);
        (await SmtpAsync(site.World, "--to", "bob@example.com")).LastAnswer.ShouldStartWith("250 ");
        await Eventually.BecomesAsync(() => MessagesNowAsync(site, "/srv/example.com/mailboxes/bob/Maildir"), messages => messages.Length > 0, Soon);

        var read = await PythonAsync(site.World, ReadMail, HostAddress, "bob@example.com", "bobpass");

        read.ShouldNotContain("messages 0");
        read.ShouldNotContain("pop 0");
    }

    [Theory, Releases]
    public async Task Case_13_the_usual_folders_are_there_and_a_password_never_travels_in_clear(Debian release)
    {
        var site = await MailSiteAsync(release);

        var read = await PythonAsync(site.World, ReadMail, HostAddress, "bob@example.com", "bobpass");

        foreach (var folder in new[] { @"\Drafts) ""."" Drafts", @"\Sent) ""."" Sent", @"\Junk) ""."" Spam", @"\Trash) ""."" Trash", @""" INBOX" })
            read.ShouldContain(folder);
        read.ShouldContain("subscribed ['Drafts', 'Sent', 'Trash']");

        var clear = await PythonAsync(site.World, """
            import socket, sys
            for port, command in ((143, b"a login bob@example.com bobpass"), (110, b"user bob@example.com")):
                server = socket.create_connection((sys.argv[1], port)).makefile("rwb", 0)
                server.readline()
                server.write(command + b"\r\n")
                print(port, server.readline(), server.readline() if port == 143 else b"")
            """, HostAddress);
        clear.ShouldContain("PRIVACYREQUIRED");
        clear.ShouldContain("-ERR");
        clear.ShouldNotContain("OK");
    }

    [Theory, Releases]
    public async Task MAIL_51_POP3_names_messages_as_ever(Debian release)
    {
        var site = await MailSiteAsync(release);
        (await SmtpAsync(site.World, "--to", "carol@example.org")).LastAnswer.ShouldStartWith("250 ");
        await Eventually.BecomesAsync(() => MessagesNowAsync(site, "/srv/example.org/mailboxes/carol/Maildir"), messages => messages.Length > 0, Soon);

        (await PythonAsync(site.World, ReadMail, HostAddress, "carol@example.org", "carol has spaces")).ShouldMatch("b'1 00000001[0-9a-f]{8}'"); // 8 hex UID + 8 hex UIDVALIDITY
    }

    [Theory, Releases]
    public async Task Case_12_a_new_password_counts_and_the_old_one_does_not(Debian release)
    {
        var site = await MailSiteAsync(release);
        const string Password = "/srv/example.com/mailboxes/dora/password";
        await site.Host.ShellAsync($"install -d -o admin -g admin /srv/example.com/mailboxes/dora; echo first-1 | install -o admin -g admin -m 644 /dev/stdin {Password}");
        await LoginWorksAsync(site, "dora@example.com", "first-1");

        // Of equal length and twice in a second: what Dovecot alone would miss (MAIL-171).
        foreach (var (old, fresh) in new[] { ("first-1", "other-2"), ("other-2", "third-3"), ("third-3", "forth-4") })
        {
            await site.Host.WriteAsync(Password, fresh + "\n");
            await LoginWorksAsync(site, "dora@example.com", fresh);
            (await site.Host.TryRunAsync(["doveadm", "auth", "test", "dora@example.com", old])).Succeeded.ShouldBeFalse();
        }

        await site.Host.UntilAsync(Soon, "grep", "-qx", @"{CRYPT}\$6\$[A-Za-z0-9./]\{16\}\$[A-Za-z0-9./]\{86\}", Password);
        (await site.Host.RunAsync("stat", "--format=%U:%G %a", Password)).Trim().ShouldBe("admin:admin 600");
        (await site.Host.ShellAsync("grep -c forth-4 /var/lib/symbiosis/mail/users/example.com || true")).Trim().ShouldBe("0");
    }

    [Theory, Releases]
    public async Task CORE_T10_every_accepted_kind_of_hash_logs_in_and_its_text_does_not(Debian release)
    {
        var site = await MailSiteAsync(release);
        var hashes = (await PythonAsync(site.Host, """
            import base64, ctypes, hashlib
            crypt = ctypes.CDLL("libcrypt.so.1").crypt
            crypt.restype = ctypes.c_char_p
            def hashed(salt): return crypt(b"secret", salt.encode()).decode()
            sha512 = hashed("$6$rounds=5000$saltsaltsaltsalt$")
            print("a", sha512)
            print("b", "{CRYPT}" + hashed("$6$saltsalt$"))
            print("c", "{crypt}" + hashed("$5$saltsalt$"))
            print("d", "{CRYPT}" + hashed("$2y$05$abcdefghijklmnopqrstuu"))
            print("e", hashed("$2b$05$abcdefghijklmnopqrstuu"))
            print("f", hashed("$y$j9T$saltsalt$"))
            print("g", hashed("$7$CU..../....saltsalt$"))
            print("h", "{SHA512-CRYPT}" + sha512)
            print("i", "{SSHA256}" + base64.b64encode(hashlib.sha256(b"secretsalt").digest() + b"salt").decode())
            print("j", "{SSHA512}" + base64.b64encode(hashlib.sha512(b"secretsalt").digest() + b"salt").decode())
            """)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToList();
        await site.Host.ShellAsync("install -d -o admin -g admin /srv/hashes.hosted.test /srv/hashes.hosted.test/{config,mailboxes}; touch /srv/hashes.hosted.test/config/mailbox-dont-encrypt-passwords");
        foreach (var hash in hashes)
        {
            var directory = $"/srv/hashes.hosted.test/mailboxes/{hash[0]}";
            await site.Host.ShellAsync($"install -d -o admin -g admin {directory}; printf %s '{hash[1]}' | install -o admin -g admin -m 600 /dev/stdin {directory}/password");
        }

        foreach (var hash in hashes)
        {
            await LoginWorksAsync(site, $"{hash[0]}@hashes.hosted.test", "secret");
            (await site.Host.TryRunAsync(["doveadm", "auth", "test", $"{hash[0]}@hashes.hosted.test", hash[1]])).Succeeded.ShouldBeFalse(hash[1]);
        }
    }

    [Theory, Releases]
    public async Task MAIL_61_the_originals_command_hashes_while_the_service_is_stopped(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.RunAsync("systemctl", "stop", "symbiosis.service");
        await site.Host.ShellAsync("""
            echo plain | install -o admin -g admin -m 600 /dev/stdin /srv/example.com/mailboxes/alice/password
            install -d -o admin -g admin /srv/keep.hosted.test /srv/keep.hosted.test/{config,mailboxes} /srv/keep.hosted.test/mailboxes/{bob,none}
            touch /srv/keep.hosted.test/config/mailbox-dont-encrypt-passwords
            echo typed | install -o admin -g admin -m 600 /dev/stdin /srv/keep.hosted.test/mailboxes/bob/password
            """);

        var said = await site.Host.RunAsync("symbiosis-email-encrypt-passwords", "--verbose");

        foreach (var line in new[]
        {
            "alice@example.com: plain, is replaced by its hash", "bob@example.com: a hash already", "bob@keep.hosted.test: plain, and stays so (config/mailbox-dont-encrypt-passwords)",
            "none@keep.hosted.test: no password",
        })
        {
            said.Split('\n').ShouldContain(line);
        }

        (await site.Host.ReadAsync("/srv/example.com/mailboxes/alice/password")).ShouldStartWith("{CRYPT}$6$");
        (await site.Host.RunAsync("stat", "--format=%U %a", "/srv/example.com/mailboxes/alice/password")).Trim().ShouldBe("admin 600");
        (await site.Host.ReadAsync("/srv/keep.hosted.test/mailboxes/bob/password")).ShouldBe("typed\n");
        await LoginWorksAsync(site, "alice@example.com", "plain");
        await LoginWorksAsync(site, "bob@keep.hosted.test", "typed");
    }

    [Theory, Releases]
    public async Task MAIL_61_a_flagged_domain_keeps_its_passwords_as_typed(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("""
            install -d -o admin -g admin /srv/plain.hosted.test /srv/plain.hosted.test/{config,mailboxes} /srv/plain.hosted.test/mailboxes/bob
            touch /srv/plain.hosted.test/config/mailbox-dont-encrypt-passwords
            echo typed | install -o admin -g admin -m 600 /dev/stdin /srv/plain.hosted.test/mailboxes/bob/password
            """);

        await LoginWorksAsync(site, "bob@plain.hosted.test", "typed");

        (await site.Host.ReadAsync("/srv/plain.hosted.test/mailboxes/bob/password")).ShouldBe("typed\n");
    }

    [Theory, Releases]
    public async Task Case_22_a_unix_user_logs_in_with_the_bare_name_and_has_mail_and_script_at_home(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("""
            useradd --create-home clare
            chmod 700 /home/clare
            echo clarepass | install -o clare -g clare -m 600 /dev/stdin /home/clare/.password
            printf 'require "fileinto"; if header :contains "subject" "sorted" { fileinto "Sorted"; }\n' | install -o clare -g clare -m 600 /dev/stdin /home/clare/.sieve
            """);
        await LoginWorksAsync(site, "clare", "clarepass");
        await LoginWorksAsync(site, "clare@host.example.net", "clarepass");

        (await SmtpAsync(site.World, "--to", "clare@host.example.net")).LastAnswer.ShouldStartWith("250 ");
        (await SmtpAsync(site.World, "--to", "clare+x@host.example.net", "--header", "Subject: sorted")).LastAnswer.ShouldStartWith("250 ");

        await MessagesAsync(site, "/home/clare/Maildir/.Sorted", 1);
        var message = (await MessagesAsync(site, "/home/clare/Maildir", 1)).Single();
        (await site.Host.RunAsync("stat", "--format=%U %a", message)).Trim().ShouldBe("clare 600");
        (await PythonAsync(site.World, ReadMail, HostAddress, "clare", "clarepass")).ShouldContain("messages 1");
    }

    [Theory, Releases]
    public async Task MAIL_47_a_mail_program_manages_the_script(Debian release)
    {
        var site = await MailSiteAsync(release);

        await PythonAsync(site.World, """
            import base64, socket, ssl, sys
            server = socket.create_connection((sys.argv[1], 4190))
            lines = server.makefile("rwb", 0)
            def answer():
                while True:
                    line = lines.readline()
                    if not line or line[:2] in (b"OK", b"NO") or line[:3] == b"BYE":
                        assert line[:2] == b"OK", line
                        return
            answer()
            lines.write(b"STARTTLS\r\n")
            answer()
            server = ssl._create_unverified_context().wrap_socket(server)
            lines = server.makefile("rwb", 0)
            answer()
            lines.write(b'AUTHENTICATE "PLAIN" "' + base64.b64encode(b"\0carol@example.org\0carol has spaces") + b'"\r\n')
            answer()
            script = b'require ["fileinto", "mailbox"]; if header :contains "subject" "work" { fileinto :create "Work"; }\r\n'
            lines.write(b'PUTSCRIPT "main" {%d+}\r\n' % len(script) + script + b"\r\n")
            answer()
            lines.write(b'SETACTIVE "main"\r\n')
            answer()
            """, HostAddress);

        (await site.Host.RunAsync("readlink", "/srv/example.org/mailboxes/carol/sieve")).Trim().ShouldBe("sieve.d/main.sieve");
        (await SmtpAsync(site.World, "--to", "carol@example.org", "--header", "Subject: work")).LastAnswer.ShouldStartWith("250 ");
        await MessagesAsync(site, "/srv/example.org/mailboxes/carol/Maildir/.Work", 1);
    }

    [Theory, Releases]
    public async Task MAIL_54_a_full_mailbox_makes_mail_wait_until_there_is_room(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("""
            install -d -o admin -g admin /srv/example.com/mailboxes/small
            echo 50k > /srv/example.com/mailboxes/small/quota
            echo smallpass > /srv/example.com/mailboxes/small/password
            """);
        await LoginWorksAsync(site, "small@example.com", "smallpass");
        await site.World.ShellAsync("head -c 30000 /dev/zero | tr '\\0' x | fold -w 70 > /tmp/body");

        var body = release == Debian.Bookworm ? "/tmp/body" : "@/tmp/body"; // swaks changed its mind about this
        (await SmtpAsync(site.World, "--to", "small@example.com", "--body", body)).LastAnswer.ShouldStartWith("250 ");
        await MessagesAsync(site, "/srv/example.com/mailboxes/small/Maildir", 1);
        (await SmtpAsync(site.World, "--to", "small@example.com", "--body", body)).LastAnswer.ShouldStartWith("250 ");
        await site.Host.UntilAsync(Soon, "grep", "-q", "small@example.com .*452 4.2.2", "/var/log/exim4/mainlog");
        (await QuotaAsync(site)).ShouldMatch(@"STORAGE 3\d 49\)");

        await site.Host.ShellAsync("echo 5M > /srv/example.com/mailboxes/small/quota");
        await Eventually.BecomesAsync(() => QuotaAsync(site), quota => quota.Contains("4883)", StringComparison.Ordinal), Soon);
        await MessagesOfQueueAsync(site, "/srv/example.com/mailboxes/small/Maildir", 2);
    }

    private static async Task<string> QuotaAsync(Site site) =>
        await site.World.RunAsync("curl", "-sk", "--max-time", "30", $"imaps://{HostAddress}", "--user", "small@example.com:smallpass", "--request", "GETQUOTAROOT INBOX");
}
