using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// What answers on the primary addresses when a client names no host: for Apache the first virtual host of an address, so it is read before all sites (WEB-8, WEB-24). It shows the certificate
/// of the host and has nothing to give. Its own name can be nobody's (RFC 6761 §6.4).
/// </summary>
internal static class DefaultSite
{
    public static string Render(Host host)
    {
        var addresses = new[] { host.PrimaryIPv4, host.PrimaryIPv6 }.OfType<string>().Select(SiteText.Bracketed).ToList();
        if (addresses.Count == 0)
            return "";
        return $"""

            # Who names no host gets nothing, and over https the certificate of the host: for these the first site of an address is used (WEB-8).
            {VirtualHost(addresses, 80, "")}{VirtualHost(addresses, 443, SiteCertificate.Directives(host.Name) + "\n")}
            """;
    }

    private static string VirtualHost(IEnumerable<string> addresses, int port, string more)
    {
        var answer = new ApacheWriter()
            .Directive("ServerName", "nobody.mass-hosting.invalid")
            .Directive("SetEnvIf", "Request_Protocol", ".", "SYMBIOSIS_SITE=yes")
            .Directive("ErrorLog", WebPaths.ErrorLog)
            .Directive("RewriteEngine", "On")
            .Rewrite("RewriteRule", "^", "-", "[R=404,L]");
        return $"<VirtualHost {string.Join(' ', addresses.Select(address => $"{address}:{port}"))}>\n{HostedMap.Indent(answer.ToString())}\n{more}</VirtualHost>\n";
    }
}
