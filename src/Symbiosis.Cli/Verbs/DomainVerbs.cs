using System.CommandLine;
using Symbiosis.Cli.Output;
using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis domain create NAME</c>: writes the directories a person would make, and nothing else.</summary>
internal static class DomainVerbs
{
    public static Command CreateVerb()
    {
        var name = new Argument<string>("NAME") { Description = "The domain, such as example.com." };
        var prefix = CommonOptions.Prefix();
        var command = new Command("create", "Make /srv/NAME with public/htdocs and config. The web site is up within a second.") { name, prefix };
        command.SetAction(parsed => Create(parsed.GetRequiredValue(name), parsed.GetRequiredValue(prefix), Terminal.StandardError));
        return command;
    }

    private static int Create(string text, string prefix, Terminal errors)
    {
        if (!DomainName.TryParse(text, out var name))
        {
            errors.Line(errors.Red($"symbiosis: '{Diagnostics.Printable.Text(text)}' is not a domain name: {DomainName.FindFault(text)}"));
            return ExitCode.Usage;
        }

        if (TreeOwner.Find(prefix, name.Value, errors) is not { } owner)
            return ExitCode.Failed;
        foreach (var directory in (string[])["public/htdocs", "config"])
        {
            if (TreeAuthor.MakeDirectory(prefix, $"{name}/{directory}", owner.Uid, owner.Gid) is { } failure)
            {
                errors.Line(errors.Red($"symbiosis: {failure.Path}: {failure.Reason}"));
                return ExitCode.Failed;
            }
        }

        return ExitCode.Success;
    }
}
