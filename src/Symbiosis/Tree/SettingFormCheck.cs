using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>Looks at contents whose meaning the declaration alone decides, so that no service has to report the same twice: switches (CORE-19) and sizes (CORE-26, CORE-27).</summary>
internal static class SettingFormCheck
{
    public static void Check(TreeNode node, SettingForm form, string path, DomainName? domain, List<Diagnostic> diagnostics)
    {
        if (node.Value is not SettingValue.Text(var text))
            return;
        if (form == SettingForm.Flag && text.Trim().ToLowerInvariant() is "0" or "off" or "disabled" or "")
        {
            diagnostics.Add(TreeDiagnostics.DoubtfulFlag.At(
                path, text.Trim().Length == 0 ? "this switch is on, although the file holds only white space" : $"this switch is on, although the file says '{text.Trim()}'",
                "remove the file, or write no, to switch it off; empty the file to keep it on", line: 1, domain: domain));
        }
        else if (form == SettingForm.Size)
        {
            var size = ByteSize.Parse(text, out var fault);
            if (fault is not null)
                diagnostics.Add(TreeDiagnostics.NotASize.At(path, $"this is no size and counts as not set: {fault}", "write a size such as 500M or 2Gi", line: 1, domain: domain));
            else if (size?.Ambiguity is { } both)
                diagnostics.Add(TreeDiagnostics.PowerOfTen.At(path, both, line: 1, domain: domain));
        }
    }
}
