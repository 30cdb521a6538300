using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Tls;

/// <summary>
/// The settings of certificates, and the host certificate: daemons always find a key and certificate for the host's own name, from the first minute and without network (TLS-52, TLS-53, TLS-55).
/// Keys and certificates of domains are no part of the plan; they are looked after beside it, see <c>CertificateKeeping</c>.
/// </summary>
public sealed class TlsModule : IServiceModule
{
    /// <summary>
    /// A self-signed certificate of the host is made anew when fewer days than this are left, or less than a quarter of its validity. That is later than a set in <c>/srv/HOST</c> is renewed, so the two never compete.
    /// </summary>
    internal const int RenewBelowDays = 14;

    /// <summary>Validity of a new self-signed certificate in days (<c>selfsigned/lifetime</c>, manual 4.5).</summary>
    internal const int DefaultLifetimeDays = 365;

    internal static readonly DiagnosticKind LifetimeUnreadable = new(
        "TLS001", Severity.Warning, "The lifetime for self-signed certificates is not a number of days; the default is used");

    private static readonly HostPath PublishedRoot = HostPath.Parse("/var/lib/symbiosis/tls");

    private const string LifetimePath = "/etc/symbiosis/ssl/selfsigned/lifetime";

    /// <inheritdoc />
    public string Name => "tls";

    /// <inheritdoc />
    public ValueList<Setting> Settings { get; } =
    [
        new(Provider.SettingPath, SettingForm.Text, "Who makes the domain's certificates: letsencrypt, selfsigned or false") { Default = "letsencrypt", Example = "selfsigned" },
        new(WantedNames.ExtraNamesPath, SettingForm.Text, "Further names for the certificate, equal to or below a name of the domain") { Example = "mail.example.com" },
        new(SetsPath, SettingForm.Directory, "Certificate sets, one directory each"),
        new(CurrentPath, SettingForm.DaemonReads, "Link to the set in use"),
        .. LegacyFiles.Select(file => new Setting("config/" + file, SettingForm.DaemonReads, "Key or certificate from the time before there were sets")),
        .. ProviderOptions.Declared.SelectMany(option => ((string[])["config/ssl", "~/.symbiosis/ssl", "/etc/symbiosis/ssl"])
            .Select(directory => new Setting($"{directory}/{option.Provider}/{option.Name}", option.Form, option.Summary) { Default = option.Default, Example = option.Example })),
        new(ProviderOptions.AllowedEndpointsPath, SettingForm.Text, "Endpoints that tenants may name") { Default = "any https address that is not internal", Example = "https://acme-v02.api.letsencrypt.org/directory" },
    ];

    /// <summary>Directory of the sets, relative to the domain.</summary>
    internal const string SetsPath = "config/ssl/sets";

    /// <summary>The link to the current set, relative to the domain.</summary>
    internal const string CurrentPath = "config/ssl/current";

    /// <summary>Files directly in <c>config/</c> that form the legacy set (TLS-16).</summary>
    internal static readonly string[] LegacyFiles = [.. SetParser.PairFiles, SetParser.BundleFile];

    /// <summary>What is read to look after certificates: the settings, and with them the contents of sets, which no plan ever needs.</summary>
    internal ValueList<Setting> DeepSettings =>
    [
        .. Settings,
        new(SetsPath, SettingForm.DirectoryOfTexts, "Certificate sets"),
        .. LegacyFiles.Select(file => new Setting("config/" + file, SettingForm.Secret, "Legacy set")),
    ];

    /// <inheritdoc />
    public ValueList<DiagnosticKind> Diagnostics { get; } = [LifetimeUnreadable];

    /// <inheritdoc />
    public ValueList<Daemon> Daemons(Host host) => [];

    /// <summary>Directory with <c>fullchain.pem</c>, <c>key.pem</c> and <c>combined.pem</c> of a name (TLS-55).</summary>
    public static HostPath PublishedDirectory(DomainName name) => PublishedRoot.Join(name.Value);

    /// <inheritdoc />
    public DomainRendering RenderDomain(Domain domain, Host host) => DomainRendering.Empty;

    /// <inheritdoc />
    public HostRendering RenderHost(Host host, ValueList<Contribution> contributions)
    {
        var diagnostics = new List<Diagnostic>();
        var lifetimeDays = ReadLifetime(host, diagnostics);
        var directory = PublishedDirectory(host.Name);
        return new HostRendering
        {
            Diagnostics = diagnostics.ToValueList(),
            Provisions = WhyNewCertificate(host, lifetimeDays) is { } why ? [new Provision.SelfSignedCertificate(directory, [host.Name], lifetimeDays, why)] : [],
            Links =
            [
                .. new[] { ("ssl.crt", "fullchain.pem"), ("ssl.key", "key.pem"), ("ssl.combined", "combined.pem") }
                    .Select(link => new RenderedLink(HostPath.Parse("/etc/ssl/" + link.Item1), directory.Join(link.Item2).Value, "host certificate (TLS-53)")),
            ],
        };
    }

    // Never replaces a certificate that somebody trusted has issued by a self-signed one, however old it is: clients have better errors for expiry.
    private static string? WhyNewCertificate(Host host, int lifetimeDays) => host.Certificate switch
    {
        null => $"{host.Name} has no certificate yet (TLS-52)",
        { IsSelfSigned: false } => null,
        var current when !current.Names.Contains(host.Name.Value) => $"the self-signed certificate is for {string.Join(", ", current.Names)}, the host is {host.Name} (TLS-9)",
        var current when current.NotAfter - host.ReadAt < TimeSpan.FromDays(Math.Min(RenewBelowDays, lifetimeDays / 4.0)) => $"the self-signed certificate ends on {current.NotAfter:yyyy-MM-dd} (TLS-52)",
        _ => null,
    };

    private static int ReadLifetime(Host host, List<Diagnostic> diagnostics)
    {
        if (host.Tree[LifetimePath].Value is not SettingValue.Text(var text))
            return DefaultLifetimeDays;
        if (int.TryParse(text.Trim(), out var days) && days is >= 1 and <= 3650)
            return days;
        diagnostics.Add(LifetimeUnreadable.At(LifetimePath, $"'{text.Trim()}' is not a number of days from 1 to 3650", "write a number such as 365", line: 1));
        return DefaultLifetimeDays;
    }
}
