using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>Web sites: <c>/srv/DOMAIN/public/htdocs</c> is what visitors of DOMAIN see. Apache serves, php-fpm runs PHP.</summary>
public sealed class WebModule : IServiceModule
{
    internal const string ModuleName = "web";
    internal const string ApacheDaemon = "apache2";
    internal const string PhpDaemon = "php-fpm";
    internal const string ScriptDaemon = "cgi";
    internal const string DocumentRootPath = "public/htdocs";

    internal static readonly DiagnosticKind AddressSkipped = new("WEB001", Severity.Warning, "A word in config/ip cannot be used as an address and is skipped");

    internal static readonly DiagnosticKind AddressNotHere = new("WEB002", Severity.Warning, "An address in config/ip is not configured on this host, so nobody reaches the site there");

    internal static readonly DiagnosticKind NameTaken = new("WEB005", Severity.Warning, "The domain has the name of one of our own site files and cannot be given a site");

    private readonly PlainPasswords _passwords = new();

    private static readonly HostPath ApacheRoot = HostPath.Parse(WebPaths.Apache);

    /// <inheritdoc />
    public string Name => ModuleName;

    /// <inheritdoc />
    public ValueList<Setting> Settings { get; } =
    [
        new(DocumentRootPath, SettingForm.Directory, "What visitors of the domain see; index.html or index.php is the first page") { Default = "absent: every URL answers 404" },
        new(DomainAddresses.SettingPath, SettingForm.Text, "Addresses of this domain, separated by white space") { Default = "the primary addresses of the host", Example = "192.0.2.7 2001:db8::7" },
        new(HttpsOnly.SettingPath, SettingForm.Text, "Visitors are sent to https; a number in it is for how many seconds browsers remember that") { Example = "31536000" },
        new(TlsPolicy.Path, SettingForm.Text, "TLS protocols and ciphers of Apache: intermediate or modern") { Default = "intermediate", Example = "modern" },
        .. LogSettings.All,
        new(App.SettingPath, SettingForm.Text, "The site is a program: the command that starts it, or unix:PATH of a socket in the domain's directory") { Default = "absent: the pages in public/htdocs", Example = "bin/server --bind unix:$SOCKET" },
        new(App.PortPath, SettingForm.Text, "TCP port on which the program of config/app listens, in a network of its own") { Default = "absent: it listens on the socket $SOCKET", Example = "3000" },
        new(OwnerLimits.SettingPath, SettingForm.Text, "Limits of all code of the domain's owner together") { Default = "those of the administrator", Example = "memory 512M" },
        new(PhpVersion.SettingPath, SettingForm.Text, "The PHP that runs the domain's pages, such as 8.2") { Default = "the newest that is installed", Example = "8.2" },
        new(WebPaths.Templates, SettingForm.DirectoryOfTexts, "Templates of Apache's site files") { Default = "the shipped templates" },
        .. ProtectedAreas.Settings,
    ];

    /// <inheritdoc />
    public ValueList<string> Packages => ["apache2", "php*-fpm", "fcgiwrap", "goaccess", "webalizer", "systemd", .. HostProgram.Packages];

    /// <inheritdoc />
    public ValueList<DiagnosticKind> Diagnostics { get; } =
    [
        AddressSkipped, AddressNotHere, SiteTemplate.Broken, SiteTemplate.Leftover, NameTaken, TlsPolicy.Unknown, TlsPolicy.Modern, HttpsOnly.NoCertificate, HttpsOnly.BadAge,
        LogSettings.NoEngine, LogSettings.NoNumberOfDays, .. ProtectedAreas.Kinds,
        App.Unusable, App.PortAlone, App.NotRunning, PhpVersion.NotInstalled, OwnerLimits.LineSkipped, OwnerLimits.AboveMost,
    ];

    /// <inheritdoc />
    public ValueList<SupervisedUnits> Supervised { get; } = [new(AppUnits.Template, App.SettingPath, App.NotRunning)];

    /// <inheritdoc />
    public ValueList<Daemon> Daemons(Host host)
    {
        var daemons = new List<Daemon>();
        if (IsInstalled(host))
            daemons.Add(Apache);
        daemons.AddRange(PhpVersion.AllOn(host).Select(php => Php(php, host)));
        if (OwnerSockets.RunScripts(host))
            daemons.Add(ScriptRunner);
        if (IsInstalled(host))
            daemons.Add(Programs);
        return daemons.ToValueList();
    }

    /// <inheritdoc />
    public DomainRendering RenderDomain(Domain domain, Host host)
    {
        if (!IsInstalled(host))
            return DomainRendering.Empty;
        var addresses = DomainAddresses.Of(domain, host);
        var diagnostics = FindFaults(domain, addresses, host);
        var php = PhpVersion.ChosenBy(domain, host, diagnostics);
        var app = App.Read(domain, diagnostics);
        // With a mistake in config/app, visitors must not be shown the program's source instead of what it makes.
        var files = HostedNames.Render(domain, php, App.IsAskedFor(domain)).ToList();
        if (app is not null)
            files.AddRange(AppUnits.Render(domain, app, host));
        var held = new List<HostPath>();
        if (CustomerLimits.AreNeededBy(domain, host))
            files.Add(CustomerLimits.Render(domain));
        if (OwnSite.IsWantedBy(domain, addresses, host))
        {
            // What is wrong with the template concerns all domains and is reported once, for the host.
            if (OwnSite.Render(domain, addresses, host, []) is { } site)
                files.Add(site);
            else
                held.Add(OwnSite.PathOf(domain.Name));
        }

        var areas = new ProtectedAreas(domain, host, _passwords).Render();
        return new DomainRendering
        {
            Files = [.. files, .. areas.Files],
            Held = [.. held, .. areas.Held],
            Loads = domain.Certificate is { } certificate && OwnSite.IsWantedBy(domain, addresses, host)
                ? [SiteCertificate.LoadOf(domain.Name, certificate, domain.OtherNames.Prepend(domain.Name).Where(certificate.Covers), addresses.All.Where(host.Addresses.Contains))]
                : [],
            Contributions = [.. OwnerUnits.WantedBy(domain, php), .. OwnerLimits.WantedBy(domain, host, diagnostics)],
            Diagnostics = [.. diagnostics, .. HttpsOnly.FindFaults(domain), .. areas.Diagnostics],
            TreeChanges = IsToBeClosed(domain, host)
                ? [.. areas.TreeChanges, new TreeChange.CloseToOthers(domain.Name, ["www-data", "Debian-exim"], "code of other owners runs on this host and must not read it (WEB-66)")]
                : areas.TreeChanges,
        };
    }

    /// <inheritdoc />
    public HostRendering RenderHost(Host host, ValueList<Contribution> contributions)
    {
        if (!IsInstalled(host))
            return new HostRendering();
        var diagnostics = new List<Diagnostic>([.. SiteTemplate.FindLeftovers(host), .. TlsPolicy.FindFaults(host), .. LogSettings.FindFaults(host)]);
        var files = new List<RenderedFile> { ServerSettings.Render(host), ProtectedAreas.Place };
        var links = new List<RenderedLink>();
        var held = new List<HostPath>();
        Keep(MassHostingSite.Render(host, diagnostics), MassHostingSite.Name);
        Keep(MassHostingSite.RenderSsl(host, diagnostics), MassHostingSite.SslName); // the host always has a certificate, if need be one that is made in the same apply (TLS-52)
        diagnostics.AddRange(OwnSite.TryTemplate(host));
        diagnostics.AddRange(OwnerLimits.FindFaults(host));
        var owners = OwnerUnits.Owners(host, contributions);
        files.AddRange(OwnerLimits.Render(host, owners, contributions));
        foreach (var php in PhpVersion.AllOn(host))
        {
            files.AddRange(OwnerUnits.RenderPhp(php, NameOf(php, host), host));
            links.AddRange(OwnerUnits.EnableSockets(OwnerSockets.Php(php), php == PhpVersion.On(host) ? [.. owners, .. HostProgram.On(host).Count > 0 ? [HostProgram.Owner] : Array.Empty<string>()] : OwnerUnits.Choosers(php, contributions), NameOf(php, host)));
        }

        if (OwnerSockets.RunScripts(host))
        {
            files.AddRange(OwnerUnits.RenderScripts(host));
            links.AddRange(OwnerUnits.EnableSockets(OwnerSockets.Scripts, owners, ScriptDaemon));
        }

        return new HostRendering
        {
            Files = files.ToValueList(),
            Links = links.ToValueList(),
            Held = held.ToValueList(),
            Loads = [SiteCertificate.LoadOf(host.Name, host.Certificate, [host.Name], new[] { host.PrimaryIPv4, host.PrimaryIPv6 }.OfType<string>())],
            Diagnostics = diagnostics.ToValueList(),
            Contributions = [new OpenPort(80, "tcp", "http"), new OpenPort(443, "tcp", "https")],
        };

        void Keep(RenderedFile? file, string name)
        {
            if (file is not null)
                files.Add(file);
            else
                held.Add(WebPaths.SiteAvailable(name));
        }
    }

    private static bool IsInstalled(Host host) => host.VersionOf("apache2") is not null;

    // Code of a customer's site can read what everybody may read. As soon as there is a second person on the host, only who serves a domain may enter its directory besides its owner.
    private static bool IsToBeClosed(Domain domain, Host host)
    {
        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        return (CustomerLimits.AreNeededBy(domain, host) || host.Users.Any(user => user.Uid != host.AdminUid && Owner.IsPerson(user.Uid)))
            && domain.Tree[""] is { Kind: NodeKind.Directory } directory && (directory.Mode & Others) != UnixFileMode.None;
    }

    private static List<Diagnostic> FindFaults(Domain domain, DomainAddresses addresses, Host host)
    {
        var path = domain.PathOf(DomainAddresses.SettingPath);
        var found = new List<Diagnostic>();
        foreach (var fault in addresses.Faults)
            found.Add(AddressSkipped.At(path, $"'{fault.Word}' is skipped: {fault.Reason}", "write one address a line, such as 192.0.2.7 or 2001:db8::7", fault.Line));
        if (addresses.AreOwn)
        {
            foreach (var address in addresses.All.Where(address => !host.Addresses.Contains(address)))
                found.Add(AddressNotHere.At(path, $"{address} is not an address of this host", "give the host that address, or remove it here"));
        }

        found.AddRange(LogSettings.FindFaults(domain, host));
        if (MassHostingSite.TakesFileOf(domain.Name))
            found.Add(NameTaken.At(domain.Directory.Value, $"no site file can be made for '{domain.Name}', because it is the name of our own", "rename the directory"));
        return found;
    }

    // The checker sees the whole configuration that would result (WEB-31); the wrapper reads that copy's envvars first.
    private static Daemon Apache { get; } = new()
    {
        Name = ApacheDaemon,
        Unit = "apache2.service",
        ReloadInterval = TimeSpan.FromSeconds(10), // each certificate makes a reload longer
        ConfigurationRoot = ApacheRoot,
        Check = staged => new Command("/usr/sbin/apache2ctl", ["-t"]) { Environment = [new("APACHE_CONFDIR", staged.PathOf(ApacheRoot))] },
        Probes = [new Probe("Apache answers on port 80", 80, "OPTIONS / HTTP/1.0\r\nHost: localhost\r\n\r\n", "HTTP/")], // WEB-68
    };

    // The sockets are many units; their target is up as long as the host is. -p: where it would open its log; the default leaves an empty /var/log/php-fpm.log behind.
    private static Daemon Php(PhpVersion php, Host host) => new()
    {
        Name = NameOf(php, host),
        Unit = "sockets.target",
        Check = staged => new Command(php.Program, ["-p", "/run", "-t", "-y", staged.PathOf(php.SettingsFile)])
        {
            Environment = [new(PhpVersion.SocketVariableName, "/run/symbiosis-check.sock"), new("STATE_DIRECTORY", "/tmp")],
        },
        Reload = OwnerUnits.Reload,
    };

    // The newest serves everybody, the others whoever chose them.
    private static string NameOf(PhpVersion php, Host host) => php == PhpVersion.On(host) ? PhpDaemon : PhpDaemon + php.Text;

    // Nothing to check: the writer of units leaves no way to write a wrong one, and what a command does is seen when it runs.
    private static Daemon Programs { get; } = new()
    {
        Name = AppUnits.Daemon,
        Unit = "sockets.target",
        Check = _ => new Command("/usr/bin/true", []),
        Reload = OwnerUnits.Reload,
    };

    private static Daemon ScriptRunner { get; } = new()
    {
        Name = ScriptDaemon,
        Unit = "sockets.target",
        Check = staged => new Command("/usr/bin/systemd-analyze", ["verify", "--man=no", staged.PathOf(OwnerUnits.PathOf(OwnerSockets.Scripts, "socket"))]),
        Reload = OwnerUnits.Reload,
    };
}
