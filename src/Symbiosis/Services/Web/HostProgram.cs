using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// A program in PHP that the host offers under every name (WEB-63, WEB-64, WEB-67): phpMyAdmin and webmail, when our package for it is installed. They have a process of their own, which sees no
/// customer's files; it is reached by their own URLs only.
/// </summary>
/// <param name="Package">Our package that asks for it.</param>
/// <param name="Path">URL path, without a slash at the end.</param>
/// <param name="Directory">Where its pages lie.</param>
internal sealed record HostProgram(string Package, string Path, string Directory)
{
    /// <summary>In the names of units and sockets, where otherwise the uid of an owner stands.</summary>
    public const string Owner = "programs";

    private static readonly ValueList<HostProgram> _all =
    [
        new("symbiosis-phpmyadmin", "/phpmyadmin", "/usr/share/phpmyadmin") { ClosedDirectories = ["libraries", "sql", "templates"] },
        new("symbiosis-webmail", "/webmail", "/var/www/webmail")
        {
            // Debian's own file counts, then ours, which fills in what that one does not say.
            Variables = [new("RCUBE_CONFIG_PATH", "/var/lib/roundcube/config/:/usr/share/symbiosis/webmail/")],
        },
    ];

    /// <summary>What its PHP finds in its environment.</summary>
    public ValueList<KeyValuePair<string, string>> Variables { get; init; }

    /// <summary>Directories among its pages that are not for visitors.</summary>
    public ValueList<string> ClosedDirectories { get; init; }

    public static ValueList<string> Packages { get; } = _all.Select(program => program.Package).ToValueList();

    /// <summary>Those that this host offers.</summary>
    public static ValueList<HostProgram> On(Host host) => PhpVersion.On(host) is null ? [] : _all.Where(program => host.VersionOf(program.Package) is not null).ToValueList();

    /// <summary>Patterns of their URLs, each with the mark of an alternative before it, to be put behind another pattern; empty when there are none.</summary>
    public static string Patterns(Host host) => string.Concat(On(host).Select(program => $"|^{program.Path}(?:/|$)"));

    /// <summary>Their part of the settings of the whole server.</summary>
    public static void Write(ApacheWriter apache, Host host)
    {
        foreach (var program in On(host))
        {
            apache.Blank();
            apache.Comment($"{program.Path} on every name ({program.Package}), over https only.");
            apache.Directive("Alias", program.Path, program.Directory);
            apache.Section("Directory", program.Directory, directory => directory
                .Directive("Options", "FollowSymLinks")
                .Directive("AllowOverride", "None")
                .Directive("DirectoryIndex", "index.php")
                .Directive("Require", "all", "granted"));
            foreach (var closed in program.ClosedDirectories)
                apache.Section("Directory", $"{program.Directory}/{closed}", directory => directory.Directive("Require", "all", "denied"));
            apache.Section("Location", program.Path, location =>
            {
                location.Section("If", "%{HTTPS} != 'on'", plain => plain.Directive("Redirect", "301", "https://%{SERVER_NAME}%{REQUEST_URI}"));
                location.Directive("CGIPassAuth", "On");
                // php-fpm takes settings from these, and who made the request may have set them.
                location.Directive("ProxyFCGISetEnvIf", "true", "!PHP_VALUE");
                location.Directive("ProxyFCGISetEnvIf", "true", "!PHP_ADMIN_VALUE");
                foreach (var (name, value) in program.Variables)
                    location.Directive("ProxyFCGISetEnvIf", "true", name, value);
                location.Section("If", @"-f %{REQUEST_FILENAME} && %{REQUEST_FILENAME} =~ m#\.php$#", page => page.Directive("SetHandler", Handler(host)));
            });
        }
    }

    /// <summary>
    /// Expressions of requests that may be handed to the socket: for a page of the program, asked for by its own URL. A customer's .htaccess can lead a request there, with settings for PHP in
    /// it; but it never sees a request whose first line names the program, as long as nothing in that line leads out again.
    /// </summary>
    public static IEnumerable<string> Permissions(Host host) => On(host).Select(program =>
        $@"%{{REQUEST_FILENAME}} =~ m#^{ApacheWriter.Pattern(program.Directory)}/# && %{{HANDLER}} == '{Handler(host)}' && %{{THE_REQUEST}} =~ m#^[A-Z]+ {ApacheWriter.Pattern(program.Path)}(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?(?:\?\S*)? HTTP/# && -z note('rewrite-forced-handler')");

    private static string Handler(Host host) => $"proxy:unix:{OwnerSockets.PathOf(Owner, OwnerSockets.Php(PhpVersion.On(host)!))}|fcgi://localhost"; // On() has none without PHP
}
