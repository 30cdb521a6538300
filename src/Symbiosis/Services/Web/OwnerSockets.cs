using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// The sockets behind which the code of each owner runs, and the lock that keeps one customer's requests away from another's socket (NET-26, NET-27).
/// <para>
/// Apache is one process for everybody and may open every socket; where it sends a request, a customer's <c>.htaccess</c> can say in many ways. So the last word is had afterwards: just before a request
/// is handed over, it must be on its way to the socket of whom the file belongs to that was asked for, or it goes nowhere (docs/decisions/php-isolation.md).
/// </para>
/// </summary>
internal static class OwnerSockets
{
    public const string Directory = "/run/symbiosis-web";

    /// <summary>Name of the socket that runs the scripts of <c>cgi-bin</c>.</summary>
    public const string Scripts = "cgi";

    /// <summary>Name of the socket that runs PHP of the version that the rules of <see cref="HostedMap"/> found.</summary>
    public const string ChosenPhp = "php%{reqenv:SYMBIOSIS_PHP}";

    /// <summary>Name of the socket that runs PHP.</summary>
    public static string Php(PhpVersion php) => $"php{php.Text}";

    /// <summary>True when there is a program that runs the scripts of <c>cgi-bin</c>.</summary>
    public static bool RunScripts(Host host) => host.VersionOf("fcgiwrap") is not null;

    /// <summary>Path of a socket. <paramref name="owner"/> is the uid that the domains belong to, or a text that Apache or systemd replace by it.</summary>
    public static string PathOf(string owner, string name) => $"{Directory}/{owner}/{name}.sock";

    /// <summary>The handler that sends a request to a socket of the owner that <see cref="HostedMap"/> found.</summary>
    public static string HandlerOf(string name) => $"proxy:unix:{PathOf("%{reqenv:SYMBIOSIS_OWNER}", name)}|fcgi://localhost";

    /// <summary>
    /// Writes the lock. mod_proxy forwards nothing that has been forwarded often enough (Max-Forwards, RFC 9110 §7.6.2), and mod_headers sets headers after everything in .htaccess has had its say:
    /// mod_rewrite's own handler, which comes still later, is in the note. Location and If are merged behind every section a customer can write, except If in If; so customers may not use RequestHeader
    /// (see <see cref="CustomerLimits"/>). The table says whose the file is; variables do not count, because .htaccess can set them.
    /// </summary>
    public static void WriteLock(ApacheWriter writer, Host host)
    {
        const string name = "%{REQUEST_FILENAME} =~ m#^/srv/([^/]+)/#";
        const string owner = $"file('{WebPaths.Names}/$1') =~ m#^[^ ]+ ([0-9]+)#";
        const string socket = $@"'$1 %{{HANDLER}}' =~ m#^([0-9]+) proxy:unix:{Directory}/\1/(?:php[0-9.]+|cgi)\.sock\|fcgi://localhost$#";
        writer.Comment("Code runs only as the owner of its file: whatever .htaccess says, a request for a file of one owner is handed to no socket of another (NET-27).");
        writer.Section("Location", "/", location => location.Section("If", "true", always =>
        {
            always.Directive("RequestHeader", "set", "Max-Forwards", "0");
            always.Directive("RequestHeader", "unset", "Max-Forwards", $"expr={name} && {owner} && {socket} && -z note('rewrite-forced-handler')");
            foreach (var permission in HostProgram.Permissions(host))
                always.Directive("RequestHeader", "unset", "Max-Forwards", $"expr={permission}");
            always.Directive("RequestHeader", "unset", "Max-Forwards", AppRoute.LockException);
            always.Directive("RequestHeader", "unset", AppRoute.Pass);
        }));
    }
}
