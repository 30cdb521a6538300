using System.Globalization;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary><c>config/ssl-only</c>: a domain that is visited over https only (WEB-16 to WEB-18).</summary>
/// <param name="MaxAgeSeconds">How long browsers remember it (RFC 6797 §6.1.1).</param>
internal sealed record HttpsOnly(long MaxAgeSeconds)
{
    public const string SettingPath = "config/ssl-only";

    /// <summary>Half a year (WEB-17).</summary>
    public const long DefaultMaxAgeSeconds = 15_768_000;

    private const long LongestMaxAgeSeconds = 10L * 365 * 24 * 3600;

    internal static readonly DiagnosticKind NoCertificate = new("WEB022", Severity.Warning, "ssl-only has no effect, because the domain has no usable certificate");

    internal static readonly DiagnosticKind BadAge = new("WEB023", Severity.Warning, "The text in ssl-only is no number of seconds; half a year is used");

    /// <summary>What the domain asks for, or null when it has no certificate or does not ask.</summary>
    public static HttpsOnly? Of(Domain domain) =>
        domain.Certificate is null ? null : domain.Tree[SettingPath].Value switch
        {
            SettingValue.True => new HttpsOnly(DefaultMaxAgeSeconds),
            SettingValue.Text(var text) => new HttpsOnly(ReadAge(text) ?? DefaultMaxAgeSeconds),
            _ => null,
        };

    public static IEnumerable<Diagnostic> FindFaults(Domain domain)
    {
        var value = domain.Tree[SettingPath].Value;
        if (value.IsSet && domain.Certificate is null)
            yield return NoCertificate.At(domain.PathOf(SettingPath), "has no effect, because the domain has no usable certificate; pages stay on http", "symbiosis-ssl --verbose says what is missing");
        if (value is SettingValue.Text(var text) && ReadAge(text) is null)
            yield return BadAge.At(domain.PathOf(SettingPath), $"'{text.Trim()}' is not a number of seconds up to ten years; {DefaultMaxAgeSeconds} is used", "write a number such as 31536000, or leave the file empty", line: 1);
    }

    /// <summary>
    /// Rules for port 80 that come before all others. Testing names are in no certificate (WEB-10), and the answers to a CA's questions are read over http (WEB-19). The path is taken as it
    /// was sent, so nothing is decoded and encoded again; mod_rewrite adds the query by itself.
    /// </summary>
    public static string Redirect(Domain domain, Host host)
    {
        var rules = new ApacheWriter();
        rules.Comment("Everything else over https (config/ssl-only, WEB-16): by the name that was asked for if the certificate is for it.");
        rules.Rewrite("RewriteEngine", "On");
        if (NamesOf(domain.Certificate) is { Length: > 0 } names)
            Write("https://%{SERVER_NAME}", names);
        Write($"https://{domain.Name}", names: null);
        return HostedMap.Indent(rules.ToString());

        void Write(string target, string? names)
        {
            WriteConditions(names);
            rules.Rewrite("RewriteCond", "%{THE_REQUEST}", @"^\S+ (?:[a-zA-Z]+://[^/?\s]*)?(/[^?\s]*)");
            rules.Rewrite("RewriteRule", "^", target + "%1", "[R=301,L,NE]");
            WriteConditions(names);
            rules.Rewrite("RewriteRule", "^", target + "/", "[R=301,L]");
        }

        void WriteConditions(string? names)
        {
            rules.Rewrite("RewriteCond", "%{REQUEST_URI}", @"!^/\.well-known/acme-challenge/");
            rules.Rewrite("RewriteCond", "%{SERVER_NAME}", $@"!(?:^|\.)testing\.{ApacheWriter.Pattern(host.Name.Value)}$");
            if (names is not null)
                rules.Rewrite("RewriteCond", "%{SERVER_NAME}", $"^(?:{names})$");
        }
    }

    /// <summary>The header, on every answer whatever its status.</summary>
    public string Header() => HostedMap.Indent(new ApacheWriter()
        .Directive("Header", "always", "set", "Strict-Transport-Security", "max-age=" + MaxAgeSeconds.ToString(CultureInfo.InvariantCulture))
        .ToString());

    // A certificate may be the customer's own: only what is a name becomes part of a pattern.
    private static string NamesOf(PublishedCertificate? certificate) => string.Join('|', (certificate?.Names ?? [])
        .Select(name => name.ToLowerInvariant())
        .Select(name => (IsWildcard: name.StartsWith("*.", StringComparison.Ordinal), Name: name))
        .Where(name => DomainName.TryParse(name.IsWildcard ? name.Name[2..] : name.Name, out _))
        .Select(name => name.IsWildcard ? @"[^.]+\." + ApacheWriter.Pattern(name.Name[2..]) : ApacheWriter.Pattern(name.Name)));

    private static long? ReadAge(string text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= LongestMaxAgeSeconds ? seconds : null;
}
