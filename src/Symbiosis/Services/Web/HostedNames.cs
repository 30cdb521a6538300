using Symbiosis.Model;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// The table that says which names are hosted: one file for each domain and each alias below <c>/var/lib/symbiosis/web/names</c>, holding the directory's name in <c>/srv</c>, the uid of
/// its owner, the version of PHP that it chose, if any, and the word <c>app</c> if it is a program. Apache looks at it at every request and the log splitter when it sees a name, so a domain comes and goes without a reload (WEB-34). <c>www.</c> and other names below a
/// hosted one need no file: both readers go up label by label (WEB-4 to WEB-7).
/// </summary>
internal static class HostedNames
{
    public static IEnumerable<RenderedFile> Render(Domain domain, PhpVersion? chosen, bool isApp) => domain.Aliases.Prepend(domain.Name).Select(name => new RenderedFile
    {
        Path = PathOf(name),
        Content = $"{domain.Name} {domain.Owner.Uid}{(chosen is null ? "" : $" php{chosen.Text}")}{(isApp ? " app" : "")}\n",
        Role = FileRole.Table,
        Because = name == domain.Name ? $"{domain.Directory} is a domain (WEB-4)" : $"/srv/{name} is an alias of {domain.Name} (WEB-6)",
    });

    public static HostPath PathOf(DomainName name) => HostPath.Parse($"{WebPaths.Names}/{name}");
}
