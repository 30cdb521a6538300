using System.CommandLine;
using Symbiosis.Cli;
using Symbiosis.Cli.Verbs;

var root = new RootCommand("The files below /srv are the configuration of this host. Reads them, plans, checks and applies.")
{
    PlanVerb.Create(),
    ApplyVerb.Create(),
    WatchVerb.Create(),
    StatusVerb.Create(),
    MergeVerb.Create(),
    DocumentVerb.Create(),
    WithdrawVerb.Create(),
    LogSplitterVerb.Create(),
    new Command("domain", "Make and list domains.") { DomainVerbs.CreateVerb(), DomainVerbs.ListVerb() },
    new Command("mailbox", "Make mailboxes.") { MailboxVerbs.CreateVerb() },
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        await Console.Error.WriteLineAsync($"symbiosis: {error.Message}");
    await Console.Error.WriteLineAsync("Try 'symbiosis --help'.");
    return ExitCode.Usage;
}

return await parsed.InvokeAsync();
