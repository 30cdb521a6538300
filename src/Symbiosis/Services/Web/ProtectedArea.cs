using System.Buffers;
using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>A part of a domain's site that not everybody may see (NET-24, NET-25, NET-32).</summary>
internal sealed record ProtectedArea
{
    /// <summary>Deepest path, and most files that a domain's areas may have had at one name.</summary>
    public const int MaxDepth = 9;

    private const int MaxPathLength = 500;

    // Location takes * ? [ ] for wildcards, the others end arguments or would be replaced.
    private static readonly SearchValues<char> _refusedInPath = SearchValues.Create("*?[]\\\"'$#<>{}|`\uFFFD");

    private static readonly SearchValues<char> _refusedInRealm = SearchValues.Create("\"\\$%{}");

    public required string Name { get; init; }

    /// <summary>URL path as Apache sees it: decoded, without a slash at the end, empty for the whole site.</summary>
    public required string Path { get; init; }

    /// <summary>What a browser shows when it asks for the password.</summary>
    public required string Realm { get; init; }

    /// <summary>True when a password of somebody in <see cref="Logins"/> is needed.</summary>
    public bool AsksPassword { get; init; }

    /// <summary>True when an address in <see cref="Addresses"/> is needed.</summary>
    public bool AsksAddress { get; init; }

    /// <summary>True when password or address is enough.</summary>
    public bool EitherIsEnough { get; init; }

    /// <summary>Lines of the password file.</summary>
    public ValueList<string> Logins { get; init; }

    /// <summary>Addresses and networks.</summary>
    public ValueList<string> Addresses { get; init; }

    public int Depth => Path.Count(c => c == '/');

    /// <summary>True when nobody at all gets in.</summary>
    public bool IsClosed
    {
        get
        {
            var byPassword = AsksPassword && Logins.Count > 0;
            var byAddress = AsksAddress && Addresses.Count > 0;
            return EitherIsEnough ? !byPassword && !byAddress : (AsksPassword && !byPassword) || (AsksAddress && !byAddress) || (!AsksPassword && !AsksAddress);
        }
    }

    /// <summary>Reads a URL path. Null, with the reason, when Apache would take it for something else than exactly this path.</summary>
    public static string? ParsePath(string text, out string fault)
    {
        var path = text.Trim();
        var trimmed = path.TrimEnd('/');
        var segments = trimmed.Split('/')[1..];
        fault = path switch
        {
            _ when !path.StartsWith('/') => "it does not begin with a slash",
            _ when path.Length > MaxPathLength => $"it has more than {MaxPathLength} characters",
            _ when path.Contains('%') => "it holds '%': write it as the files are called, not as in a link",
            _ when path.AsSpan().ContainsAny(_refusedInPath) || ControlCharacters.AreIn(path) => "it holds a character that cannot be used here",
            _ when segments.Any(segment => segment is "" or "." or "..") => "it holds an empty part, '.' or '..'",
            _ when segments.Length > MaxDepth => $"it has more than {MaxDepth} parts",
            _ when $"{trimmed}/".StartsWith("/.well-known/acme-challenge/", StringComparison.Ordinal) => "certificates are checked there, which must be open to all",
            _ => "",
        };
        return fault.Length == 0 ? trimmed : null;
    }

    /// <summary>True for a text that can be shown as a realm.</summary>
    public static bool IsRealm(string text) => text.Length is > 0 and <= 100 && !ControlCharacters.AreIn(text) && !text.AsSpan().ContainsAny(_refusedInRealm);

    /// <summary>Where the file of an area lies. The depth of its path comes before the name, because Apache reads files by name and the innermost area must have the last word.</summary>
    public static HostPath FileOf(DomainName domain, int depth, string name) => HostPath.Parse($"{WebPaths.Apache}/conf-available/{FileName(domain, depth, name)}");

    /// <summary>Where the passwords of an area lie.</summary>
    public static HostPath PasswordsOf(DomainName domain, string name) => HostPath.Parse($"{WebPaths.Passwords}/{name}@{domain}");

    public IEnumerable<RenderedFile> Render(Domain domain)
    {
        yield return new RenderedFile
        {
            Path = FileOf(domain.Name, Depth, Name),
            Content = Section(domain),
            EnabledLink = HostPath.Parse($"{WebPaths.Apache}/conf-enabled/{FileName(domain.Name, Depth, Name)}"),
            Because = $"part of {domain.Name} is protected (NET-25)",
            Daemon = WebModule.ApacheDaemon,
        };
        if (AsksPassword)
        {
            yield return new RenderedFile
            {
                Path = PasswordsOf(domain.Name, Name),
                Content = string.Concat(Logins.Select(login => login + "\n")),
                Role = FileRole.Table,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
                Group = "www-data",
                Because = $"who may see {Path}/ of {domain.Name} (NET-24)",
            };
        }
    }

    private static string FileName(DomainName domain, int depth, string name) => $"symbiosis-access-{domain}@{depth}-{name}.conf";

    // Location and If are merged behind what .htaccess says. The table of names has set the variable in this very pass; the file's path is for sites that do not ask the table.
    private string Section(Domain domain)
    {
        var isHere = $"(reqenv('SYMBIOSIS_DOMAIN') == '{domain.Name}' || %{{REQUEST_FILENAME}} =~ m#^{ApacheWriter.Pattern(domain.Directory.Value)}/#)";
        if ("/.well-known/acme-challenge/".StartsWith($"{Path}/", StringComparison.Ordinal))
            isHere += @" && %{REQUEST_URI} !~ m#^/\.well-known/acme-challenge/#"; // WEB-19
        var apache = new ApacheWriter();
        apache.Comment($"Who may see {Path}/ of {domain.Name}, under every name of it. Made from {domain.Directory}/config.");
        apache.Section("Location", Path.Length == 0 ? "/" : Path, location =>
        {
            if (AsksPassword && !IsClosed)
            {
                location.Comment("No password is asked for, nor anything shown, over a connection that can be read.");
                location.Section("If", $"{isHere} && %{{HTTPS}} != 'on'", plain => WithPlainErrors(plain)
                    .Directive("AuthMerging", "Off")
                    .Directive("Require", "all", "granted")
                    .Directive("Redirect", "302", "https://%{SERVER_NAME}%{REQUEST_URI}"));
                isHere += " && %{HTTPS} == 'on'";
            }

            location.Section("If", isHere, Demand(domain.Name));
        });
        return apache.ToString();
    }

    // Apache asks nobody again who is led from one page of an area to another, also not when that is the page that says he was turned away: ErrorDocument could show anything.
    private static ApacheWriter WithPlainErrors(ApacheWriter section)
    {
        foreach (var status in (string[])["401", "403", "500"])
            section.Directive("ErrorDocument", status, "default");
        return section;
    }

    private Action<ApacheWriter> Demand(DomainName domain) => section =>
    {
        WithPlainErrors(section).Directive("AuthMerging", "Off");
        section.Section("IfModule", "mod_access_compat.c", old => old.Directive("Satisfy", "All")); // "Satisfy Any" with "Allow from all" would let everybody in
        if (IsClosed)
        {
            section.Directive("Require", "all", "denied");
            return;
        }

        if (AsksPassword)
        {
            section
                .Directive("AuthType", "Basic")
                .Directive("AuthName", Realm)
                .Directive("AuthBasicProvider", "file")
                .Directive("AuthBasicAuthoritative", "On")
                .Directive("AuthBasicUseDigestAlgorithm", "Off")
                .Directive("AuthUserFile", PasswordsOf(domain, Name).Value);
        }

        section.Section(EitherIsEnough ? "RequireAny" : "RequireAll", demands =>
        {
            if (AsksPassword)
                demands.Directive("Require", "valid-user");
            if (AsksAddress && Addresses.Count > 0)
                demands.Directive("Require", ["ip", .. Addresses]);
        });
    };
}
