using System.CommandLine;
using Symbiosis.LogSplitting;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis rotate-logs</c>: run every night by <c>symbiosis-logs.timer</c> (WEB-49 to WEB-52).</summary>
internal static class RotateLogsVerb
{
    public static Command Create()
    {
        var defaults = new RotationOptions();
        var keep = new Option<int>("-n") { Description = "Highest number of an old log; older ones are overwritten.", DefaultValueFactory = _ => defaults.Keep };
        var compress = new Option<int>("-c") { Description = "Number from which on old logs are compressed.", DefaultValueFactory = _ => defaults.CompressFrom };
        var prefix = new Option<string>("-p") { Description = "Directory that holds the domains.", DefaultValueFactory = _ => defaults.Prefix };
        var names = new Option<string>("--names") { Description = "Table of hosted names.", DefaultValueFactory = _ => defaults.NamesDirectory };
        foreach (var number in (Option<int>[])[keep, compress])
        {
            number.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                    result.AddError($"{number.Name} takes a number from 1");
            });
        }

        var command = new Command("rotate-logs", "Give the logs of all domains a number and begin new ones.") { keep, compress, prefix, names };
        command.SetAction(parsed => Run(new RotationOptions
        {
            Keep = parsed.GetValue(keep),
            CompressFrom = parsed.GetValue(compress),
            Prefix = parsed.GetRequiredValue(prefix),
            NamesDirectory = parsed.GetRequiredValue(names),
        }));
        return command;
    }

    private static int Run(RotationOptions options)
    {
        var rotation = new LogRotation(options, text => Console.Error.WriteLine($"symbiosis rotate-logs: {text}"));
        if (rotation.Run())
            SplitterProcess.HangUpAll();
        return rotation.HasFailed ? ExitCode.Failed : ExitCode.Success;
    }
}
