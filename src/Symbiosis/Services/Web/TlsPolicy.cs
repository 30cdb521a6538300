using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>Which protocols and ciphers Apache speaks (NET-20, TLS-59), the same for every site.</summary>
internal static class TlsPolicy
{
    public const string Path = $"{WebPaths.Templates}/tls-policy";

    internal static readonly DiagnosticKind Unknown = new("WEB020", Severity.Warning, "The TLS policy has no name that is known; intermediate is used");

    internal static readonly DiagnosticKind Modern = new("WEB021", Severity.Note, "The TLS policy modern keeps older clients out");

    // Mozilla's intermediate profile without DHE: every suite has forward secrecy.
    private const string Suites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

    public static void Write(ApacheWriter apache, Host host)
    {
        apache.Blank();
        apache.Comment($"TLS of all sites. intermediate is the default; modern in {Path} allows TLS 1.3 only (NET-20).");
        if (IsModern(host))
            apache.Directive("SSLProtocol", "-all", "+TLSv1.3");
        else
            apache.Directive("SSLProtocol", "-all", "+TLSv1.2", "+TLSv1.3");
        apache.Directive("SSLCipherSuite", Suites);
        apache.Directive("SSLHonorCipherOrder", "off");
        apache.Directive("SSLSessionTickets", "off");
        apache.Directive("SSLOpenSSLConfCmd", "Curves", "X25519:prime256v1:secp384r1");
    }

    public static IEnumerable<Diagnostic> FindFaults(Host host)
    {
        if (host.Tree[Path].Value is not SettingValue.Text(var text))
            yield break;
        if (IsModern(host))
            yield return Modern.At(Path, "only TLS 1.3 is spoken, so browsers before 2019 cannot connect", "remove the file for the usual policy");
        else if (text.Trim() != "intermediate")
            yield return Unknown.At(Path, $"'{text.Trim()}' is no policy", "write intermediate or modern");
    }

    private static bool IsModern(Host host) => host.Tree[Path].Value is SettingValue.Text(var text) && text.Trim() == "modern";
}
