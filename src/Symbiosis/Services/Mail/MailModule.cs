using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Mail;

/// <summary>
/// Mail: Exim takes and sends it, Dovecot stores it and lets people read it. Which addresses exist Exim sees in the tree itself; this module renders the daemons' configuration, which
/// names no domain, and small tables for each domain: who may log in, alias domains, alias lists.
/// </summary>
public sealed class MailModule : IServiceModule
{
    private const string EximPackage = "exim4-daemon-heavy";
    private const string DovecotPackage = "dovecot-core";
    private const string EximUser = "Debian-exim";

    // Facts that domains contribute for RenderHost.
    private const string HasMailboxes = "has-mailboxes";
    private const string MakesHostUsers = "makes-host-users";

    private readonly PlainPasswords _passwords = new();

    /// <inheritdoc />
    public string Name => "mail";

    /// <inheritdoc />
    public ValueList<Setting> Settings => MailSettings.All;

    /// <inheritdoc />
    public ValueList<string> Packages => [EximPackage, DovecotPackage];

    /// <inheritdoc />
    public ValueList<DiagnosticKind> Diagnostics => MailDiagnostics.All;

    /// <inheritdoc />
    public ValueList<Daemon> Daemons(Host host)
    {
        var daemons = new List<Daemon>();
        if (host.VersionOf(EximPackage) is not null)
        {
            daemons.Add(new Daemon
            {
                Name = "exim4",
                Unit = "exim4.service",
                Check = staged => new Command("/usr/sbin/exim4", ["-bV", "-C", staged.PathOf(MailPaths.EximConfiguration)]),
                Probes = [new Probe("SMTP", 25, Send: null, "220 "), new Probe("submission", 587, Send: null, "220 ")],
            });
        }

        if (DovecotOf(host) is not null)
        {
            daemons.Add(new Daemon
            {
                Name = "dovecot",
                Unit = "dovecot.service",
                ReloadInterval = TimeSpan.FromSeconds(10), // each certificate makes a reload longer
                Check = staged => new Command("/usr/bin/doveconf", ["-n", "-c", staged.PathOf(MailPaths.DovecotConfiguration)]),
                Probes = [new Probe("IMAP", 143, Send: null, "* OK"), new Probe("POP3", 110, Send: null, "+OK"), new Probe("ManageSieve", 4190, Send: null, "\"IMPLEMENTATION\"")],
            });
        }

        return daemons.ToValueList();
    }

    /// <inheritdoc />
    public DomainRendering RenderDomain(Domain domain, Host host) => new MailDomain(domain, host, DovecotOf(host), IsEximInstalled(host), _passwords).Render();

    /// <inheritdoc />
    public HostRendering RenderHost(Host host, ValueList<Contribution> contributions)
    {
        var files = new List<RenderedFile>();
        var loads = new List<LoadedFile>();
        var diagnostics = new List<Diagnostic>();
        var ports = new List<Contribution>();
        var facts = contributions.OfType<OwnFact>().Where(fact => fact.Service == Name).ToList();
        var dovecot = DovecotOf(host);
        if (IsEximInstalled(host))
        {
            files.Add(Configuration(MailPaths.EximConfiguration, "exim4", MailPaths.EximSnippets, EximConfig.Parts(host.Name), host.Tree, diagnostics));
            files.Add(EximTable(MailPaths.SrsSecret, host.Secret.DeriveKey("mail-srs") + "\n", "signs the senders of forwarded mail (SRS)"));
            files.Add(EximTable(MailPaths.HostPolicy, MailPolicy.RenderHost(host, diagnostics), "limits and addresses for mail that leaves the host (MAIL-103, MAIL-110)"));
            files.AddRange(RenderAccessLists(host.Tree, diagnostics));
            ports.AddRange([new OpenPort(25, "tcp", "smtp"), new OpenPort(465, "tcp", "submissions"), new OpenPort(587, "tcp", "submission")]);
        }

        if (dovecot is not null)
        {
            files.Add(Configuration(MailPaths.DovecotConfiguration, "dovecot", MailPaths.DovecotSnippets, dovecot.Parts(host.Name), host.Tree, diagnostics));
            loads.Add(MailCertificate.LoadOf(host.Name, host.Certificate, host.Name.Value, host));
            ports.AddRange([
                new OpenPort(110, "tcp", "pop3"), new OpenPort(143, "tcp", "imap"), new OpenPort(993, "tcp", "imaps"), new OpenPort(995, "tcp", "pop3s"), new OpenPort(4190, "tcp", "sieve"),
            ]);
            if (!facts.Any(fact => fact.Key == MakesHostUsers))
            {
                var users = new UnixUsers(host, dovecot, _passwords);
                diagnostics.AddRange(users.Diagnostics);
                files.Add(UserTableFile(host.Name, users.Users, "unix users (MAIL-58)"));
            }
        }
        else if (host.VersionOf(DovecotPackage) is { } version)
        {
            diagnostics.Add(MailDiagnostics.UnknownDovecot.At(
                MailPaths.DovecotConfiguration.Value, $"Dovecot {version} is installed; this program knows 2.3 and 2.4", "nothing of Dovecot is changed; look for a newer version of symbiosis"));
        }

        if (facts.Any(fact => fact.Key == HasMailboxes))
            diagnostics.AddRange(WhatIsMissing(host));
        if (ports.Count > 0)
            ports.Add(new WantedCertificate(host.Name, [host.Name.Value]));
        return new HostRendering { Files = files.ToValueList(), Loads = loads.ToValueList(), Diagnostics = diagnostics.ToValueList(), Contributions = ports.ToValueList() };
    }

    internal static OwnFact FactOfMailboxes { get; } = new("mail", HasMailboxes, "");

    internal static OwnFact FactOfHostUsers { get; } = new("mail", MakesHostUsers, "");

    internal static RenderedFile UserTableFile(DomainName name, IReadOnlyCollection<MailUser> users, string because) => new()
    {
        Path = MailPaths.Users.Join(name.Value),
        Content = UserTable.Render(users),
        Role = FileRole.Table,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
        Group = "dovecot",
        AdvancesMtimeBySeconds = true, // MAIL-171
        Because = because,
    };

    internal static RenderedFile EximTable(HostPath path, string content, string because) => new()
    {
        Path = path,
        Content = content,
        Role = FileRole.Table,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
        Group = EximUser,
        Because = because,
    };

    private static RenderedFile Configuration(
        HostPath path, string daemon, HostPath snippets, IEnumerable<ConfigurationPart> parts, HostTree tree, List<Diagnostic> diagnostics)
    {
        var body = ConfigurationParts.Merge(parts, snippets, tree, out var ignored);
        diagnostics.AddRange(ignored.Select(snippet => MailDiagnostics.SnippetIgnored.At(
            snippet.Value, "has the name of a part of the program, so it is left out", "give it another name; the numbers decide where it stands")));
        return new RenderedFile
        {
            Path = path,
            Content = $"# Made by symbiosis. Your own parts go into {snippets}: files are put between ours in the order of their names.\n\n{body.TrimEnd('\n')}\n",
            Daemon = daemon,
            Because = $"{daemon} for the domains in {MailPaths.Tree}, with the snippets in {snippets} (MAIL-151)",
        };
    }

    // MAIL-91: Exim reads them at each connection.
    private static IEnumerable<RenderedFile> RenderAccessLists(HostTree tree, List<Diagnostic> diagnostics)
    {
        foreach (var file in MailPaths.AccessLists.Where(file => tree[file.Source.Value].Kind == NodeKind.File))
        {
            var list = AccessList.Parse(tree[file.Source.Value].Text, file.Subject);
            diagnostics.AddRange(list.Faults.Select(fault => MailDiagnostics.BadAccessItem.At(file.Source.Value, fault.Message, "see the manual for what a line may be; it is skipped", fault.Line)));
            if (list.Items.Count > 0)
                yield return EximTable(file.Table, list.Render(), $"{file.Source} (MAIL-92)");
        }
    }

    private static IEnumerable<Diagnostic> WhatIsMissing(Host host) =>
        new[] { EximPackage, DovecotPackage }.Where(package => host.VersionOf(package) is null).Select(package => MailDiagnostics.NotInstalled.At(
            MailPaths.Tree.Value, $"there are mailboxes, but {package} is not installed", "apt install symbiosis-mail"));

    private static bool IsEximInstalled(Host host) => host.VersionOf(EximPackage) is not null;

    private static DovecotConfig? DovecotOf(Host host) => host.VersionOf(DovecotPackage) is { } version ? DovecotConfig.For(version) : null;
}
