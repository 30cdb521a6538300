using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>What decides about a request, in the order in which it counts.</summary>
/// <param name="File">The file or directory that decides.</param>
/// <param name="Found">What is there, and what that means.</param>
public sealed record WebRouteStep(string File, string Found);

/// <summary>Who answers a request.</summary>
/// <param name="Asked">The name or URL.</param>
/// <param name="Steps">What decided.</param>
/// <param name="Verdict">What the visitor gets, in words.</param>
/// <param name="IsServed">False when nobody but the host itself answers.</param>
public sealed record WebRoute(string Asked, ValueList<WebRouteStep> Steps, string Verdict, bool IsServed);

/// <summary>Says what visitors of a name or URL get and which file decides it, by the rules that Apache is given (WEB-1 to WEB-9, WEB-21). It asks no Apache and follows no <c>.htaccess</c>.</summary>
/// <param name="host">The host.</param>
/// <param name="find">The domain of a name in <c>/srv</c>, also of an alias; null when there is none.</param>
public sealed class WebRouteFinder(Host host, Func<DomainName, Domain?> find)
{
    private const string Acme = "/.well-known/acme-challenge/";
    private const string DefaultPage = "/.default-page/";

    /// <summary>Who answers.</summary>
    /// <param name="asked">A host name, with or without scheme and path.</param>
    public WebRoute Find(string asked)
    {
        var steps = new List<WebRouteStep>();
        var (scheme, name, path) = Split(asked);
        if (!DomainName.TryParse(name, out var wanted))
            return new WebRoute(asked, [], $"404: '{Printable.Text(name)}' cannot be the name of a domain", false);
        if (FindDomain(wanted, steps) is not { } domain)
            return new WebRoute(asked, steps.ToValueList(), $"404 from the site for all unknown names, {WebPaths.SiteAvailable(MassHostingSite.Name)}", false);
        steps.Add(SiteOf(domain));
        var (verdict, isServed) = Serve(domain, scheme, path, steps);
        return new WebRoute(asked, steps.ToValueList(), verdict, isServed);
    }

    /// <summary>Why a domain has a site of its own, is covered by mass hosting, or has none (WEB-21).</summary>
    public WebRouteStep SiteOf(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var addresses = DomainAddresses.Of(domain, host);
        var listed = domain.PathOf(DomainAddresses.SettingPath);
        if (OwnSite.IsWantedBy(domain, addresses, host))
        {
            return addresses.AreOwn && !addresses.IncludePrimary(host)
                ? new WebRouteStep(listed, $"names {string.Join(", ", addresses.All.ToArray())} and no primary address: a site of its own, {OwnSite.PathOf(domain.Name)}")
                : new WebRouteStep(OwnSite.PathOf(domain.Name).Value, "a site of its own (WEB-21)");
        }

        if (!App.IsAskedFor(domain) && domain.Tree[WebModule.DocumentRootPath].Kind != NodeKind.Directory)
            return new WebRouteStep(domain.PathOf(WebModule.DocumentRootPath), "is no directory: no site, every page is a 404");
        return addresses.AreOwn && !addresses.IncludePrimary(host)
            ? new WebRouteStep(domain.Directory.Value, "has the name of one of our own site files: no site of its own, mass hosting serves it")
            : new WebRouteStep(addresses.AreOwn ? listed : domain.PathOf(DomainAddresses.SettingPath), $"{(addresses.AreOwn ? "names a primary address" : "names no address")}: mass hosting serves it, {WebPaths.SiteAvailable(MassHostingSite.Name)}");
    }

    private static (string Scheme, string Name, string Path) Split(string asked)
    {
        var scheme = asked.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        var rest = asked.IndexOf("://", StringComparison.Ordinal) is var mark and >= 0 ? asked[(mark + 3)..] : asked;
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var name = slash < 0 ? rest : rest[..slash];
        if (name.LastIndexOf(':') is var colon and >= 0)
            name = name[..colon];
        return (scheme, name.TrimEnd('.').ToLowerInvariant(), slash < 0 ? "/" : rest[slash..].Split('?', '#')[0]);
    }

    private Domain? FindDomain(DomainName wanted, List<WebRouteStep> steps)
    {
        var testing = $".testing.{host.Name}";
        var isTesting = wanted.Value.EndsWith(testing, StringComparison.Ordinal);
        var name = isTesting ? wanted.Value[..^testing.Length] : wanted.Value;
        while (DomainName.TryParse(name, out var here))
        {
            var directory = $"/srv/{here}";
            if (find(here) is { } domain)
            {
                steps.Add(new WebRouteStep(directory, here == domain.Name ? $"is a domain of {domain.Owner.UserName}" : $"is another name of {domain.Name}"));
                return domain;
            }

            steps.Add(new WebRouteStep(directory, "is no domain"));
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            if (isTesting || dot < 0)
                return null;
            name = name[(dot + 1)..];
        }

        return null;
    }

    private (string Verdict, bool IsServed) Serve(Domain domain, string scheme, string path, List<WebRouteStep> steps)
    {
        if (path.StartsWith(Acme, StringComparison.Ordinal))
            return ($"the host itself, from {WebPaths.AcmeChallenges}", true);
        if (path.StartsWith(DefaultPage, StringComparison.Ordinal))
            return ($"the host itself, from {WebPaths.StaticFiles}", true);
        if (App.IsAskedFor(domain))
        {
            var found = new List<Diagnostic>();
            if (App.Read(domain, found) is not { } app)
            {
                steps.Add(new WebRouteStep(domain.PathOf(App.SettingPath), found[^1].Message));
                return ("502 or 503, because the program cannot be started", false);
            }

            steps.Add(new WebRouteStep(domain.PathOf(App.SettingPath), app.Socket is null ? $"the site is a program: {AppUnits.ProgramUnit(domain.Name)}" : $"the site is a program that listens on {app.Socket}"));
            return ("the program", true);
        }

        if (domain.Tree[WebModule.DocumentRootPath].Kind != NodeKind.Directory)
            return ("404", false);
        if (path.StartsWith("/cgi-bin/", StringComparison.Ordinal))
            return ($"the script {domain.Directory}/public{path}, run as {RunsAs(domain)}", true);
        if (path.EndsWith(".php", StringComparison.Ordinal) || path.EndsWith(".phtml", StringComparison.Ordinal))
        {
            var chosen = PhpVersion.ChosenBy(domain, host, []);
            if (chosen is not null)
                steps.Add(new WebRouteStep(domain.PathOf(PhpVersion.SettingPath), $"chooses PHP {chosen.Text}"));
            return ((chosen ?? PhpVersion.On(host)) is { } php ? $"{WebPaths.DocumentRoot(domain.Directory)}{path}, run by PHP {php.Text} as {RunsAs(domain)}" : "403, because no PHP is installed", true);
        }

        return ($"{WebPaths.DocumentRoot(domain.Directory)}{path} over {scheme}; a .htaccess there may say otherwise", true);
    }

    private string RunsAs(Domain domain) => domain.Owner.Uid == host.AdminUid ? "www-data" : domain.Owner.UserName;
}
