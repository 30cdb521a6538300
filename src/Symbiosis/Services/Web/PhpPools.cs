using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// The pools of php-fpm (WEB-61): the PHP of the administrator's domains runs as <c>www-data</c>, because admin may become root and web code must not; that of any other owner runs in a pool with
/// the owner's ids. All pools are in one file, so that the daemon's checker sees what will be used: its main file includes the pools by an absolute path, which a staged copy cannot replace.
/// </summary>
internal static class PhpPools
{
    private const string Fact = "php-pool";

    /// <summary>What a domain contributes so that its owner gets a pool; nothing for the administrator, whose pool is always there.</summary>
    public static IEnumerable<Contribution> WantedBy(Domain domain, Host host)
    {
        if (domain.Owner.Uid != host.AdminUid)
            yield return new OwnFact(WebModule.ModuleName, Fact, $"{domain.Owner.Uid} {domain.Owner.UserName} {domain.Owner.GroupName}");
    }

    public static RenderedFile RenderPools(PhpVersion php, Host host, ValueList<Contribution> contributions)
    {
        var writer = new PhpIniWriter();
        writer.Comment("PHP of the domains in /srv: one pool for each owner, with the owner's rights.");
        writer.Comment("A pool has no process until somebody asks for a page. Put pools of your own into another file.");
        WritePool(writer, host.AdminUid.ToString(), "www-data", "www-data");
        foreach (var pool in contributions.OfType<OwnFact>()
            .Where(fact => fact is { Service: WebModule.ModuleName, Key: Fact })
            .Select(fact => fact.Value.Split(' '))
            .DistinctBy(words => words[0]) // two domains of one owner with different groups: one pool, the first group
            .OrderBy(words => uint.Parse(words[0])))
        {
            WritePool(writer, pool[0], pool[1], pool[2]);
        }

        return new RenderedFile
        {
            Path = php.PoolFile,
            Content = writer.ToString(),
            CommentMark = ";",
            Because = "owners of the domains in /srv (WEB-61)",
            Daemon = WebModule.PhpDaemon,
        };
    }

    public static RenderedFile RenderIni(PhpVersion php) => new()
    {
        Path = php.IniFile,
        Content = new PhpIniWriter()
            .Comment("Settings for all sites (WEB-60). Files with a higher number in this directory win over this one.")
            .Set("expose_php", "0")
            .Set("upload_max_filesize", "64M")
            .Set("post_max_size", "64M")
            .ToString(),
        CommentMark = ";",
        Because = "PHP settings of the host (WEB-60)",
        Daemon = WebModule.PhpDaemon,
    };

    private static void WritePool(PhpIniWriter writer, string owner, string user, string group)
    {
        writer.Section($"symbiosis-{owner}")
            .Set("user", user)
            .Set("group", group)
            .Set("listen", PhpVersion.Socket(owner))
            .Set("listen.owner", "www-data")
            .Set("listen.group", "www-data")
            .Set("listen.mode", "0600")
            .Set("pm", "ondemand")
            .Set("pm.max_children", "20")
            .Set("pm.process_idle_timeout", "60s")
            .Set("pm.max_requests", "1000")
            .Set("security.limit_extensions", ".php .phtml"); // WEB-62
    }
}
