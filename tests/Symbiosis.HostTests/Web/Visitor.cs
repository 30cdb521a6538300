using System.Globalization;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>What a visitor got.</summary>
internal sealed record Page(int Status, string Body, string Headers);

/// <summary>Visitors and customers of a site: pages are fetched from the world with curl, directories are made as their owners would.</summary>
internal static class Visitor
{
    public const string PrimaryAddress = "192.0.2.1";

    /// <summary>"Soon" of spec/web.md: without a command, by the service that watches.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    /// <summary>Asks for a page of a name at an address of the host.</summary>
    /// <param name="name">Host header as sent; null sends none, with HTTP/1.0.</param>
    public static async Task<Page> GetAsync(this Site site, string? name, string path = "/", string address = PrimaryAddress, string scheme = "http")
    {
        string[] host = name is null ? ["--http1.0", "-H", "Host:"] : ["-H", $"Host: {name}"];
        var outcome = await site.World.TryRunAsync(["curl", "-sk", "-g", "--path-as-is", "--max-time", "30", "-D", "/dev/stderr", "-w", "\n%{http_code}", .. host, $"{scheme}://{address}{path}"]);
        if (!outcome.Succeeded)
            throw new CommandFailedException(outcome);
        var end = outcome.Output.LastIndexOf('\n');
        return new Page(int.Parse(outcome.Output[(end + 1)..], CultureInfo.InvariantCulture), outcome.Output[..end], outcome.Error);
    }

    /// <summary>Asks until the answer has a status, and a body that holds a text.</summary>
    public static Task<Page> SoonAsync(this Site site, string name, int status, string body = "", string path = "/", string address = PrimaryAddress) =>
        Eventually.BecomesAsync(() => site.GetAsync(name, path, address), page => page.Status == status && page.Body.Contains(body, StringComparison.Ordinal), Soon);

    /// <summary>Makes directories and writes files of a domain as the administrator.</summary>
    public static Task PublishAsync(this DebianMachine host, string domain, params (string Path, string Content)[] files) => host.PublishAsAsync("admin", domain, files);

    /// <summary>Makes directories and writes files of a domain as its owner.</summary>
    public static async Task PublishAsAsync(this DebianMachine host, string owner, string domain, params (string Path, string Content)[] files)
    {
        if (owner == "admin")
            await host.RunAsync("runuser", "-u", "admin", "--", "mkdir", "-p", $"/srv/{domain}/public/htdocs", $"/srv/{domain}/config");
        else
            await host.ShellAsync($"install -d -o {owner} -g {owner} /srv/{domain}; runuser -u {owner} -- mkdir -p /srv/{domain}/public/htdocs /srv/{domain}/config");
        foreach (var (path, content) in files)
        {
            var outcome = await host.TryRunAsync(["runuser", "-u", owner, "--", "sh", "-c", """mkdir -p "$(dirname "$1")" && cat >"$1" """, "write", $"/srv/{domain}/{path}"], content);
            if (!outcome.Succeeded)
                throw new CommandFailedException(outcome);
        }
    }

    /// <summary>How often Apache took a new configuration into use since it started.</summary>
    public static async Task<int> ReloadsAsync(this DebianMachine host) =>
        int.Parse(await host.ShellAsync("grep -c 'resuming normal operations' /var/log/apache2/error.log || true"), CultureInfo.InvariantCulture);
}
