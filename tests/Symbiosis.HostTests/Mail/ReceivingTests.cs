using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Mail from the world: cases 1, 2, 3 and 5 of the rules for mail.</summary>
public sealed class ReceivingTests(Sites sites) : MailTest(sites)
{
    [Theory, Releases]
    public async Task Case_1_a_directory_is_a_mailbox_at_once_and_nothing_is_reloaded(Debian release)
    {
        var site = await MailSiteAsync(release);
        var reloads = await ReloadsAsync(site);

        await site.Host.RunAsync("install", "-d", "-o", "admin", "-g", "admin", "/srv/example.com/mailboxes/dave");
        (await SmtpAsync(site.World, "--to", "dave@example.com")).LastAnswer.ShouldStartWith("250 ");

        var message = (await MessagesAsync(site, "/srv/example.com/mailboxes/dave/Maildir", 1)).Single();
        message.ShouldStartWith("/srv/example.com/mailboxes/dave/Maildir/new/");
        (await site.Host.RunAsync("stat", "--format=%u:%g %a", message)).Trim().ShouldBe("1000:1000 600");
        (await ReloadsAsync(site)).ShouldBe(reloads);
    }

    [Theory, Releases]
    public async Task A_mailbox_that_is_removed_is_unknown_at_once(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.RunAsync("install", "-d", "-o", "admin", "-g", "admin", "/srv/example.com/mailboxes/erin");
        (await SmtpAsync(site.World, "--to", "erin@example.com", "--quit-after", "RCPT")).LastAnswer.ShouldStartWith("250 ");

        await site.Host.RunAsync("rmdir", "/srv/example.com/mailboxes/erin");

        (await SmtpAsync(site.World, "--to", "erin@example.com", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");
    }

    [Theory, Releases]
    public async Task Case_2_unknown_users_and_restricted_characters_are_refused(Debian release)
    {
        var site = await MailSiteAsync(release);

        foreach (var (recipient, answer) in new[]
        {
            ("bob@example.com", "250 Accepted"),
            ("BOB@EXAMPLE.COM", "250 Accepted"), // MAIL-4
            ("nobody@example.com", "550 5.1.1 Unknown user"),
            ("a%b@example.com", "550 5.1.3 Restricted characters in address"),
            (".a@example.com", "550 5.1.3 Restricted characters in address"),
            ("a/../b@example.com", "550 5.1.3 Restricted characters in address"),
            ("a|b@example.com", "550 5.1.3 Restricted characters in address"),
            ("postmaster@example.com", "250 Accepted"), // MAIL-7
        })
        {
            (await SmtpAsync(site.World, "--to", recipient, "--quit-after", "RCPT")).LastAnswer.ShouldBe(answer, recipient);
        }
    }

    [Theory, Releases]
    public async Task Case_3_nobody_relays_without_login(Debian release)
    {
        var site = await MailSiteAsync(release);

        (await SmtpAsync(site.World, "--to", "x@elsewhere.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.7.1 Relaying not permitted");
        foreach (var recipient in new[] { "x@elsewhere.test", "bob@example.com", "postmaster@example.com" })
        {
            var submission = await SmtpAsync(site.World, "--port", "587", "--tls", "--to", recipient, "--quit-after", "RCPT");
            string.Join('\n', submission.Answers).ShouldContain("550-5.7.1 Only authenticated connections are allowed on ports other than 25\n550 5.7.1 (587).", Case.Sensitive, recipient);
        }
    }

    [Theory, Releases]
    public async Task Case_5_a_suffix_reaches_the_mailbox_and_its_script(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("""
            install -d -o admin -g admin /srv/example.com/mailboxes/shopper
            install -o admin -g admin -m 644 /dev/stdin /srv/example.com/mailboxes/shopper/sieve <<'END'
            require ["envelope", "fileinto", "mailbox", "subaddress"];
            if envelope :detail "to" "shop" { fileinto :create "Shop"; }
            END
            """);
        await site.Host.UntilAsync(Soon, "doveadm", "user", "shopper@example.com");

        (await SmtpAsync(site.World, "--to", "shopper+other@example.com")).LastAnswer.ShouldStartWith("250 ");
        (await SmtpAsync(site.World, "--to", "shopper+shop@example.com")).LastAnswer.ShouldStartWith("250 ");

        await MessagesAsync(site, "/srv/example.com/mailboxes/shopper/Maildir", 1);
        await MessagesAsync(site, "/srv/example.com/mailboxes/shopper/Maildir/.Shop", 1);
    }

    [Theory, Releases]
    public async Task MAIL_9_a_link_is_another_name_for_the_same_mailboxes(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("install -d -o admin -g admin /srv/example.com/mailboxes/linked; ln -s example.com /srv/alias.hosted.test");

        (await SmtpAsync(site.World, "--to", "linked+tag@alias.hosted.test")).LastAnswer.ShouldStartWith("250 ");
        (await SmtpAsync(site.World, "--to", "nobody@alias.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");

        await MessagesAsync(site, "/srv/example.com/mailboxes/linked/Maildir", 1);
        (await LoginWorksAsync(site, "bob@alias.hosted.test", "bobpass")).ShouldContain("user=bob@example.com"); // MAIL-65
    }

    [Theory, Releases]
    public async Task CORE_8_a_link_that_leads_out_of_the_tree_is_a_domain_of_its_own(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("""
            install -d -o tenant -g tenant /home/tenant/site /home/tenant/site/{config,mailboxes} /home/tenant/site/mailboxes/bob
            echo outside | install -o tenant -g tenant -m 600 /dev/stdin /home/tenant/site/mailboxes/bob/password
            chmod o+x /home/tenant
            ln -s /home/tenant/site /srv/outside.hosted.test
            """);

        await LoginWorksAsync(site, "bob@outside.hosted.test", "outside");
        (await SmtpAsync(site.World, "--to", "bob@outside.hosted.test")).LastAnswer.ShouldStartWith("250 ");

        var message = (await MessagesAsync(site, "/home/tenant/site/mailboxes/bob/Maildir", 1)).Single();
        (await site.Host.RunAsync("stat", "--format=%U %a", message)).Trim().ShouldBe("tenant 600");
    }

    [Theory, Releases]
    public async Task Mail_arrives_and_is_read_over_IPv6(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.RunAsync("install", "-d", "-o", "admin", "-g", "admin", "/srv/example.com/mailboxes/six");

        (await SmtpAsync(site.World, "--server", "2001:db8::1", "--to", "six@example.com")).LastAnswer.ShouldStartWith("250 ");

        await MessagesAsync(site, "/srv/example.com/mailboxes/six/Maildir", 1);
        foreach (var (port, greeting) in new[] { ("143", "* OK"), ("110", "+OK"), ("587", "220 "), ("4190", "\"IMPLEMENTATION\"") })
            (await site.World.ShellAsync($"exec 3<>/dev/tcp/2001:db8::1/{port}; head -n 1 <&3")).ShouldStartWith(greeting);
    }

    [Theory, Releases]
    public async Task The_foreign_mail_server_reaches_a_mailbox_and_is_answered_when_there_is_none(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.RunAsync("install", "-d", "-o", "admin", "-g", "admin", "/srv/example.com/mailboxes/pen");

        await site.World.ShellAsync("printf 'Subject: hello\\n\\nHello\\n' | sendmail -f friend@elsewhere.test pen@example.com");
        await MessagesAsync(site, "/srv/example.com/mailboxes/pen/Maildir", 1);
        await site.World.ShellAsync("printf 'Subject: lost\\n\\nHello\\n' | sendmail -f friend@elsewhere.test missing@example.com");
        await site.World.UntilAsync(Soon, "grep", "-q", "missing@example.com.*550 5.1.1 Unknown user", "/var/log/mail.log");
    }

    [Theory, Releases]
    public async Task CORE_4_a_refused_domain_takes_no_mail(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("""
            install -d -o root -g root /srv/rooted.hosted.test/mailboxes
            install -d -o admin -g admin /srv/rooted.hosted.test/mailboxes/bob /srv/nodots/mailboxes/bob
            chown admin:admin /srv/nodots /srv/nodots/mailboxes
            """);

        (await SmtpAsync(site.World, "--to", "bob@rooted.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.7.1 Relaying not permitted");
        (await SmtpAsync(site.World, "--to", "bob@nodots", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.7.1 Relaying not permitted");
    }

    [Theory, Releases]
    public async Task A_mailbox_that_root_made_is_never_refused_and_is_reported(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.RunAsync("install", "-d", "-o", "root", "-g", "root", "/srv/example.com/mailboxes/byroot");

        (await SmtpAsync(site.World, "--to", "byroot@example.com", "--quit-after", "RCPT")).LastAnswer.ShouldStartWith("451 ");
        (await site.Host.TryRunAsync(["symbiosis", "plan", "example.com"])).ToString().ShouldContain("MAIL002");
        await site.Host.RunAsync("chown", "admin:admin", "/srv/example.com/mailboxes/byroot");
        (await SmtpAsync(site.World, "--to", "byroot@example.com", "--quit-after", "RCPT")).LastAnswer.ShouldStartWith("250 ");
    }

    [Theory, Releases]
    public async Task Mail_for_root_is_kept_and_has_an_owner_of_its_own(Debian release)
    {
        var site = await MailSiteAsync(release);

        (await SmtpAsync(site.World, "--to", "postmaster@example.org", "--header", "Subject: for root")).LastAnswer.ShouldStartWith("250 ");

        // The package makes a mailbox root in the domain of the host's own name (CORE-64).
        // Programs of the machine may write to root as well.
        await site.Host.UntilAsync(Soon, "grep", "-rqsx", "Subject: for root", "/srv/host.example.net/mailboxes/root/Maildir/new");
    }
}
