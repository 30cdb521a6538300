using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Mail;

/// <summary>
/// What a domain asks of Exim beyond its addresses: limits for its senders, block lists, source addresses, its DKIM selector (MAIL-163). Exim looks it up by key in a table of the domain,
/// <c>key: value</c>, so a bad value is caught here and no process without rights reads a private file.
/// </summary>
internal sealed class MailPolicy(Domain domain, Host host)
{
    /// <summary>Key of a domain's or the host's own limit; with <c>-NAME</c> that of a mailbox.</summary>
    public const string RateLimitKey = "ratelimit";

    /// <summary>Key of the limit of what programs on the host send.</summary>
    public const string LocalRateLimitKey = "local-ratelimit";

    /// <summary>Key that says <c>yes</c> where mailboxes have a quota; with <c>-NAME</c> for one mailbox.</summary>
    public const string QuotaKey = "quota";

    /// <summary>Key of the block lists, separated by semicolons.</summary>
    public const string BlockListsKey = "blacklists";

    /// <summary>Key of the source addresses, separated by semicolons.</summary>
    public const string SourceKey = "source";

    /// <summary>Key of the DKIM selector.</summary>
    public const string DkimKeyword = "dkim";

    private readonly StringBuilder _text = new();

    /// <summary>What is wrong with the files.</summary>
    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>The key to sign with, or null.</summary>
    public DkimKey? Dkim { get; private set; }

    /// <summary>The text of the table; empty when the domain asks for nothing.</summary>
    public string Render()
    {
        RenderRateLimits();
        RenderQuotas();
        RenderBlockLists();
        RenderSource();
        RenderDkim();
        return _text.ToString();
    }

    /// <summary>The table of the host: what holds where domains say nothing, and the limits of unix users.</summary>
    public static string RenderHost(Host host, List<Diagnostic> diagnostics)
    {
        var text = new StringBuilder();
        foreach (var (key, setting) in new[] { (RateLimitKey, MailSettings.HostRateLimit), (LocalRateLimitKey, MailSettings.LocalRateLimit) })
        {
            var node = host.Tree[setting];
            var limit = node.Kind == NodeKind.File ? node.Value is SettingValue.False || node.Text.Trim() is "off" or "none" ? null : RateLimit.Parse(node.Text) : RateLimit.Default;
            if (limit is not null)
                text.Append(key).Append(": ").Append(limit).Append('\n');
        }

        foreach (var user in host.Users.Where(user => LocalPart.TryParse(user.Name, out _) && user.Tree[".ratelimit"].Kind == NodeKind.File))
            text.Append(RateLimitKey).Append('-').Append(user.Name).Append(": ").Append(RateLimit.Parse(user.Tree[".ratelimit"].Text)).Append('\n');
        foreach (var user in host.Users.Where(user => LocalPart.TryParse(user.Name, out _)))
        {
            if (IsAskedAbout(user.Tree[".forward"], HasQuota(user.Tree[".quota"]), HasQuota(host.Tree[MailSettings.HostQuota])) is { } own)
                text.Append(QuotaKey).Append('-').Append(user.Name).Append(": ").Append(own).Append('\n');
        }

        if (HasQuota(host.Tree[MailSettings.HostQuota]) is { } ofHost)
            text.Append(QuotaKey).Append(": ").Append(ofHost).Append('\n');
        if (SourceOf(MailSettings.HostAddresses.Select(path => (path, host.Tree[path])), host, diagnostics) is { Count: > 0 } addresses)
            text.Append(SourceKey).Append(": ").AppendJoin(';', addresses).Append('\n');
        return text.ToString();
    }

    private void RenderRateLimits()
    {
        foreach (var name in domain.Tree.MailboxNames.Where(name => LocalPart.TryParse(name, out _)))
        {
            if (domain.Tree[MailSettings.RateLimit(name)] is { Kind: NodeKind.File } own)
                Line($"{RateLimitKey}-{name}", RateLimit.Parse(own.Text).ToString());
        }

        if (domain.Tree[MailSettings.DomainRateLimit] is { Kind: NodeKind.File } node)
            Line(RateLimitKey, RateLimit.Parse(node.Text).ToString());
    }

    // Whether there is one; how much it is Dovecot knows.
    private void RenderQuotas()
    {
        var ofAll = HasQuota(domain.Tree[MailSettings.DomainQuota]) ?? HasQuota(host.Tree[MailSettings.HostQuota]);
        foreach (var name in domain.Tree.MailboxNames.Where(name => LocalPart.TryParse(name, out _)))
        {
            if (IsAskedAbout(domain.Tree[MailSettings.Forward(name)], HasQuota(domain.Tree[MailSettings.Quota(name)]), ofAll) is { } own)
                Line($"{QuotaKey}-{name}", own);
        }

        if (HasQuota(domain.Tree[MailSettings.DomainQuota]) is { } ofDomain)
            Line(QuotaKey, ofDomain);
    }

    // Mail for a mailbox with a forward file may go somewhere else, so that a full mailbox is no reason to refuse it. If a copy is kept after all, that copy waits.
    private static string? IsAskedAbout(TreeNode forward, string? own, string? ofAll) => forward.Exists && (own ?? ofAll) == "yes" ? "no" : own;

    // Null when the file says nothing and the next one is asked (MAIL-53).
    private static string? HasQuota(TreeNode node) =>
        node.Value is SettingValue.Text(var text) ? ByteSize.TryParse(text, out var size) && !size.IsUnlimited ? "yes" : "no" : null;

    private void RenderBlockLists()
    {
        var zones = new List<DomainName>();
        foreach (var (path, _) in domain.Tree.Below(MailSettings.BlockLists))
        {
            var name = path[(MailSettings.BlockLists.Length + 1)..];
            if (DomainName.TryParse(name, out var zone))
                zones.Add(zone);
            else
                Diagnostics.Add(MailDiagnostics.BadBlockList.At(domain.PathOf(path), "is not the name of a block list", "name the file after the list: zen.spamhaus.org"));
        }

        if (zones.Count > 0)
            Line(BlockListsKey, string.Join(';', BlockList.Choose(zones)));
    }

    private void RenderSource()
    {
        var files = new[] { DomainAddresses.SettingPath, MailSettings.Addresses }.Select(path => (domain.PathOf(path), domain.Tree[path]));
        if (SourceOf(files, host, Diagnostics) is { Count: > 0 } addresses)
            Line(SourceKey, string.Join(';', addresses));
    }

    // MAIL-120: both files, or nothing is signed.
    private void RenderDkim()
    {
        var selector = domain.Tree[MailSettings.Dkim];
        var key = domain.Tree[MailSettings.DkimKey];
        if (selector.Kind != NodeKind.File || !selector.Value.IsSet)
            return;
        if (key.Kind != NodeKind.File)
        {
            Diagnostics.Add(MailDiagnostics.NoDkimKey.At(domain.PathOf(MailSettings.Dkim), "DKIM is switched on, but there is no key, so mail is not signed", $"symbiosis mail dkim {domain.Name}"));
            return;
        }

        Dkim = DkimKey.Parse(key.Text, DkimKey.SelectorOf(selector.Value is SettingValue.Text ? selector.Text : "", host.Name), out var fault);
        if (Dkim is null)
            Diagnostics.Add(MailDiagnostics.BadDkimKey.At(domain.PathOf(MailSettings.DkimKey), $"cannot sign mail: {fault}", $"remove it and make a new one: symbiosis mail dkim {domain.Name}"));
        else
            Line(DkimKeyword, Dkim.Selector);
    }

    // MAIL-110. An address that is not the host's would stop every delivery.
    private static List<string> SourceOf(IEnumerable<(string Path, TreeNode Node)> files, Host host, List<Diagnostic> diagnostics)
    {
        foreach (var (path, node) in files)
        {
            if (node.Kind != NodeKind.File)
                continue; // almost always
            var addresses = DomainAddresses.Read(node.Value, host);
            if (!addresses.AreOwn)
                continue;
            // Of config/ip everybody who uses it would say the same.
            foreach (var missing in addresses.All.Where(address => !host.Addresses.Contains(address) && !path.EndsWith("/" + DomainAddresses.SettingPath, StringComparison.Ordinal)))
                diagnostics.Add(MailDiagnostics.SourceNotHere.At(path, $"{missing} is not an address of this host, so mail does not leave from it", "ip address add, or correct the file"));
            return addresses.All.Where(host.Addresses.Contains).ToList();
        }

        return [];
    }

    private void Line(string key, string value) => _text.Append(key).Append(": ").Append(value).Append('\n');
}
