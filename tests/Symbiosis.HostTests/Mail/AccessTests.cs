using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Who may send what: block lists, black and white lists, limits (cases 17 to 19 of the rules for mail).</summary>
public sealed class AccessTests(Sites sites) : MailTest(sites)
{
    [Theory, Releases]
    public async Task Case_17_a_client_in_a_block_list_is_refused_for_the_domain_that_asks_it(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.Admin.WriteAsync("/srv/example.com/config/blacklists/zen.spamhaus.org", "");
        await site.Host.Admin.WriteAsync("/srv/example.com/config/blacklists/bl.hosted.test", "");
        await site.Host.UntilAsync(Soon, "grep", "-qx", "blacklists: bl.hosted.test;zen.spamhaus.org", "/var/lib/symbiosis/mail/policy/example.com");
        await site.World.ShellAsync("""
            dns-record set 7.100.51.198.zen.spamhaus.org A 127.0.0.2
            dns-record set 7.100.51.198.zen.spamhaus.org TXT '"https://list.example/7"'
            """);

        var refused = await FromStrangerAsync(site, "bob@example.com");
        string.Join('\n', refused.Answers).ShouldContain("550-5.7.1 IP is blacklisted at zen.spamhaus.org.\n550 5.7.1 Please see https://list.example/7");
        (await FromStrangerAsync(site, "carol@example.org")).LastAnswer.ShouldStartWith("250 ");
        (await FromStrangerAsync(site, "postmaster@example.com")).LastAnswer.ShouldStartWith("250 ");

        // Errors of the list are no listing, nor is a list that does not answer.
        foreach (var answer in new[] { "127.255.255.252", "127.255.255.254", "127.0.0.1", "127.0.0.255", "192.0.2.200" })
        {
            await site.World.RunAsync("dns-record", "set", "7.100.51.198.zen.spamhaus.org", "A", answer);
            (await FromStrangerAsync(site, "bob@example.com")).LastAnswer.ShouldStartWith("250 ", Case.Sensitive, answer);
        }

        await site.World.RunAsync("dns-record", "set", "7.100.51.198.bl.hosted.test", "A", "127.0.0.10");
        string.Join('\n', (await FromStrangerAsync(site, "bob@example.com")).Answers).ShouldContain("550-5.7.1 IP is blacklisted at bl.hosted.test.");
        await site.World.RunAsync("dns-record", "unset", "7.100.51.198.bl.hosted.test", "A");
    }

    [Theory, Releases]
    public async Task Case_18_black_and_white_lists_by_address_name_and_sender(Debian release)
    {
        var site = await MailSiteAsync(release);
        // Clients of the rules' own examples; private addresses are never looked up by name.
        await site.World.ShellAsync("""
            for address in 192.168.1.2 192.168.2.1 192.168.2.2; do ip address add $address/32 dev lo; done
            dns-record set 9.113.0.203.in-addr.arpa PTR mail.blacklisted.cloud.
            dns-record set mail.blacklisted.cloud A 203.0.113.9
            """);
        await site.Host.RunAsync("ip", "route", "add", "192.168.0.0/16", "via", "192.0.2.53");
        await site.Host.WriteAsync("/etc/exim4/blacklist/by_ip", "# clients\n192.168.1.2\n192.168.2.0/24\n2001:db8:bad::/48\nnonsense\n");
        await site.Host.WriteAsync("/etc/exim4/whitelist/by_ip", "192.168.2.2\n");
        await site.Host.WriteAsync("/etc/exim4/blacklist/by_hostname", "*.blacklisted.cloud\n");
        await site.Host.WriteAsync("/etc/exim4/blacklist/by_sender", "*@blacklisted.domain\n^evil@.*\\.blacklisted\\.domain$\n*.spam.domain\nbare.domain # no more\n");
        await site.Host.WriteAsync("/etc/exim4/whitelist/by_sender", "whitelisted@blacklisted.domain\n");
        await site.Host.UntilAsync(Soon, "sh", "-c", "cd /var/lib/symbiosis/mail && test -e whitelist/by_sender -a -e blacklist/by_sender -a -e blacklist/by_hostname -a -e whitelist/by_ip -a -e blacklist/by_ip");
        (await site.Host.TryRunAsync(["symbiosis", "plan"])).ToString().ShouldContain("/etc/exim4/blacklist/by_ip:5: warning MAIL018");

        const string ByIp = "550 5.7.1 The IP or hostname used when connecting is locally blacklisted.";
        const string BySender = "550 5.7.1 Your email address or domain is locally blacklisted.";
        const string Welcome = "250 Accepted";
        foreach (var (client, sender, recipient, answer) in new[]
        {
            ("192.168.1.2", "a@ok.domain", "bob@example.com", ByIp),
            ("192.168.1.2", "a@ok.domain", "postmaster@example.com", Welcome),
            ("192.168.1.2", "whitelisted@blacklisted.domain", "bob@example.com", Welcome),
            ("192.168.2.1", "a@ok.domain", "bob@example.com", ByIp),
            ("192.168.2.2", "a@ok.domain", "bob@example.com", Welcome),
            ("192.168.2.2", "a@blacklisted.domain", "bob@example.com", Welcome), // white beats black
            ("203.0.113.9", "a@ok.domain", "bob@example.com", ByIp),
            ("198.51.100.7", "a@ok.domain", "bob@example.com", Welcome),
            ("198.51.100.7", "A@Blacklisted.Domain", "bob@example.com", BySender),
            ("198.51.100.7", "whitelisted@blacklisted.domain", "bob@example.com", Welcome),
            ("198.51.100.7", "evil@x.blacklisted.domain", "bob@example.com", BySender),
            ("198.51.100.7", "good@x.blacklisted.domain", "bob@example.com", Welcome),
            ("198.51.100.7", "a@deep.spam.domain", "bob@example.com", BySender),
            ("198.51.100.7", "a@spam.domain", "bob@example.com", Welcome),
            ("198.51.100.7", "a@bare.domain", "bob@example.com", BySender),
            ("198.51.100.7", "a@blacklisted.domain", "postmaster@example.com", Welcome),
            ("198.51.100.7", "<>", "bob@example.com", Welcome),
            ("198.51.100.7", "a@blacklisted.domain", "nobody@example.com", "550 5.1.1 Unknown user"),
        })
        {
            (await SmtpAsync(site.World, "--local-interface", client, "--from", sender, "--to", recipient, "--quit-after", "RCPT")).LastAnswer.ShouldBe(answer, $"{client} {sender} {recipient}");
        }
    }

    [Theory, Releases]
    public async Task Case_19_a_sender_is_limited_to_a_number_of_recipients_and_told_once(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/bob/ratelimit", "3\n");
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/alice/password", "alicepass\n");
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/alice/ratelimit", "");
        await LoginWorksAsync(site, "alice@example.com", "alicepass");
        await site.Host.UntilAsync(Soon, "sh", "-c", "cd /var/lib/symbiosis/mail/policy; grep -qx 'ratelimit-bob: 3/1d' example.com && grep -qx 'ratelimit-alice: 100/1d' example.com");

        for (var i = 0; i < 3; i++)
            (await SubmitAsync(site, "bob@example.com", "bobpass", "friend@elsewhere.test")).LastAnswer.ShouldStartWith("250 ");
        for (var i = 0; i < 2; i++)
            (await SubmitAsync(site, "bob@example.com", "bobpass", "friend@elsewhere.test")).LastAnswer.ShouldBe("550 5.7.1 Sender rate for bob@example.com exceeds 3 messages per 1d");

        // MAIL-102: recipients count; an empty file allows a hundred.
        var hundred = string.Join(',', Enumerable.Range(1, 90).Select(i => $"r{i}@elsewhere.test"));
        (await SubmitAsync(site, "alice@example.com", "alicepass", hundred)).LastAnswer.ShouldStartWith("250 ");
        (await SubmitAsync(site, "alice@example.com", "alicepass", hundred)).LastAnswer.ShouldBe("550 5.7.1 Sender rate for alice@example.com exceeds 100 messages per 1d");

        // One notice to the mailbox, one to the postmaster.
        await site.Host.UntilAsync(Soon, "grep", "-rqx", "Subject: bob@example.com has reached the limit for sending mail", "/srv/example.com/mailboxes/bob/Maildir");
        await site.Host.UntilAsync(Soon, "grep", "-rqx", "Subject: bob@example.com has reached the limit for sending mail", "/srv/host.example.net/mailboxes/root/Maildir");
        (await site.Host.ShellAsync("grep -rlx 'Subject: bob@example.com has reached the limit for sending mail' /srv/example.com/mailboxes/bob/Maildir | wc -l")).Trim().ShouldBe("1");
        await site.World.UntilAsync(Soon, "sh", "-c", "test $(grep -c 'to=<friend@elsewhere.test>.*status=sent' /var/log/mail.log) = 3");
    }

    [Theory, Releases]
    public async Task MAIL_103_programs_of_the_host_are_limited_too(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.WriteAsync("/etc/symbiosis/mail.d/ratelimit-local-user", "2/1h\n");
        await site.Host.UntilAsync(Soon, "grep", "-qx", "local-ratelimit: 2/1h", "/var/lib/symbiosis/mail/host-policy");
        const string Send = "printf 'Subject: order\\n\\nHello\\n' | /usr/sbin/sendmail -oem customer@elsewhere.test";

        foreach (var user in new[] { "www-data", "tenant" })
        {
            for (var i = 0; i < 2; i++)
                (await site.Host.As(user).TryRunAsync(["sh", "-c", Send])).Succeeded.ShouldBeTrue(user);
            (await site.Host.As(user).TryRunAsync(["sh", "-c", Send])).Succeeded.ShouldBeFalse(user);
        }

        for (var i = 0; i < 4; i++)
            (await site.Host.TryRunAsync(["sh", "-c", Send])).Succeeded.ShouldBeTrue(); // root's own

        await site.Host.WriteAsync("/etc/symbiosis/mail.d/ratelimit-local-user", "no\n");
        await site.Host.UntilAsync(Soon, "sh", "-c", "! grep -q local-ratelimit /var/lib/symbiosis/mail/host-policy");
        (await site.Host.As("www-data").TryRunAsync(["sh", "-c", Send])).Succeeded.ShouldBeTrue();
    }

    private static Task<Conversation> FromStrangerAsync(Site site, string recipient) => SmtpAsync(site.World, "--local-interface", "198.51.100.7", "--to", recipient, "--quit-after", "RCPT");

    private static Task<Conversation> SubmitAsync(Site site, string login, string password, string recipients) => SmtpAsync(
        site.World, "--port", "587", "--tls", "--auth", "PLAIN", "--auth-user", login, "--auth-password", password, "--from", login, "--to", recipients);
}
