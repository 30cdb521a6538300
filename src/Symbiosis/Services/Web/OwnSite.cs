using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>
/// The site of one domain (WEB-21 to WEB-25): for a domain with a certificate of its own, and for one whose <c>config/ip</c> names only addresses that are not the primary ones.
/// </summary>
internal static class OwnSite
{
    public static HostPath PathOf(DomainName domain) => WebPaths.SiteAvailable(domain.Value);

    /// <summary>The table of WEB-21: htdocs exists, and the domain has a usable certificate or no address that is a primary one.</summary>
    public static bool IsWantedBy(Domain domain, DomainAddresses addresses, Host host) =>
        (domain.Certificate is not null || (addresses.AreOwn && !addresses.IncludePrimary(host))) && addresses.All.Count > 0 && (domain.Tree[WebModule.DocumentRootPath].Kind == NodeKind.Directory || App.IsAskedFor(domain)) && !MassHostingSite.TakesFileOf(domain.Name);

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
        var httpsOnly = HttpsOnly.Of(domain);
        names["mandatory_ssl"] = httpsOnly is not null;
        names["error_log"] = SiteText.SplitterCommand(host, $"-l error.log {WebPaths.ErrorLog}");
        names["hosted_map"] = HostedMap.ForDomain(host, domain.Name, isShared: !addresses.AreOwn);
        if (domain.Certificate is not null)
        {
            names["ssl_error_log"] = SiteText.SplitterCommand(host, $"-l ssl_error.log {WebPaths.ErrorLog}");
            names["ssl_config"] = SiteCertificate.Directives(domain.Name);
            names["ssl_redirect"] = httpsOnly is null ? "" : HttpsOnly.Redirect(domain, host);
            names["ssl_header"] = httpsOnly?.Header() ?? "";
        }

        return (domain.Certificate is null ? SiteTemplate.NonSsl : SiteTemplate.Ssl).Fill(host, names, diagnostics) is not { } text ? null : new RenderedFile
        {
            Path = PathOf(domain.Name),
            Content = text,
            EnabledLink = LinkOf(domain.Name),
            Because = domain.Certificate is null ? $"{domain.PathOf(DomainAddresses.SettingPath)} (WEB-21)" : $"{domain.Name} has a certificate of its own (WEB-21)",
            Daemon = WebModule.ApacheDaemon,
        };
    }

    // Apache takes the first site with a name that matches, in the order of the links, and the names of the mass-hosting sites match everything (WEB-24). No domain's name begins like this one.
    private static HostPath LinkOf(DomainName domain) =>
        WebPaths.SiteEnabled(string.CompareOrdinal(domain + ".conf", MassHostingSite.Name + ".conf") < 0 ? domain.Value : "zz+" + domain);

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
        var addresses = new DomainAddresses { All = ["192.0.2.7"], AreOwn = true };
        Render(sample, addresses, host, diagnostics);
        Render(sample with { Certificate = new PublishedCertificate(host.ReadAt, ["example.com"], IsSelfSigned: false) }, addresses, host, diagnostics);
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
