using System.CommandLine;
using Symbiosis.LogSplitting;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis log-splitter</c>: started by Apache, takes the access log of all sites and writes each line to its domain's log (WEB-47).</summary>
internal static class LogSplitterVerb
{
    public static Command Create()
    {
        var defaults = new SplitterOptions();
        var synchronous = new Option<bool>("-s") { Description = "Write every line at once and through to the disk." };
        var files = new Option<int>("-f") { Description = "Most logs open at a time.", DefaultValueFactory = _ => defaults.MaxOpenFiles };
        var name = new Option<string>("-l") { Description = "File name in a domain's public/logs; that of https has ssl_ in front.", DefaultValueFactory = _ => defaults.FileName };
        var prefix = new Option<string>("-p") { Description = "Directory that holds the domains.", DefaultValueFactory = _ => defaults.Prefix };
        var names = new Option<string>("--names") { Description = "Table of hosted names.", DefaultValueFactory = _ => defaults.NamesDirectory };
        var form = new Option<LineForm>("-m")
        {
            Description = "What lines begin with: split: the host name; port: the local port and the host name; plain: anything, all go to the default log.",
            DefaultValueFactory = _ => defaults.Form,
        };
        var testing = new Option<string?>("-t") { Description = "Names that end in this are testing names, such as testing.host.example.net." };
        var verbose = new Option<bool>("-v") { Description = "Say on standard error which logs cannot be opened." };
        var user = new Option<string?>("-u") { Description = "Accepted and ignored.", Hidden = true };
        var group = new Option<string?>("-g") { Description = "Accepted and ignored.", Hidden = true };
        var defaultLog = new Argument<string>("DEFAULT-LOG") { Description = "Log for lines that belong to no domain.", DefaultValueFactory = _ => defaults.DefaultLog };
        files.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("-f takes a number from 1");
        });
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is null or "" or "." or ".." || result.GetValueOrDefault<string>()!.Contains('/'))
                result.AddError("-l takes a file name without a directory");
        });
        var command = new Command("log-splitter", "Write the lines of Apache's access log on standard input to the logs of the domains.")
        {
            synchronous, files, name, prefix, names, form, testing, verbose, user, group, defaultLog,
        };
        command.SetAction(parsed => Run(new SplitterOptions
        {
            Synchronous = parsed.GetValue(synchronous),
            MaxOpenFiles = parsed.GetValue(files),
            FileName = parsed.GetRequiredValue(name),
            Prefix = parsed.GetRequiredValue(prefix),
            NamesDirectory = parsed.GetRequiredValue(names),
            Form = parsed.GetValue(form),
            TestingSuffix = parsed.GetValue(testing),
            Verbose = parsed.GetValue(verbose),
            DefaultLog = parsed.GetRequiredValue(defaultLog),
        }));
        return command;
    }

    private static int Run(SplitterOptions options)
    {
        if (!Directory.Exists(options.Prefix))
        {
            Console.Error.WriteLine($"symbiosis log-splitter: there is no directory {options.Prefix}");
            return ExitCode.Failed;
        }

        return SplitterProcess.Run(options, TimeProvider.System, text => Console.Error.WriteLine($"symbiosis log-splitter: {text}"));
    }
}
