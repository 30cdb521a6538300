using System.CommandLine;
using Symbiosis.LogSplitting;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis rotate-logs</c>: run every night by <c>symbiosis-logs.timer</c> (WEB-49 to WEB-52).</summary>
internal static class RotateLogsVerb
{
    public static Command Create()
    {
        var defaults = new RotationOptions();
        var keep = new Option<int?>("--max-rotations", "-n") { Description = "Highest number of an old log, whatever the log-days of domains and host say; older ones are overwritten." };
        var compress = new Option<int>("--compress-at", "-c") { Description = "Number from which on old logs are compressed.", DefaultValueFactory = _ => defaults.CompressFrom };
        var prefix = new Option<string>("--prefix", "-p") { Description = "Directory that holds the domains.", DefaultValueFactory = _ => defaults.Prefix };
        var names = new Option<string>("--names") { Description = "Table of hosted names.", DefaultValueFactory = _ => defaults.NamesDirectory };
        foreach (var number in (Option[])[keep, compress])
        {
            number.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int?>() is < 1)
                    result.AddError($"{number.Name} takes a number from 1");
            });
        }

        var command = new Command("rotate-logs", "Give the logs of all domains a number and begin new ones.") { keep, compress, prefix, names };
        command.SetAction(parsed => Run(new RotationOptions
        {
            Keep = parsed.GetValue(keep),
            DefaultKeep = ReadHostDays() ?? defaults.DefaultKeep,
            CompressFrom = parsed.GetValue(compress),
            Prefix = parsed.GetRequiredValue(prefix),
            NamesDirectory = parsed.GetRequiredValue(names),
        }));
        return command;
    }

    // Root's own file; plan says what is wrong with it (WEB051).
    private static int? ReadHostDays() => File.Exists(DaysKept.HostPath) ? DaysKept.Parse(File.ReadAllText(DaysKept.HostPath)) : null;

    private static int Run(RotationOptions options)
    {
        var rotation = new LogRotation(options, text => Console.Error.WriteLine($"symbiosis rotate-logs: {text}"));
        if (rotation.Run())
            SplitterProcess.HangUpAll();
        return rotation.HasFailed ? ExitCode.Failed : ExitCode.Success;
    }
}
