using System.CommandLine;
using Symbiosis.Cli;
using Symbiosis.Cli.Verbs;
using Symbiosis.Diagnostics;
using Symbiosis.Tree;

// The splitter stays as long as Apache does, so it does not load what it never needs.
var root = args is ["log-splitter", ..] ? new RootCommand { LogSplitterVerb.Create() } : new RootCommand("The files below /srv are the configuration of this host. Reads them, plans, checks and applies.")
{
    PlanVerb.Create(),
    ApplyVerb.Create(),
    WatchVerb.Create(),
    StatusVerb.Create(),
    MergeVerb.Create(),
    DocumentVerb.Create(),
    WithdrawVerb.Create(),
    SslVerb.Create(),
    new Command("tls", "See how certificates stand.") { TlsStatusVerb.Create() },
    LogSplitterVerb.Create(),
    RotateLogsVerb.Create(),
    StatisticsVerb.Create(),
    new Command("domain", "Make and list domains.") { DomainVerbs.CreateVerb(), DomainVerbs.ListVerb() },
    new Command("mailbox", "Make mailboxes.") { MailboxVerbs.CreateVerb() },
    new Command("web", "See who answers a web request.") { WebExplainVerb.Create() },
    new Command("mail", "See where mail goes and what waits; make keys.") { MailExplainVerb.Create(), MailQueueVerb.Create(), MailDkimVerb.Create(), MailEncryptPasswordsVerb.Create(), MailPasswordServerVerb.Create() },
};
// The name the original had is a link to this program (TLS-27).
var parsed = root.Parse(CalledAs.Name() == SslVerb.LinkName ? [SslVerb.Verb, .. args] : args);
if (parsed.Errors.Count > 0)
{
    if (parsed.CommandResult.Command is { Subcommands.Count: > 0 } command)
    {
        var known = command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name).ToList();
        await Console.Error.WriteLineAsync("symbiosis: " + (parsed.UnmatchedTokens switch
        {
            [] => $"a command is missing: {string.Join(", ", known)}",
            [['-', ..] option, ..] => $"there is no option '{Printable.Text(option)}' here",
            [var wrong, ..] => $"there is no command '{Printable.Text(wrong)}'{(NameSuggestion.FindNearest(wrong, known) is { } nearest ? $"; did you mean {nearest}?" : "")}",
        }));
    }
    else
    {
        foreach (var error in parsed.Errors)
            await Console.Error.WriteLineAsync($"symbiosis: {error.Message}");
    }

    await Console.Error.WriteLineAsync("Try 'symbiosis --help'.");
    return ExitCode.Usage;
}

return await parsed.InvokeAsync();
