using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>
/// The copy of an alias file that Exim looks up (<c>lsearch</c>). Exim routes as root and would follow a link that a tenant put in place of his file in that moment, so it never reads
/// the tenant's own (CORE-14); this one is made from what was read safely.
/// </summary>
internal static class AliasTable
{
    /// <summary>Renders the entries, sorted by name.</summary>
    public static string Render(ValueList<AliasEntry> entries)
    {
        var text = new StringBuilder();
        foreach (var entry in entries.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            text.Append('"').Append(entry.Name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append("\": ")
                .Append(entry.Targets).Append('\n');
        }

        return text.ToString();
    }
}
