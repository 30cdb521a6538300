using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// The mass-hosting sites (WEB-26): every hosted name that reaches the host on an address without a site of its own. They listen on any address (<c>*</c>), because the catch-all must
/// answer whatever address the host has by now (WEB-8, WEB-68), and on the primary ones by number, because Apache prefers a virtual host that names the address.
/// </summary>
internal static class MassHostingSite
{
    public const string Name = "zz-mass-hosting";
    public const string SslName = "zz-mass-hosting.ssl";

    /// <summary>Domains that cannot be given a site, because its file is taken (WEB-23).</summary>
    public static bool TakesFileOf(DomainName domain) => domain.Value is Name or SslName;

    public static RenderedFile? Render(Host host, ICollection<Diagnostic> diagnostics) => Render(host, SiteTemplate.MassHosting, Name, [], diagnostics);

    public static RenderedFile? RenderSsl(Host host, ICollection<Diagnostic> diagnostics) =>
        Render(host, SiteTemplate.MassHostingSsl, SslName, [new("ssl_config", SiteCertificate.Directives(host.Name))], diagnostics);

    private static RenderedFile? Render(Host host, SiteTemplate template, string name, ValueList<KeyValuePair<string, object>> more, ICollection<Diagnostic> diagnostics)
    {
        var names = SiteText.CommonNames(host);
        names["ips"] = new[] { host.PrimaryIPv4, host.PrimaryIPv6 }.OfType<string>().Select(SiteText.Bracketed).ToArray();
        names["error_log"] = WebPaths.ErrorLog;
        foreach (var (key, value) in more)
            names[key] = value;
        names["sites"] = new[]
        {
            // First the www forms: Apache takes the first name that matches. Its own name can be nobody's (RFC 6761 §6.4), because it stands in the log for requests without a name.
            Site("www.mass-hosting.invalid", "www.*", "/srv/%2+/public/htdocs", HostedMap.ForWwwNames(host)),
            Site(host.Name.Value, "*", "/srv/%0/public/htdocs", HostedMap.ForExactNames(host)),
        };
        return template.Fill(host, names, diagnostics) is not { } text ? null : new RenderedFile
        {
            Path = WebPaths.SiteAvailable(name),
            Content = text,
            EnabledLink = WebPaths.SiteEnabled(name),
            Because = $"{template.Path} (WEB-26)",
            Daemon = WebModule.ApacheDaemon,
        };
    }

    private static Dictionary<string, object> Site(string name, string alias, string documentRoot, string map) => new(StringComparer.Ordinal)
    {
        ["server_name"] = name,
        ["server_alias"] = alias,
        ["document_root"] = documentRoot,
        ["hosted_map"] = map,
    };
}
