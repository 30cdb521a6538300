using System.CommandLine;
using System.Reflection;
using Symbiosis.Cli.Documents;
using Symbiosis.Services;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis document KIND</c>: prints a document that is made from the program's own definitions. Hidden: packaging calls it.</summary>
internal static class DocumentVerb
{
    public static Command Create()
    {
        var kind = new Argument<string>("KIND") { Description = "What to print." }.AcceptOnlyFromAmong("command", "tree", "bash", "zsh");
        var command = new Command("document", "Print a manual page or a completion script.") { kind };
        command.Hidden = true;
        command.SetAction(parsed => Console.Out.Write(Render(parsed.GetRequiredValue(kind), VerbDescription.Of(parsed.RootCommandResult.Command))));
        return command;
    }

    internal static string Render(string kind, VerbDescription program) => kind switch
    {
        "command" => CommandPage.Render(program, Version),
        "tree" => TreePage.Render(ServiceCatalog.All, Version),
        "bash" => BashCompletion.Render(program),
        "zsh" => ZshCompletion.Render(program),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // Without the commit that the build appends: the page is the same for all of a version.
    private static string Version =>
        typeof(DocumentVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
