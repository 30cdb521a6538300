using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Full mailboxes: case 11 of the rules for mail.</summary>
public sealed class QuotaTests(Sites sites) : MailTest(sites)
{
    [Theory, Releases]
    public async Task Case_11_a_full_mailbox_is_refused_at_once_and_hurts_nobody_else(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/bob/quota", "50k\n");
        await site.Host.Admin.WriteAsync("/srv/example.com/config/aliases", "team: bob, alice\n");
        await site.Host.UntilAsync(Soon, "sh", "-c", "doveadm quota get -u bob@example.com | grep -q 'STORAGE *0 *49'"); // MAIL-55
        await site.Host.UntilAsync(Soon, "grep", "-qx", "quota-bob: yes", "/var/lib/symbiosis/mail/policy/example.com");
        await site.World.ShellAsync("head -c 31000 /dev/zero | tr '\\0' x | fold -w 70 > /tmp/body");

        (await SmtpAsync(site.World, "--to", "bob@example.com", "--body", "@/tmp/body")).LastAnswer.ShouldStartWith("250 ");
        await MessagesAsync(site, "/srv/example.com/mailboxes/bob/Maildir", 1);

        // The client says how much it is: refused. It does not: the mail waits, and only for him.
        var tooMuch = await PythonAsync(site.World, """
            import smtplib
            with smtplib.SMTP("192.0.2.1", timeout=30) as s:
                s.ehlo("client.stranger.test")
                print(s.mail("a@stranger.test", ["SIZE=31500"]), s.rcpt("bob@example.com"), s.rcpt("BOB+x@example.com"), s.rcpt("alice@example.com"))
            """);
        tooMuch.Split("452, b'4.2.2 Mailbox is full'").Length.ShouldBe(3, tooMuch);
        tooMuch.ShouldContain("(250, b'Accepted')");
        (await SmtpAsync(site.World, "--to", "team@example.com", "--body", "@/tmp/body")).LastAnswer.ShouldStartWith("250 ");
        await MessagesAsync(site, "/srv/example.com/mailboxes/alice/Maildir", 1);
        await site.Host.UntilAsync(Soon, "grep", "-q", "== bob@example.com .*defer.*452 4.2.2 <bob@example.com> Quota exceeded", "/var/log/exim4/mainlog");

        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/bob/quota", "5M\n");
        await site.Host.UntilAsync(Soon, "sh", "-c", "doveadm quota get -u bob@example.com | grep -q 'STORAGE *[0-9][0-9] *4883'");
        await MessagesOfQueueAsync(site, "/srv/example.com/mailboxes/bob/Maildir", 2);
    }

    [Theory, Releases]
    public async Task MAIL_54_senders_who_log_in_are_told_of_a_full_mailbox(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.ShellAsync("echo 20k > /srv/example.com/config/mailbox-quota; echo 0 > /srv/example.com/mailboxes/bob/quota; chown -R admin:admin /srv/example.com");
        await site.Host.UntilAsync(Soon, "sh", "-c", "doveadm quota get -u alice@example.com | grep -q 'STORAGE *0 *20'");
        // Filled from inside: nothing in the way of SMTP.
        await site.Host.ShellAsync("python3 -c 'print(\"Subject: big\\n\\n\" + (\"x\" * 70 + \"\\n\") * 260)' | doveadm save -u alice@example.com");

        var submission = await SmtpAsync(site.World, "--port", "587", "--tls", "--auth", "PLAIN", "--auth-user", "bob@example.com", "--auth-password", "bobpass", "--from", "bob@example.com",
            "--to", "bob@example.com", "--quit-after", "RCPT");
        submission.LastAnswer.ShouldStartWith("250 "); // his own has no quota
        var full = await PythonAsync(site.World, """
            import smtplib, ssl
            context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
            with smtplib.SMTP_SSL("192.0.2.1", 465, timeout=30, context=context) as s:
                s.login("bob@example.com", "bobpass")
                print(s.mail("bob@example.com", ["SIZE=5000"]), s.rcpt("alice@example.com"))
            """);
        full.ShouldContain("(452, b'4.2.2 Mailbox is full')");
    }

    [Theory, Releases]
    public async Task A_mailbox_that_fills_up_is_warned_about_at_80_and_at_95_per_cent(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/bob/quota", "100k\n");
        await site.Host.UntilAsync(Soon, "sh", "-c", "doveadm quota get -u bob@example.com | grep -q 'STORAGE *0 *98'");
        await site.World.ShellAsync("""python3 -c 'line = "x" * 70 + "\n"; open("/tmp/b80", "w").write(line * 1130); open("/tmp/b95", "w").write(line * 180)'""");

        (await SmtpAsync(site.World, "--to", "bob@example.com", "--body", "@/tmp/b80")).LastAnswer.ShouldStartWith("250 ");
        await site.Host.UntilAsync(Soon, "grep", "-rqx", "Subject: Your mailbox is 80 % full", "/srv/example.com/mailboxes/bob/Maildir");
        (await SmtpAsync(site.World, "--to", "bob@example.com", "--body", "@/tmp/b95")).LastAnswer.ShouldStartWith("250 ");
        await site.Host.UntilAsync(Soon, "grep", "-rqx", "Subject: Your mailbox is 95 % full", "/srv/example.com/mailboxes/bob/Maildir");
    }
}
