using System.CommandLine;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Statistics;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis statistics</c>: run after the logs were rotated, by <c>symbiosis-statistics.service</c> (WEB-54 to WEB-59).</summary>
internal static class StatisticsVerb
{
    public static Command Create()
    {
        var defaults = new StatisticsOptions();
        var domains = new Argument<string[]>("DOMAIN") { Description = "Only these domains; without any, all.", Arity = ArgumentArity.ZeroOrMore };
        var force = new Option<bool>("--force", "-f") { Description = "Make config/webalizer.conf again, even if it was edited." };
        var prefix = new Option<string>("--prefix", "-p") { Description = "Directory that holds the domains.", DefaultValueFactory = _ => defaults.Prefix };
        var names = new Option<string>("--names") { Description = "Table of hosted names.", DefaultValueFactory = _ => defaults.NamesDirectory };
        var command = new Command("statistics", "Make the statistics of the web sites from the logs rotated since the last run.") { domains, force, prefix, names };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var run = new StatisticsRun(
                new StatisticsOptions
                {
                    Domains = [.. parsed.GetValue(domains) ?? []],
                    Force = parsed.GetValue(force),
                    Prefix = parsed.GetRequiredValue(prefix),
                    NamesDirectory = parsed.GetRequiredValue(names),
                },
                new CommandRunner(TimeProvider.System),
                IsInstalled,
                text => Console.Error.WriteLine($"symbiosis statistics: {Printable.Text(text)}"));
            await run.RunAsync(cancellationToken);
            return run.HasFailed ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    private static bool IsInstalled(StatisticsEngine engine) => engine switch
    {
        StatisticsEngine.GoAccess => File.Exists(StatisticsRun.GoAccessProgram),
        StatisticsEngine.Webalizer => File.Exists(StatisticsRun.WebalizerProgram),
        _ => true,
    };
}
