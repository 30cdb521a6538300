using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// The systemd units that run the code of each owner's sites (WEB-61): a php-fpm and a runner of CGI scripts for each, started by the first request. Code of the administrator's domains runs as
/// <c>www-data</c>, because admin may become root and web code must not; that of any other owner with the owner's uid.
/// <para>
/// A unit of its own is a wall that no PHP setting is: own /tmp, no sight of other owners' processes and sockets, a control group that can be limited.
/// Not used is what would need NoNewPrivileges, which keeps <c>mail()</c> from Exim, and hiding other domains, which would hide them from the Exim that <c>mail()</c> starts, too.
/// </para>
/// </summary>
internal static class OwnerUnits
{
    private const string Units = "/etc/systemd/system";
    private const string Fact = "owner";

    /// <summary>What a domain contributes so that its owner's code can run.</summary>
    public static IEnumerable<Contribution> WantedBy(Domain domain, PhpVersion? chosen)
    {
        yield return new OwnFact(WebModule.ModuleName, Fact, $"{domain.Owner.Uid}");
        if (chosen is not null)
            yield return new OwnFact(WebModule.ModuleName, OwnerSockets.Php(chosen), $"{domain.Owner.Uid}");
    }

    public static IEnumerable<RenderedFile> RenderPhp(PhpVersion php, string daemon, Host host)
    {
        var ini = Ini();
        var settings = FpmSettings();
        yield return PhpFile(php.IniFile, ini, "PHP settings of the host (WEB-60)", daemon);
        yield return PhpFile(php.SettingsFile, settings, "how the PHP of each owner runs (WEB-61)", daemon);
        yield return Unit(
            UnitName(OwnerSockets.Php(php), "socket"), Socket($"PHP {php.Text} for the sites of uid %i", OwnerSockets.Php(php)), daemon);
        yield return Unit(
            UnitName(OwnerSockets.Php(php), "service"),
            Service($"PHP {php.Text} for the sites of uid %i", OwnerSockets.Php(php))
                .Set("Type", "notify")
                // php-fpm(8) takes over a socket it finds in this variable, by path and descriptor (sd_listen_fds(3): the first is 3).
                .Set("Environment", $"FPM_SOCKETS={OwnerSockets.PathOf("%i", OwnerSockets.Php(php))}=3 {PhpVersion.SocketVariableName}={OwnerSockets.PathOf("%i", OwnerSockets.Php(php))}")
                .Comment("Changes when the settings do, so that they are taken into use.")
                .Set("Environment", $"SYMBIOSIS_SETTINGS={Digest(ini + settings)}")
                .Set("ExecStart", $"{php.Program} --nodaemonize --fpm-config {php.SettingsFile}")
                .Set("KillSignal", "SIGQUIT") // finishes what it is doing (php-fpm8.4(8))
                .ToString(),
            daemon);
        yield return AdminUser(OwnerSockets.Php(php), host, daemon);
        if (HostProgram.On(host).Count > 0)
            yield return ProgramsUser(OwnerSockets.Php(php), daemon);
    }

    public static IEnumerable<RenderedFile> RenderScripts(Host host)
    {
        yield return Unit(UnitName(OwnerSockets.Scripts, "socket"), Socket("CGI scripts of the sites of uid %i", OwnerSockets.Scripts), WebModule.ScriptDaemon);
        yield return Unit(
            UnitName(OwnerSockets.Scripts, "service"),
            Service("CGI scripts of the sites of uid %i", OwnerSockets.Scripts)
                .Set("ExecStart", "/usr/sbin/fcgiwrap -f -c 4") // -f: what a script says on standard error goes to the error log of the site
                .ToString(),
            WebModule.ScriptDaemon);
        yield return AdminUser(OwnerSockets.Scripts, host, WebModule.ScriptDaemon);
    }

    /// <summary>Uids of all owners of domains, and of the administrator.</summary>
    public static ValueList<string> Owners(Host host, ValueList<Contribution> contributions) =>
        Values(contributions, Fact).Append(host.AdminUid.ToString(CultureInfo.InvariantCulture)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueList();

    /// <summary>Uids of the owners of domains that chose a version of PHP.</summary>
    public static ValueList<string> Choosers(PhpVersion php, ValueList<Contribution> contributions) => Values(contributions, OwnerSockets.Php(php)).Order(StringComparer.Ordinal).ToValueList();

    /// <summary>Links that switch on the sockets of one kind for owners of domains.</summary>
    public static IEnumerable<RenderedLink> EnableSockets(string name, ValueList<string> owners, string daemon) => owners
        .Select(owner => new RenderedLink(
            HostPath.Parse($"{Units}/sockets.target.wants/symbiosis-{name}@{owner}.socket"), $"{Units}/{UnitName(name, "socket")}", $"uid {owner} owns domains (WEB-61)", daemon));

    /// <summary>Takes changed units into use: starts the sockets that are wanted, stops the others, restarts services whose units changed.</summary>
    public static Machine.Command Reload { get; } = new("/usr/lib/symbiosis/take-up-units", []);

    /// <summary>Where a unit of a socket or service lies.</summary>
    public static HostPath PathOf(string name, string kind) => HostPath.Parse($"{Units}/{UnitName(name, kind)}");

    private static IEnumerable<string> Values(ValueList<Contribution> contributions, string key) =>
        contributions.OfType<OwnFact>().Where(fact => fact.Service == WebModule.ModuleName && fact.Key == key).Select(fact => fact.Value);

    private static string UnitName(string name, string kind) => $"symbiosis-{name}@.{kind}";

    private static string Socket(string description, string name) => new SystemdUnitWriter()
        .Section("Unit").Set("Description", description)
        .Section("Socket")
        .Set("ListenStream", OwnerSockets.PathOf("%i", name))
        .Comment("Only Apache may connect.")
        .Set("SocketUser", "root").Set("SocketGroup", "www-data").Set("SocketMode", "0660")
        .ToString();

    /// <summary>Writes what keeps code of one owner from everybody else, into a section of a service.</summary>
    public static SystemdUnitWriter Confine(SystemdUnitWriter service, string user, uint owner) => Confine(service, user, owner.ToString(CultureInfo.InvariantCulture));

    private static SystemdUnitWriter Service(string description, string name) => Confine(
        new SystemdUnitWriter().Section("Unit").Set("Description", description).Set("Requires", $"symbiosis-{name}@%i.socket").Section("Service"), "%i", "%i")
        .Set("Restart", "on-failure");

    private static SystemdUnitWriter Confine(SystemdUnitWriter service, string user, string owner) => service
        .Set("User", user)
        .Set("Slice", $"symbiosis-owner-{owner}.slice")
        .Comment("Sessions of this owner only; /tmp is private as well.")
        .Set("StateDirectory", $"symbiosis-web/{owner}").Set("StateDirectoryMode", "0700")
        .Set("PrivateTmp", "yes")
        .Set("ProtectProc", "invisible")
        .Set("InaccessiblePaths", $"{OwnerSockets.Directory} -/run/php -/run/symbiosis -/etc/symbiosis -{WebPaths.Passwords}")
        .Comment("One greedy script must not end the others, nor start processes without end.")
        .Set("OOMPolicy", "continue").Set("TasksMax", "512")
        .Set("TimeoutStopSec", "30s");

    private static RenderedFile AdminUser(string name, Host host, string daemon) => Unit(
        $"symbiosis-{name}@{host.AdminUid}.service.d/user.conf",
        new SystemdUnitWriter().Comment("admin may become root; web code must not (WEB-61).").Section("Service").Set("User", "www-data").ToString(),
        daemon);

    private static RenderedFile ProgramsUser(string name, string daemon) => Unit(
        $"symbiosis-{name}@{HostProgram.Owner}.service.d/user.conf",
        new SystemdUnitWriter()
            .Comment("phpMyAdmin and webmail: they have no business with the files of sites and people.")
            .Section("Service").Set("User", "www-data").Set("InaccessiblePaths", "-/srv -/root").Set("ProtectHome", "yes").Set("NoNewPrivileges", "yes")
            .ToString(),
        daemon);

    private static RenderedFile Unit(string name, string content, string daemon) => new()
    {
        Path = HostPath.Parse($"{Units}/{name}"),
        Content = content,
        Because = "code of sites runs with the rights of their owner (WEB-61)",
        Daemon = daemon,
    };

    private static RenderedFile PhpFile(HostPath path, string content, string because, string daemon) => new() { Path = path, Content = content, CommentMark = ";", Because = because, Daemon = daemon };

    private static string Ini() => new PhpIniWriter()
        .Comment("Settings for all sites (WEB-60). Files with a higher number in this directory win over this one.")
        .Set("expose_php", "0")
        .Set("upload_max_filesize", "64M")
        .Set("post_max_size", "64M")
        .ToString();

    private static string FpmSettings() => new PhpIniWriter()
        .Comment("How the PHP of the domains in /srv runs: one php-fpm for each owner of domains, symbiosis-phpX.Y@UID.service, with the owner's rights.")
        .Comment("There is no process until somebody asks for a page.")
        .Section("global")
        .Set("error_log", "syslog")
        .Set("log_level", "warning")
        .Section("symbiosis")
        .Comment("For the check, which root runs. The unit starts php-fpm as the owner, and then it cannot be anybody else.")
        .Set("user", "www-data")
        .Set("group", "www-data")
        .SetFromEnvironment("listen", PhpVersion.SocketVariableName)
        .Set("pm", "ondemand")
        .Set("pm.max_children", "20")
        .Set("pm.process_idle_timeout", "60s")
        .Set("pm.max_requests", "1000")
        .Set("security.limit_extensions", ".php .phtml") // WEB-62
        .SetFromEnvironment("php_value[session.save_path]", "STATE_DIRECTORY")
        .Set("php_value[session.gc_probability]", "1") // Debian's cleaner knows only the common directory
        .ToString();

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
