using System.Text.Json;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>What the program says about mail, compared with what Exim does.</summary>
public sealed class ExplainTests(Sites sites) : MailTest(sites)
{
    [Theory, Releases]
    public async Task Explain_says_what_Exim_answers(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.ShellAsync("""
            install -d -o admin -g admin /srv/x.hosted.test /srv/x.hosted.test/{config,mailboxes} /srv/x.hosted.test/mailboxes/{bob,fwd,Upper,a+b} /srv/bare.hosted.test
            install -d -o root -g root /srv/x.hosted.test/mailboxes/byroot /srv/rooted.hosted.test
            printf 'info: bob\ngone: :fail: moved\nlater: :defer: wait\nvoid: :blackhole:\nbob: alice\n' | install -o admin -g admin -m 644 /dev/stdin /srv/x.hosted.test/config/aliases
            echo bob | install -o admin -g admin -m 644 /dev/stdin /srv/x.hosted.test/mailboxes/fwd/forward
            ln -s x.hosted.test /srv/alias.hosted.test
            ln -s bob /srv/x.hosted.test/mailboxes/linked
            install -d -o admin -g admin /srv/all.hosted.test/config; chown admin:admin /srv/all.hosted.test
            echo bob@x.hosted.test | install -o admin -g admin -m 644 /dev/stdin /srv/all.hosted.test/config/default_forward
            useradd --create-home gina
            echo 'old.hosted.test: x.hosted.test' > /etc/exim4/rewrites
            """);
        await site.Host.UntilAsync(Soon, "doveadm", "user", "bob@alias.hosted.test");
        await site.Host.UntilAsync(Soon, "test", "-e", "/var/lib/symbiosis/mail/lists/x.hosted.test");
        string[] addresses =
        [
            "bob@x.hosted.test", "BOB+tag@X.Hosted.Test", "fwd@x.hosted.test", "info@x.hosted.test", "info+s@alias.hosted.test", "gone@x.hosted.test", "later@x.hosted.test", "void@x.hosted.test",
            "nobody@x.hosted.test", "upper@x.hosted.test", "Upper@x.hosted.test", "a+b@x.hosted.test", "linked@x.hosted.test", "byroot@x.hosted.test", "postmaster@x.hosted.test",
            "bob@alias.hosted.test", "bob@old.hosted.test", "nobody@old.hosted.test", "any@all.hosted.test", "postmaster@all.hosted.test", "x@bare.hosted.test", "postmaster@bare.hosted.test",
            "x@rooted.hosted.test", "gina@host.example.net", "gina+x@host.example.net", "admin@host.example.net", "root@host.example.net", "nobody2@host.example.net", "postmaster@host.example.net",
            "x@nowhere.hosted.test", "bob@example.com", "nobody@example.com", "a%b@example.com", ".a@example.com", "a/b@example.com",
        ];

        var outcome = await site.Host.TryRunAsync(["symbiosis", "mail", "explain", "--json", .. addresses]);
        var routes = JsonDocument.Parse(outcome.Output).RootElement.EnumerateArray().ToDictionary(
            route => route.GetProperty("address").GetString().ShouldNotBeNull(), route => (End: route.GetProperty("end").GetString(), Verdict: route.GetProperty("verdict").GetString()));

        var answers = await PythonAsync(site.World, """
            import smtplib, sys
            with smtplib.SMTP("192.0.2.1", timeout=60) as s:
                s.ehlo("client.stranger.test")
                s.mail("a@stranger.test")
                for address in sys.argv[1:]:
                    print(address, s.rcpt(address)[0])
            """, addresses);
        foreach (var line in answers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (address, code) = (line.Split(' ')[0], line.Split(' ')[1]);
            routes[address].End.ShouldBe(code switch { "250" => "Accepted", "451" => "Deferred", _ when routes[address].End == "Elsewhere" && code == "550" => "Elsewhere", _ => "Refused" }, $"{address}: {code}, {routes[address].Verdict}");
        }

        // Exim's own account of where it ends.
        foreach (var address in addresses.Where(address => routes[address].Verdict?.StartsWith("stored in ", StringComparison.Ordinal) == true))
        {
            var mailbox = routes[address].Verdict![10..]; // Where() saw that it is there
            var test = (await site.Host.TryRunAsync(["exim4", "-bt", address])).Output;
            test.ShouldMatch(mailbox switch
            {
                "/var/mail/mail" => "symbiosis_root_mailbox",
                _ when mailbox.StartsWith("/home/", StringComparison.Ordinal) => "router = symbiosis_user(_direct)?,",
                _ => "router = symbiosis_mailbox(_direct)?,",
            }, address);
        }
    }

    [Theory, Releases]
    public async Task The_queue_says_what_waits_and_why(Debian release)
    {
        var site = await OwnMailSiteAsync(release);
        await site.Host.UntilAsync(Soon, "sh", "-c", "symbiosis mail queue | grep -qx 'No mail waits.'"); // a machine that has just booted may have something to say

        await site.Host.ShellAsync("printf 'Subject: out\\n\\nHello\\n' | sendmail -f bob@example.com later@elsewhere.test");
        await site.Host.UntilAsync(Soon, "sh", "-c", "symbiosis mail queue | grep -q 451");
        var queue = (await site.Host.TryRunAsync(["symbiosis", "mail", "queue"])).Output;

        queue.ShouldContain("from bob@example.com");
        queue.ShouldContain("\n  to later@elsewhere.test\n");
        queue.ShouldMatch("[1-9][0-9]* waiting\\.");
        var json = JsonDocument.Parse((await site.Host.TryRunAsync(["symbiosis", "mail", "queue", "--json"])).Output).RootElement;
        json.EnumerateArray().ShouldContain(message => message.GetProperty("recipients")[0].GetString() == "later@elsewhere.test");
    }
}
