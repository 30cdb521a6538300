using System.Globalization;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// The systemd units of a site that is a program: the program itself, which runs as long as the host does, and its gate. The gate is the socket that Apache knows; behind it
/// systemd-socket-proxyd(8) carries the bytes to where the program listens, with the rights of the domain's owner. So whatever the owner puts in the place of his socket, nobody opens it whom he could not
/// ask himself (docs/decisions/site-is-a-program.md).
/// </summary>
internal static class AppUnits
{
    public const string Daemon = "app";

    /// <summary>Name of the unit of a program, before the domain.</summary>
    public const string Template = "symbiosis-app";

    private const string Units = "/etc/systemd/system";
    private const int FirstSystemdWithSteps = 254; // RestartSteps=

    /// <summary>Name of the gate's socket below the directory of the owner; Apache finds the domain in it.</summary>
    public static string GateName(string domain) => $"app-{domain}";

    public static string ProgramUnit(DomainName domain) => $"{Template}@{domain}.service";

    public static IEnumerable<RenderedFile> Render(Domain domain, App app, Host host)
    {
        var user = domain.Owner.Uid == host.AdminUid ? "www-data" : domain.Owner.Uid.ToString(CultureInfo.InvariantCulture);
        yield return Unit(domain, $"symbiosis-gate@{domain.Name}.socket", GateSocket(domain), "sockets.target");
        yield return Unit(domain, $"symbiosis-gate@{domain.Name}.service", Gate(domain, app, user), null);
        if (app.Command.Count > 0)
            yield return Unit(domain, ProgramUnit(domain.Name), Program(domain, app, user, host), "multi-user.target");
    }

    private static string GateSocket(Domain domain) => new SystemdUnitWriter()
        .Section("Unit").Set("Description", $"Gate to the program of {domain.Name}")
        .Section("Socket")
        .Set("ListenStream", OwnerSockets.PathOf(domain.Owner.Uid.ToString(CultureInfo.InvariantCulture), GateName(domain.Name.Value)))
        .Comment("Only Apache may connect.")
        .Set("SocketUser", "root").Set("SocketGroup", "www-data").Set("SocketMode", "0660")
        .Set("RemoveOnStop", "yes")
        .ToString();

    private static string Gate(Domain domain, App app, string user)
    {
        var unit = new SystemdUnitWriter().Section("Unit").Set("Description", $"Gate to the program of {domain.Name}").Set("Requires", $"symbiosis-gate@{domain.Name}.socket");
        if (app.Port is not null)
        {
            // Restarted in one go with the program: who is started while the other still runs in the host's network would join that one.
            unit.Set("JoinsNamespaceOf", ProgramUnit(domain.Name)).Set("After", ProgramUnit(domain.Name)).Set("PartOf", ProgramUnit(domain.Name));
        }

        OwnerUnits.Confine(unit.Section("Service"), user, domain.Owner.Uid);
        // Not Type=notify: the one of Debian 12 never says that it is ready.
        unit.Set("Type", "exec");
        if (app.Port is not null)
            unit.Set("PrivateNetwork", "yes");
        return unit.SetCommand("ExecStart", ["/usr/lib/systemd/systemd-socket-proxyd", "--exit-idle-time=5min", app.Port is { } port ? $"127.0.0.1:{port}" : app.Socket ?? App.SocketOf(domain.Name)]).ToString();
    }

    private static string Program(Domain domain, App app, string user, Host host)
    {
        var unit = new SystemdUnitWriter()
            .Section("Unit").Set("Description", $"Program of {domain.Name} ({App.SettingPath})").Set("After", "network-online.target").Set("Wants", "network-online.target")
            .Comment("However often it ends, it is started again.")
            .Set("StartLimitIntervalSec", "0");
        OwnerUnits.Confine(unit.Section("Service"), user, domain.Owner.Uid);
        unit.Set("Type", "exec")
            .Set("WorkingDirectory", domain.Directory.Value.Replace("%", "%%", StringComparison.Ordinal))
            .Set("SyslogIdentifier", domain.Name.Value)
            .Set("RuntimeDirectory", $"symbiosis-app/{domain.Name}").Set("RuntimeDirectoryMode", "0700")
            .Set("UMask", "0027");
        if (app.Port is { } port)
        {
            unit.Comment("A TCP port of the host could be reached by everybody on it. This one is in a network of its own, which nothing but the gate shares.")
                .Set("PrivateNetwork", "yes")
                .Comment("systemd goes on without one where the kernel refuses; then the program must not start.")
                .SetCommand("ExecStartPre", ["/usr/bin/awk", "NR > 2 && $1 != \"lo:\" { print \"no network of its own\"; exit 1 }", "/proc/self/net/dev"])
                .Set("Environment", $"PORT={port.ToString(CultureInfo.InvariantCulture)}");
        }
        else
        {
            unit.Set("Environment", $"SOCKET={App.SocketOf(domain.Name)}");
        }

        unit.Set("Restart", "always").Set("RestartSec", "2s");
        if (int.TryParse(host.VersionOf("systemd")?.Split('.', '~', '+')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version >= FirstSystemdWithSteps)
            unit.Set("RestartSteps", "8").Set("RestartMaxDelaySec", "60s");
        return unit.SetCommand("ExecStart", app.Command).ToString();
    }

    private static RenderedFile Unit(Domain domain, string name, string content, string? target) => new()
    {
        Path = HostPath.Parse($"{Units}/{name}"),
        Content = content,
        EnabledLink = target is null ? null : HostPath.Parse($"{Units}/{target}.wants/{name}"),
        Because = $"{domain.PathOf(App.SettingPath)} makes the site a program",
        Daemon = Daemon,
    };
}
