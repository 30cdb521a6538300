using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Where mail goes: forward files, aliases, catch-alls, rewritten domains and what is forwarded to the world (cases 6 to 9 of the rules for mail).</summary>
public sealed class RoutingTests(Sites sites) : MailTest(sites)
{
    [Theory, Releases]
    public async Task Case_6_addresses_in_a_forward_file_get_the_mail_instead(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "f6", "fwd", "to", "also");
        await site.Host.Admin.WriteAsync("/srv/f6.hosted.test/mailboxes/fwd/forward", "to@f6.hosted.test, carol@example.org\n");
        var before = (await MessagesNowAsync(site, "/srv/example.org/mailboxes/carol/Maildir")).Length;

        await DeliverAsync(site, "fwd@f6.hosted.test");

        await MessagesAsync(site, "/srv/f6.hosted.test/mailboxes/to/Maildir", 1);
        await MessagesAsync(site, "/srv/example.org/mailboxes/carol/Maildir", before + 1);
        (await MessagesNowAsync(site, "/srv/f6.hosted.test/mailboxes/fwd/Maildir")).ShouldBeEmpty();

        // MAIL-23: the address itself among them keeps a copy. MAIL-22: a bare name is one of the domain.
        await site.Host.Admin.WriteAsync("/srv/f6.hosted.test/mailboxes/fwd/forward", "fwd@f6.hosted.test, also\n");
        await DeliverAsync(site, "fwd+tag@f6.hosted.test");

        await MessagesAsync(site, "/srv/f6.hosted.test/mailboxes/fwd/Maildir", 1);
        await MessagesAsync(site, "/srv/f6.hosted.test/mailboxes/also/Maildir", 1);
    }

    [Theory, Releases]
    public async Task MAIL_23_mailboxes_that_forward_to_each_other_keep_the_mail_once(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "loop", "ping", "pong");
        await site.Host.Admin.WriteAsync("/srv/loop.hosted.test/mailboxes/ping/forward", "pong\n");
        await site.Host.Admin.WriteAsync("/srv/loop.hosted.test/mailboxes/pong/forward", "ping\n");

        await DeliverAsync(site, "ping@loop.hosted.test");

        await MessagesAsync(site, "/srv/loop.hosted.test/mailboxes/pong/Maildir", 1);
        (await MessagesNowAsync(site, "/srv/loop.hosted.test/mailboxes/ping/Maildir")).ShouldBeEmpty();
    }

    [Theory, Releases]
    public async Task Case_7_an_Exim_filter_keeps_copies_and_files_mail(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "f7", "filter", "copy");
        const string Forward = "/srv/f7.hosted.test/mailboxes/filter/forward";
        await site.Host.Admin.WriteAsync(Forward, "# Exim filter\nunseen deliver copy@f7.hosted.test\n");

        await DeliverAsync(site, "filter@f7.hosted.test");
        await MessagesAsync(site, "/srv/f7.hosted.test/mailboxes/filter/Maildir", 1);
        await MessagesAsync(site, "/srv/f7.hosted.test/mailboxes/copy/Maildir", 1);

        await site.Host.Admin.WriteAsync(Forward, "# Exim filter\nsave $home/Maildir/.Lists/\n");
        await site.Host.RunAsync("chmod", "664", Forward); // MAIL-24
        await DeliverAsync(site, "filter@f7.hosted.test");
        var filed = (await MessagesAsync(site, "/srv/f7.hosted.test/mailboxes/filter/Maildir/.Lists", 1)).Single();
        (await site.Host.RunAsync("stat", "--format=%U:%G %a", filed)).Trim().ShouldBe("admin:admin 600");
    }

    [Theory, Releases]
    public async Task Case_7_a_forward_file_is_read_with_the_rights_of_its_owner(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.RunAsync("sudo", "-u", "admin", "ln", "-s", "/etc/shadow", "/srv/example.com/mailboxes/bob/forward");

        await DeliverAsync(site, "bob@example.com");

        await site.Host.UntilAsync(Soon, "grep", "-q", "== bob@example.com R=symbiosis_forward defer .*/forward: Permission denied", "/var/log/exim4/mainlog");
        (await site.Host.ShellAsync("cat /var/log/exim4/*log")).ShouldNotContain("root:");
        await site.Host.RunAsync("rm", "/srv/example.com/mailboxes/bob/forward");
        await MessagesOfQueueAsync(site, "/srv/example.com/mailboxes/bob/Maildir", 1);
    }

    [Theory, Releases]
    public async Task MAIL_21_errors_in_a_forward_file_delay_nothing(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "f21", "one", "two", "three");
        await site.Host.Admin.WriteAsync("/srv/f21.hosted.test/mailboxes/one/forward", "not an address, two@f21.hosted.test\n");
        await site.Host.Admin.WriteAsync("/srv/f21.hosted.test/mailboxes/three/forward", "((( no address @@\n");

        await DeliverAsync(site, "one@f21.hosted.test");
        await DeliverAsync(site, "three@f21.hosted.test");

        await MessagesAsync(site, "/srv/f21.hosted.test/mailboxes/two/Maildir", 1);
        await MessagesAsync(site, "/srv/f21.hosted.test/mailboxes/three/Maildir", 1);
        (await MessagesNowAsync(site, "/srv/f21.hosted.test/mailboxes/one/Maildir")).ShouldBeEmpty();
    }

    [Theory, Releases]
    public async Task MAIL_25_a_filter_runs_files_and_programs_as_its_owner_and_can_do_nothing_more(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "f25", "pipe", "evil1", "evil2", "evil3", "evil4");
        const string Mailboxes = "/srv/f25.hosted.test/mailboxes";
        await site.Host.Admin.WriteAsync($"{Mailboxes}/pipe/forward", "|/bin/sh -c \"id -un; pwd; cat >/dev/null\" , |/usr/bin/tee piped\n");
        await site.Host.Admin.WriteAsync($"{Mailboxes}/evil1/forward", "# Exim filter\nif \"${readfile{/etc/passwd}}\" contains root then deliver leak1@f25.hosted.test endif\n");
        await site.Host.Admin.WriteAsync($"{Mailboxes}/evil2/forward", "# Exim filter\nif \"${run{/bin/touch /tmp/evil2}}\" is \"\" then deliver leak2@f25.hosted.test endif\n");
        await site.Host.Admin.WriteAsync($"{Mailboxes}/evil3/forward", "# Exim filter\nif \"${lookup{root}lsearch{/etc/passwd}}\" contains 0 then deliver leak3@f25.hosted.test endif\n");
        await site.Host.Admin.WriteAsync($"{Mailboxes}/evil4/forward", "/etc/cron.d/evil4\n");

        foreach (var name in new[] { "pipe", "evil1", "evil2", "evil3", "evil4" })
            await DeliverAsync(site, $"{name}@f25.hosted.test");

        await site.Host.UntilAsync(Soon, "test", "-s", $"{Mailboxes}/pipe/piped");
        (await site.Host.RunAsync("stat", "--format=%U", $"{Mailboxes}/pipe/piped")).Trim().ShouldBe("admin");
        foreach (var name in new[] { "evil1", "evil2", "evil3" }) // an error like any other: MAIL-21
            await MessagesAsync(site, $"{Mailboxes}/{name}/Maildir", 1);
        await site.Host.UntilAsync(Soon, "grep", "-q", "== /etc/cron.d/evil4 <evil4@f25.hosted.test> .* defer", "/var/log/exim4/mainlog");
        (await site.Host.ReadAsync("/var/log/exim4/mainlog")).ShouldNotContain("@f25.hosted.test <evil");
        (await site.Host.TryRunAsync(["test", "-e", "/tmp/evil2"])).Succeeded.ShouldBeFalse();
        (await site.Host.TryRunAsync(["test", "-e", "/etc/cron.d/evil4"])).Succeeded.ShouldBeFalse();
        await site.Host.ShellAsync($"rm {Mailboxes}/*/forward; exim4 -qff");
    }

    [Theory, Releases]
    public async Task Case_8_aliases_lead_where_their_list_says(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "a8", "bob", "alice");
        await site.Host.Admin.WriteAsync(
            "/srv/a8.hosted.test/config/aliases",
            """
            # the rules' own example
            info: bob@a8.hosted.test, alice@a8.hosted.test
            sales bob
            many: bob,
               alice
            nobody: :fail: no such person
            void: :blackhole:
            later: :defer: come back tomorrow
            bob: alice

            """);
        await Eventually.BecomesAsync(
            async () => (await SmtpAsync(site.World, "--to", "info@a8.hosted.test", "--quit-after", "RCPT")).LastAnswer, answer => answer.StartsWith("250 ", StringComparison.Ordinal), Soon);

        (await SmtpAsync(site.World, "--to", "nobody@a8.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");
        (await SmtpAsync(site.World, "--to", "later@a8.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldStartWith("451 ");
        foreach (var (recipient, bobHas, aliceHas) in new[]
        {
            ("info@a8.hosted.test", 1, 1), ("sales@a8.hosted.test", 2, 1), ("many+suffix@a8.hosted.test", 3, 2), ("void@a8.hosted.test", 3, 2), ("bob@a8.hosted.test", 4, 2),
        })
        {
            await DeliverCompletelyAsync(site, recipient);
            (await MessagesNowAsync(site, "/srv/a8.hosted.test/mailboxes/bob/Maildir")).Length.ShouldBe(bobHas, recipient);
            (await MessagesNowAsync(site, "/srv/a8.hosted.test/mailboxes/alice/Maildir")).Length.ShouldBe(aliceHas, recipient);
        }
    }

    [Theory, Releases]
    public async Task Case_9_a_catch_all_takes_every_address_and_without_one_they_are_refused(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "c9", "bob");
        await site.Host.ShellAsync("install -d -o admin -g admin /srv/empty.hosted.test /srv/empty.hosted.test/config");
        await site.Host.Admin.WriteAsync("/srv/c9.hosted.test/config/default_forward", "bob@c9.hosted.test\n");

        await DeliverAsync(site, "any+thing@c9.hosted.test");
        await MessagesAsync(site, "/srv/c9.hosted.test/mailboxes/bob/Maildir", 1);
        (await SmtpAsync(site.World, "--to", "x@empty.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");
        (await SmtpAsync(site.World, "--to", "postmaster@empty.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldStartWith("250 ");

        // MAIL-20: a whole domain moves.
        await site.Host.Admin.WriteAsync("/srv/c9.hosted.test/config/default_forward", "# Exim filter\ndeliver $local_part@elsewhere.test\n");
        await DeliverAsync(site, "mover+kept@c9.hosted.test");
        await ArrivedInTheWorldAsync(site, "mover+kept@elsewhere.test");
    }

    [Theory, Releases]
    public async Task MAIL_32_the_alias_for_all_others_keeps_local_parts_and_expands_nothing(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "star", "bob");
        await site.Host.Admin.WriteAsync("/srv/star.hosted.test/config/aliases", "sales: bob\n*: @elsewhere.test\n");
        await Eventually.BecomesAsync(
            async () => (await SmtpAsync(site.World, "--to", "anybody@star.hosted.test", "--quit-after", "RCPT")).LastAnswer, answer => answer.StartsWith("250 ", StringComparison.Ordinal), Soon);

        await DeliverAsync(site, "sales@star.hosted.test");
        await MessagesAsync(site, "/srv/star.hosted.test/mailboxes/bob/Maildir", 1);
        await DeliverAsync(site, "some.body@star.hosted.test");
        await ArrivedInTheWorldAsync(site, "some.body@elsewhere.test");
        await DeliverAsync(site, "$h_to$1${tod_full}x@star.hosted.test");
        await site.World.UntilAsync(Soon, "grep", "-rqF", "Delivered-To: $h_to$1${tod_full}x@elsewhere.test", "/var/mail/world/new");
    }

    [Theory, Releases]
    public async Task MAIL_6_the_administrator_gives_a_domain_another_name(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.WriteAsync("/etc/exim4/rewrites", "old.hosted.test: example.com\nexample.org: old.hosted.test\nround.hosted.test: trip.hosted.test\ntrip.hosted.test: round.hosted.test\n");

        await DeliverAsync(site, "bob+tag@old.hosted.test");
        await MessagesAsync(site, "/srv/example.com/mailboxes/bob/Maildir", 1);
        await DeliverAsync(site, "alice@example.org");
        await MessagesAsync(site, "/srv/example.com/mailboxes/alice/Maildir", 1);
        (await SmtpAsync(site.World, "--to", "nobody@old.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");
        (await SmtpAsync(site.World, "--to", "bob@round.hosted.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");
    }

    [Theory, Releases]
    public async Task MAIL_6_mail_of_a_domain_whose_mail_is_elsewhere_leaves_for_its_MX(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.RunAsync("install", "-d", "-o", "admin", "-g", "admin", "/srv/elsewhere.test");

        await site.Host.ShellAsync("printf 'Subject: order\\n\\nHello\\n' | sudo -u admin sendmail -f shop@example.com customer@elsewhere.test");
        await ArrivedInTheWorldAsync(site, "customer@elsewhere.test");
        (await SmtpAsync(site.World, "--to", "customer@elsewhere.test", "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");
    }

    [Theory, Releases]
    public async Task Forwarded_mail_has_a_sender_of_ours_and_its_bounce_finds_the_way_back(Debian release)
    {
        var site = await MailSiteAsync(release);
        await MailboxesAsync(site, "srs", "fwd");
        await site.Host.Admin.WriteAsync("/srv/srs.hosted.test/mailboxes/fwd/forward", "friend@elsewhere.test\n");

        (await SmtpAsync(site.World, "--from", "Some.One@v6only.test", "--to", "fwd@srs.hosted.test")).LastAnswer.ShouldStartWith("250 ");
        await ArrivedInTheWorldAsync(site, "friend@elsewhere.test");
        var sender = (await site.World.ShellAsync("sed -n 's/^Return-Path: <\\(SRS0=.*@srs.hosted.test\\)>$/\\1/p' $(grep -rl 'Delivered-To: friend@elsewhere.test' /var/mail/world/new)")).Trim();
        sender.ShouldEndWith("=v6only.test=Some.One@srs.hosted.test");

        (await SmtpAsync(site.World, "--from", "<>", "--to", sender)).LastAnswer.ShouldStartWith("250 ");
        await ArrivedInTheWorldAsync(site, "some.one@v6only.test");
        (await SmtpAsync(site.World, "--from", "<>", "--to", sender.Replace("v6only", "elsewhere", StringComparison.Ordinal), "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");
        (await SmtpAsync(site.World, "--from", "spammer@stranger.test", "--to", sender, "--quit-after", "RCPT")).LastAnswer.ShouldBe("550 5.1.1 Unknown user");

        // Senders of this host need no other name.
        await site.Host.ShellAsync("printf 'Subject: own\\n\\nHello\\n' | sendmail -f bob@example.com fwd@srs.hosted.test");
        await site.World.UntilAsync(Soon, "grep", "-rq", "^Return-Path: <bob@example.com>$", "/var/mail/world/new");
    }

    [Theory, Releases]
    public async Task MAIL_6_a_unix_user_forwards_with_a_file_at_home(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home gina; chmod 700 /home/gina; echo 'bob@example.com, gina' | install -o gina -g gina -m 600 /dev/stdin /home/gina/.forward");
        var before = (await MessagesNowAsync(site, "/srv/example.com/mailboxes/bob/Maildir")).Length;

        await DeliverAsync(site, "gina@host.example.net");

        await MessagesAsync(site, "/srv/example.com/mailboxes/bob/Maildir", before + 1);
        await MessagesAsync(site, "/home/gina/Maildir", 1);
    }

    // A domain NAME.hosted.test of admin with mailboxes that Dovecot knows.
    private static async Task MailboxesAsync(Site site, string name, params string[] mailboxes)
    {
        var directory = $"/srv/{name}.hosted.test";
        await site.Host.RunAsync(["install", "-d", "-o", "admin", "-g", "admin", directory, $"{directory}/config", $"{directory}/mailboxes", .. mailboxes.Select(mailbox => $"{directory}/mailboxes/{mailbox}")]);
        await site.Host.UntilAsync(Soon, "doveadm", "user", $"{mailboxes[^1]}@{name}.hosted.test");
    }

    private static async Task DeliverAsync(Site site, string recipient) => (await SmtpAsync(site.World, "--to", recipient)).LastAnswer.ShouldStartWith("250 ");

    private static Task<string> ArrivedInTheWorldAsync(Site site, string recipient) => site.World.UntilAsync(Soon, "grep", "-rq", $"^Delivered-To: {recipient}$", "/var/mail/world/new");

    // Waits for this message only: the machine itself may have mail in the queue.
    private static async Task DeliverCompletelyAsync(Site site, string recipient)
    {
        var conversation = await SmtpAsync(site.World, "--to", recipient);
        var accepted = conversation.Answers.Single(answer => answer.StartsWith("250 OK id=", StringComparison.Ordinal));
        await site.Host.UntilAsync(Soon, "grep", "-q", $" {accepted["250 OK id=".Length..]} Completed", "/var/log/exim4/mainlog");
    }
}
