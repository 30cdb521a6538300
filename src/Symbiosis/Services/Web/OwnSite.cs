using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>The site of one domain (WEB-21 to WEB-25), for a domain whose <c>config/ip</c> names only addresses that are not the primary ones.</summary>
internal static class OwnSite
{
    public static HostPath PathOf(DomainName domain) => WebPaths.SiteAvailable(domain.Value);

    /// <summary>The row of WEB-21 without a certificate: htdocs exists, and no address of the domain is a primary address.</summary>
    public static bool IsWantedBy(Domain domain, DomainAddresses addresses, Host host) =>
        addresses.AreOwn && !addresses.IncludePrimary(host) && domain.Tree[WebModule.DocumentRootPath].Kind == NodeKind.Directory && !MassHostingSite.TakesFileOf(domain.Name);

    public static RenderedFile? Render(Domain domain, DomainAddresses addresses, Host host, ICollection<Diagnostic> diagnostics)
    {
        var names = SiteText.CommonNames(host);
        var ips = addresses.All.Select(SiteText.Bracketed).ToArray();
        names["domain"] = new DomainNames(domain);
        names["ips"] = ips;
        names["ip"] = ips[0];
        names["server_aliases"] = string.Join('\n', domain.OtherNames.Select(name => $"  ServerAlias {name}").Append($"  ServerAlias {domain.Name}.testing.{host.Name}"));
        names["domain_directory"] = domain.Directory.Value;
        names["htdocs_directory"] = WebPaths.DocumentRoot(domain.Directory);
        names["cgibin_directory"] = $"{domain.Directory}/public/cgi-bin";
        names["mandatory_ssl"] = false;
        names["error_log"] = SiteText.SplitterCommand(host, $"-l error.log {WebPaths.ErrorLog}");
        names["hosted_map"] = HostedMap.ForDomain(host, domain.Name);
        return SiteTemplate.NonSsl.Fill(host, names, diagnostics) is not { } text ? null : new RenderedFile
        {
            Path = PathOf(domain.Name),
            Content = text,
            EnabledLink = WebPaths.SiteEnabled(domain.Name.Value),
            Because = $"{domain.PathOf(DomainAddresses.SettingPath)} (WEB-21)",
            Daemon = WebModule.ApacheDaemon,
        };
    }

    /// <summary>What is wrong with the template, found by filling it for a domain that exists nowhere.</summary>
    public static IEnumerable<Diagnostic> TryTemplate(Host host)
    {
        var diagnostics = new List<Diagnostic>();
        var sample = new Domain
        {
            Name = DomainName.Parse("example.com"),
            Directory = HostPath.Parse("/srv/example.com"),
            Owner = new Owner(host.AdminUid, host.AdminUid, "admin", "admin"),
            Tree = new DomainTree([], [], []),
        };
        Render(sample, new DomainAddresses { All = ["192.0.2.7"], AreOwn = true }, host, diagnostics);
        return diagnostics;
    }

    // In a template {{domain}} is the name and {{domain.log_dir}} a part of it; the spelling of the parts is that of WEB-30.
#pragma warning disable CA1707, IDE1006
    private sealed class DomainNames(Domain domain)
    {
        public string log_dir => $"{domain.Directory}/public/logs";

        public string stats_dir => $"{WebPaths.DocumentRoot(domain.Directory)}/stats";

        public string[] aliases => [.. domain.OtherNames.Select(name => name.Value)];

        public override string ToString() => domain.Name.Value;
    }
#pragma warning restore CA1707, IDE1006
}
