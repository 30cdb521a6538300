using System.Globalization;
using System.Text.Json;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Core;

/// <summary>Every change is live in under a second, whatever else is on the host, and no daemon is reloaded for it.</summary>
public sealed class LiveTests(Sites sites) : HostTest(sites)
{
    private const int Tries = 50;

    [Theory, Releases]
    public async Task A_new_page_and_a_new_mailbox_are_live_within_a_second_among_1000_domains_without_a_reload(Debian release)
    {
        var host = (await OwnSiteAsync(release)).Host;
        await host.Admin.ShellAsync(
            """
            cd /srv
            for i in $(seq 1000); do mkdir -p d$i.example/public/htdocs d$i.example/mailboxes/bob; done
            """);
        await host.UntilAsync(TimeSpan.FromSeconds(180), "test", "-e", "/var/lib/symbiosis/web/names/d1000.example");
        await host.UntilAsync(TimeSpan.FromSeconds(180), "doveadm", "user", "bob@d1000.example");
        var reloadsBefore = await ReloadsAsync(host);

        // Measured inside the machine, so that the way into it does not count.
        var measured = await host.TryRunAsync(["bash", "-euc", $$"""
            now() { date +%s%N; }
            for i in $(seq {{Tries}}); do
              name=new$i.example
              start=$(now)
              install -d -o admin -g admin /srv/$name /srv/$name/public /srv/$name/public/htdocs
              echo "page $i" > /srv/$name/public/htdocs/index.html
              until [ "$(curl -s -H "Host: $name" http://127.0.0.1/)" = "page $i" ]; do :; done
              page=$(( ($(now) - start) / 1000 ))
              start=$(now)
              install -d -o admin -g admin /srv/$name/mailboxes /srv/$name/mailboxes/eve
              until doveadm user eve@$name >/dev/null 2>&1; do :; done
              mailbox=$(( ($(now) - start) / 1000 ))
              echo "$page $mailbox"
            done
            """], timeout: TimeSpan.FromMinutes(5));
        measured.Succeeded.ShouldBeTrue(measured.ToString());

        var lines = measured.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture) / 1000).ToArray()).ToList();
        lines.Count.ShouldBe(Tries);
        Print("page", [.. lines.Select(line => line[0])]);
        Print("mailbox", [.. lines.Select(line => line[1])]);
        Median([.. lines.Select(line => line[0])]).ShouldBeLessThan(1000);
        Median([.. lines.Select(line => line[1])]).ShouldBeLessThan(1000);
        (await host.RunAsync("swaks", "--server", "127.0.0.1", "--to", "eve@new1.example", "--from", "a@elsewhere.test", "--quit-after", "RCPT")).ShouldContain("250 Accepted");
        (await ReloadsAsync(host)).ShouldBe(reloadsBefore);
    }

    private static void Print(string what, double[] milliseconds) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: median {Median(milliseconds):0} ms, worst {milliseconds.Max():0} ms of {milliseconds.Length}");

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static async Task<string> ReloadsAsync(DebianMachine host)
    {
        using var status = JsonDocument.Parse((await host.TryRunAsync(["symbiosis", "status", "--json"])).Output);
        return status.RootElement.GetProperty("reloads").ToString();
    }
}
