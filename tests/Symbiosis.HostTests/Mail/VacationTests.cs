using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Replies of people who are away: case 10 of the rules for mail.</summary>
public sealed class VacationTests(Sites sites) : MailTest(sites)
{
    [Theory, Releases]
    public async Task Case_10_a_person_gets_one_reply_and_machines_get_none(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/alice/vacation", "I am away. Grüße\n");
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/alice/sieve", "keep;\n"); // MAIL-44

        await site.World.ShellAsync("printf 'To: Alice <alice+tag@example.com>\\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\\n folded\\nMessage-ID: <first@elsewhere.test>\\n\\nHello\\n' | sendmail -f friend@elsewhere.test alice+tag@example.com");
        await site.World.UntilAsync(Soon, "grep", "-rq", "^Delivered-To: friend@elsewhere.test$", "/var/mail/world/new");
        var reply = await site.World.ShellAsync("cat $(grep -rl '^Delivered-To: friend@elsewhere.test$' /var/mail/world/new)");

        reply.ShouldStartWith("Return-Path: <>\n");
        foreach (var line in new[]
        {
            "From: alice@example.com", "Reply-To: alice@example.com", "To: friend@elsewhere.test", "Subject: AutoReply Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= folded", "Precedence: junk",
            "Auto-Submitted: auto-replied", "In-Reply-To: <first@elsewhere.test>", "References: <first@elsewhere.test>", "I am away. Grüße",
        })
        {
            reply.ShouldContain($"\n{line}\n");
        }

        reply.Split('\n').Count(line => line.StartsWith("Date: ", StringComparison.Ordinal)).ShouldBe(1);
        reply.Split('\n').Count(line => line.StartsWith("Message-ID: ", StringComparison.OrdinalIgnoreCase)).ShouldBe(1);
        reply.ShouldNotContain("Sender:");
        reply.ShouldNotContain("admin"); // MAIL-45

        string[][] quiet =
        [
            ["--from", "friend@elsewhere.test"], // the second within a day
            ["--from", "mailer-daemon@elsewhere.test"],
            ["--from", "list-request@elsewhere.test"],
            ["--from", "owner-list@elsewhere.test"],
            ["--from", "daemon@elsewhere.test"],
            ["--from", "no-reply@elsewhere.test"],
            ["--from", "list-bounces+x@elsewhere.test"],
            ["--from", "<>"],
            ["--from", "alice@example.com"],
            ["--from", "lists@elsewhere.test", "--add-header", "List-Id: <list.elsewhere.test>"],
            ["--from", "robot@elsewhere.test", "--add-header", "Auto-Submitted: auto-generated"],
            ["--from", "bulk@elsewhere.test", "--add-header", "Precedence: Bulk"],
            ["--from", "hidden@elsewhere.test", "--header", "To: somebody@elsewhere.test"],
        ];
        foreach (var arguments in quiet)
            (await SmtpAsync(site.World, ["--to", "alice@example.com", .. arguments])).LastAnswer.ShouldStartWith("250 ");
        await MessagesAsync(site, "/srv/example.com/mailboxes/alice/Maildir", quiet.Length + 1);
        await site.Host.UntilAsync(Soon, "sh", "-c", "exim4 -qff; test \"$(exim4 -bpc)\" = 0");
        (await site.Host.ShellAsync("grep -c '=> .* T=symbiosis_remote_smtp' /var/log/exim4/mainlog")).Trim().ShouldBe("1");

        var log = await site.Host.ReadAsync("/srv/example.com/mailboxes/alice/vacation.log");
        log.ShouldContain("To: friend@elsewhere.test");
        log.ShouldContain("previously sent to friend@elsewhere.test");
        (await site.Host.ShellAsync("stat --format='%n %U %a' /srv/example.com/mailboxes/alice/vacation.*")).ShouldBe(
            "/srv/example.com/mailboxes/alice/vacation.db admin 600\n/srv/example.com/mailboxes/alice/vacation.log admin 600\n");
        (await site.Host.RunAsync("symbiosis", "plan")).ShouldNotContain("vacation");

        // MAIL-42
        await site.Host.RunAsync("rm", "/srv/example.com/mailboxes/alice/vacation");
        (await SmtpAsync(site.World, "--to", "alice@example.com", "--from", "another@elsewhere.test")).LastAnswer.ShouldStartWith("250 ");
        await site.Host.UntilAsync(Soon, "sh", "-c", "exim4 -qff; test \"$(exim4 -bpc)\" = 0");
        (await site.Host.ShellAsync("grep -c '=> .* T=symbiosis_remote_smtp' /var/log/exim4/mainlog")).Trim().ShouldBe("1");
    }

    [Theory, Releases]
    public async Task MAIL_43_a_unix_user_is_away(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home ursula; chmod 700 /home/ursula; echo 'Back soon' | install -o ursula -g ursula -m 600 /dev/stdin /home/ursula/.vacation");

        (await SmtpAsync(site.World, "--to", "ursula@host.example.net", "--from", "friend@v6only.test")).LastAnswer.ShouldStartWith("250 ");

        await site.World.UntilAsync(Soon, "sh", "-c", "grep -q 'Back soon' $(grep -rl '^Delivered-To: friend@v6only.test$' /var/mail/world/new)");
        await MessagesAsync(site, "/home/ursula/Maildir", 1);
        (await site.Host.ShellAsync("stat --format='%n %U %a' /home/ursula/.vacation.*")).ShouldBe("/home/ursula/.vacation.db ursula 600\n/home/ursula/.vacation.log ursula 600\n");
    }

    [Theory, Releases]
    public async Task A_vacation_file_that_leads_elsewhere_is_read_as_its_owner(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.RunAsync("sudo", "-u", "admin", "ln", "-s", "/etc/shadow", "/srv/example.com/mailboxes/alice/vacation");

        (await SmtpAsync(site.World, "--to", "alice@example.com", "--from", "friend@elsewhere.test")).LastAnswer.ShouldStartWith("250 ");

        await MessagesAsync(site, "/srv/example.com/mailboxes/alice/Maildir", 1);
        await site.Host.UntilAsync(Soon, "grep", "-q", "symbiosis_vacation.*Permission denied", "/var/log/exim4/mainlog");
        (await site.World.TryRunAsync(["grep", "-rq", "root:", "/var/mail/world/new"])).Succeeded.ShouldBeFalse();
    }
}
