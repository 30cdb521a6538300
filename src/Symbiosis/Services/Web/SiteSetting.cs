using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>A setting below <c>config/</c> of a domain.</summary>
internal static class SiteSetting
{
    /// <summary>The node of a setting. Where <c>config</c> is no directory there are no settings: the reader of the tree has said so, and the site is served without.</summary>
    public static TreeNode Of(Domain domain, string path) => domain.Tree["config"].Kind is NodeKind.File or NodeKind.Unreadable ? TreeNode.Absent : domain.Tree[path];
}
