using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Mail that leaves: source addresses, signatures, long lines (cases 20 and 21 of the rules for mail).</summary>
public sealed class OutgoingTests(Sites sites) : MailTest(sites)
{
    [Theory, Releases]
    public async Task Case_20_a_domains_mail_leaves_from_its_own_address(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.ShellAsync("""
            interface=$(ip -o route get 192.0.2.53 | sed 's/.* dev \([^ ]*\).*/\1/')
            ip address add 192.0.2.77/24 dev $interface
            ip address add 2001:db8::77/64 dev $interface nodad preferred_lft 0
            """);
        await site.Host.Admin.WriteAsync("/srv/example.com/config/ip", "192.0.2.77\n2001:db8::77\n");
        await site.Host.RunAsync("symbiosis", "apply");
        (await site.Host.ReadAsync("/var/lib/symbiosis/mail/policy/example.com")).ShouldBe("source: 192.0.2.77;2001:db8::77\n");

        await SendAsync(site, "bob@example.com", "own@elsewhere.test");
        await SendAsync(site, "carol@example.org", "other@elsewhere.test");

        (await ReceivedFromAsync(site, "own@elsewhere.test")).ShouldContain("2001:db8::77]");
        (await ReceivedFromAsync(site, "other@elsewhere.test")).ShouldNotContain("::77]");

        // An address that is not here: told, and the mail still leaves.
        await site.Host.WriteAsync("/etc/symbiosis/config/ips", "192.0.2.99\n");
        await site.Host.RunAsync("symbiosis", "apply");
        (await site.Host.TryRunAsync(["symbiosis", "plan"])).ToString().ShouldContain("/etc/symbiosis/config/ips: warning MAIL015");
        await SendAsync(site, "carol@example.org", "third@elsewhere.test");
        await ReceivedFromAsync(site, "third@elsewhere.test");
    }

    [Theory, Releases]
    public async Task Case_21_mail_is_signed_for_the_domain_of_From_and_only_by_who_may_speak_for_it(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        var shown = await site.Host.RunAsync("symbiosis", "mail", "dkim", "example.com", "--selector", "sel_1.x");
        shown.ShouldContain("sel_1.x._domainkey.example.com");
        (await site.Host.ShellAsync("stat --format='%n %U:%G %a' /srv/example.com/config/dkim*")).ShouldBe(
            "/srv/example.com/config/dkim admin:admin 644\n/srv/example.com/config/dkim.key admin:admin 600\n");
        (await site.Host.RunAsync("symbiosis", "mail", "dkim", "example.com")).ShouldBe(shown); // shows what is there
        await site.Host.UntilAsync(Soon, "test", "-e", "/var/lib/symbiosis/mail/dkim/example.com");
        (await site.Host.RunAsync("stat", "--format=%U:%G %a", "/var/lib/symbiosis/mail/dkim/example.com")).Trim().ShouldBe("root:Debian-exim 640");
        await site.World.ShellAsync("""
            set -- $(sed 's/.*"v=DKIM1; k=rsa; p=\(.*\)".*/\1/; s/" "//g' | fold -w 200)
            data='"v=DKIM1; k=rsa; p="'; for part; do data="$data \"$part\""; done
            dns-record set sel_1.x._domainkey.example.com TXT $data
            """.Replace("set -- $(sed", $"set -- $(printf '%s' '{shown.Replace("\n", " ", StringComparison.Ordinal)}' | sed", StringComparison.Ordinal));

        // From decides, not the envelope; an alias list or a forward file signs nothing of strangers.
        (await SubmitAsync(site, "bob@example.com", "bobpass", "bob@example.com", "signed@elsewhere.test")).LastAnswer.ShouldStartWith("250 ");
        (await SubmitAsync(site, "carol@example.org", "carol has spaces", "bob@example.com", "forged@elsewhere.test")).LastAnswer.ShouldStartWith("250 ");
        (await SubmitAsync(site, "carol@example.org", "carol has spaces", "carol@example.org", "unsigned@elsewhere.test")).LastAnswer.ShouldStartWith("250 ");
        await site.Host.Admin.WriteAsync("/srv/example.com/mailboxes/alice/forward", "forwarded@elsewhere.test\n");
        (await SmtpAsync(site.World, "--to", "alice@example.com", "--header", "From: bob@example.com")).LastAnswer.ShouldStartWith("250 ");
        await site.Host.As("admin").ShellAsync("printf 'From: shop@example.com\\nTo: x@elsewhere.test\\nSubject: order\\n\\nHello\\n' | /usr/sbin/sendmail owner@elsewhere.test");
        await site.Host.As("tenant").ShellAsync("printf 'From: shop@example.com\\nTo: x@elsewhere.test\\nSubject: order\\n\\nHello\\n' | /usr/sbin/sendmail tenant@elsewhere.test");

        foreach (var (recipient, isSigned) in new[] { ("signed", true), ("forged", false), ("unsigned", false), ("forwarded", false), ("owner", true), ("tenant", false) })
        {
            await ReceivedFromAsync(site, $"{recipient}@elsewhere.test");
            var message = await MessageAsync(site, $"{recipient}@elsewhere.test");
            message.Contains("DKIM-Signature: v=1; a=rsa-sha256;", StringComparison.Ordinal).ShouldBe(isSigned, recipient);
            if (isSigned)
                string.Concat(message.Split((char[]?)null)).ShouldContain("c=relaxed/relaxed;d=example.com;s=sel_1.x;");
        }

        // Exim checks signatures of mail that comes in, so the message goes back and is looked at there: as it is, and altered.
        await site.World.ShellAsync("""
            file=$(grep -rl '^Delivered-To: signed@elsewhere.test$' /var/mail/world/new)
            sed '1,/^Delivered-To:/d' "$file" > /tmp/good; sed 's/^Subject: /Subject: altered /' /tmp/good > /tmp/bad
            for message in good bad; do swaks --server 192.0.2.1 --from x@elsewhere.test --to bob@example.com --data @/tmp/$message; done
            """);
        await site.Host.UntilAsync(Soon, "grep", "-Eq", "<= x@elsewhere.test .*DKIM=example.com|DKIM: d=example.com s=sel_1.x .*verification succeeded", "/var/log/exim4/mainlog");
        await site.Host.UntilAsync(Soon, "grep", "-Eq", "DKIM: validation error: Public key signature verification has failed|DKIM: d=example.com s=sel_1.x .*verification failed", "/var/log/exim4/mainlog");

        await site.Host.Admin.WriteAsync("/srv/example.com/config/dkim", "");
        await site.Host.UntilAsync(Soon, "grep", "-qx", "dkim: host", "/var/lib/symbiosis/mail/policy/example.com");
        await site.Host.Admin.WriteAsync("/srv/example.com/config/dkim.key", "rubbish\n");
        await site.Host.UntilAsync(Soon, "sh", "-c", "! test -e /var/lib/symbiosis/mail/dkim/example.com");
        (await site.Host.TryRunAsync(["symbiosis", "plan"])).ToString().ShouldContain("MAIL017");
    }

    [Theory, Releases]
    public async Task MAIL_113_long_lines_are_sent_on(Debian release)
    {
        var site = await MailSiteAsync(release);
        await site.Host.ShellAsync("(printf 'Subject: long\\nTo: long@elsewhere.test\\n\\n'; head -c 5000 /dev/zero | tr '\\0' y; echo) | sendmail -f bob@example.com long@elsewhere.test");

        await ReceivedFromAsync(site, "long@elsewhere.test");
        (await MessageAsync(site, "long@elsewhere.test")).Count(c => c == 'y').ShouldBeGreaterThanOrEqualTo(5000);
    }

    private static Task<string> SendAsync(Site site, string sender, string recipient) =>
        site.Host.ShellAsync($"printf 'Subject: out\\n\\nHello\\n' | sendmail -f {sender} {recipient}");

    private static Task<Conversation> SubmitAsync(Site site, string login, string password, string from, string recipient) => SmtpAsync(
        site.World, "--port", "587", "--tls", "--auth", "PLAIN", "--auth-user", login, "--auth-password", password, "--from", login, "--header", $"From: {from}", "--to", recipient);

    // The last Received line, which the receiver wrote, when the message is there.
    private static async Task<string> ReceivedFromAsync(Site site, string recipient)
    {
        await site.World.UntilAsync(Soon, "grep", "-rq", $"^Delivered-To: {recipient}$", "/var/mail/world/new");
        return await site.World.ShellAsync($"sed -n '/^Received: /{{p;q}}' $(grep -rl '^Delivered-To: {recipient}$' /var/mail/world/new)");
    }

    private static Task<string> MessageAsync(Site site, string recipient) => site.World.ShellAsync($"cat $(grep -rl '^Delivered-To: {recipient}$' /var/mail/world/new)");
}
