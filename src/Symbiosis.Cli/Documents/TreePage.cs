using Symbiosis.Services;
using Symbiosis.Tree;

namespace Symbiosis.Cli.Documents;

/// <summary>symbiosis(7): every file of the tree that means something, from the settings that the services declare.</summary>
internal static class TreePage
{
    public static string Render(IEnumerable<IServiceModule> modules, string version)
    {
        var page = new Roff("symbiosis", 7, version)
            .Section("Name").Paragraph("symbiosis - the tree of files that configures this host")
            .Section("Description")
            .Paragraph("A directory in /srv with the name of a domain is that domain, provided that it belongs to a user and a group with numbers from 1000 up. "
                + "A symbolic link in /srv to such a directory is another name for it. Everything else about a domain is a file or directory in it.")
            .Paragraph("A setting is a file. Missing, it is not set; empty, or with only yes or true in it, it is on; with only no or false in it, it is off; anything else is its value, "
                + "without white space around it.")
            .Paragraph("A size is a number and optionally a unit: k, M, G, T and P are powers of 1000, ki, Mi, Gi, Ti and Pi powers of 1024.");
        foreach (var module in modules.Where(module => module.Settings.Count > 0))
        {
            page.Section($"Files of {module.Name}");
            foreach (var setting in module.Settings)
                page.Term(FullPath(setting.Path), $"{setting.Summary}. {Form(setting.Form)} Default: {setting.Default}.{(setting.Example is { } example ? $" Example: {example.Trim()}" : "")}");
        }

        return page.Section("See also").Paragraph("symbiosis(1), symbiosis.service(8), and the manual in /usr/share/doc/symbiosis/manual").ToString();
    }

    /// <summary>Where a person would look for it: settings are declared relative to a domain or to a home.</summary>
    private static string FullPath(string path) => path[0] is '/' or '~' ? path : $"/srv/DOMAIN/{path}";

    private static string Form(SettingForm form) => form switch
    {
        SettingForm.Flag => "On or off.",
        SettingForm.Text => "Text.",
        SettingForm.Size => "A size.",
        SettingForm.Secret => "A secret: only its owner may read the file.",
        SettingForm.DaemonReads => "Read by the daemon itself, at once.",
        SettingForm.Directory => "A directory.",
        SettingForm.DirectoryOfTexts => "A directory of files, all of which are read.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
