using System.CommandLine;
using Symbiosis.CertificateKeeping;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Services.Tls;
using Symbiosis.Tree;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis ssl</c>, also called <c>symbiosis-ssl</c>: checks, makes, renews and selects certificates at once, as the service does by itself (TLS-27 to TLS-35).</summary>
internal static class SslVerb
{
    /// <summary>The name under which older hosts know it.</summary>
    public const string LinkName = "symbiosis-ssl";

    /// <summary>The verb itself.</summary>
    public const string Verb = "ssl";

    private const int HookFailed = 2;

    // As long as the slowest CA may take, and the service with it.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    public static Command Create()
    {
        var domains = new Argument<string[]>("DOMAIN") { Description = "Only these domains.", Arity = ArgumentArity.ZeroOrMore };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Say what is found and done." };
        var force = new Option<bool>("--force") { Description = "Make a new set for every domain named, or all, whatever the state." };
        var noGenerate = new Option<bool>("--no-generate") { Description = "Ask for no new certificate." };
        var noRollover = new Option<bool>("--no-rollover") { Description = "Leave the current set as it is." };
        var list = new Option<bool>("--list") { Description = "List the valid sets and change nothing." };
        var select = new Option<string?>("--select") { Description = "Make this set of the one domain named the current one.", HelpName = "SET" };
        var threshold = new Option<string?>("--threshold") { Description = "Days left at which a set is replaced; otherwise 21, or a third of its validity.", HelpName = "DAYS" };
        var prefix = CommonOptions.Prefix();
        var command = new Command(Verb, "Check, make, renew and select certificates now, as the service does by itself. Also known as symbiosis-ssl.") { domains, verbose, force, noGenerate, noRollover, list, select, threshold, prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new Request(
                parsed.GetValue(domains) ?? [],
                parsed.GetRequiredValue(prefix),
                parsed.GetValue(verbose) || parsed.GetValue(force),
                parsed.GetValue(list),
                parsed.GetValue(threshold),
                new KeepOptions { Force = parsed.GetValue(force), Generates = !parsed.GetValue(noGenerate), RollsOver = !parsed.GetValue(noRollover), Select = parsed.GetValue(select) }),
            cancellationToken));
        return command;
    }

    private sealed record Request(string[] Domains, string Prefix, bool IsVerbose, bool Lists, string? Threshold, KeepOptions Options);

    private static async Task<int> RunAsync(Request request, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        var options = request.Options;
        if (request.Threshold is { } text)
        {
            if (!int.TryParse(text, out var days) || days < 0)
                return Refuse(errors, $"--threshold wants a number of days, not '{Printable.Text(text)}'");
            options = options with { ThresholdDays = days };
        }

        if (options.Select is not null && request.Domains.Length != 1)
            return Refuse(errors, "--select wants exactly one domain");
        if (!Environment.IsPrivilegedProcess)
        {
            errors.Line(errors.Red("symbiosis: only root can read the keys of every domain; try: sudo symbiosis-ssl"));
            return ExitCode.NotPermitted;
        }

        var machine = HostPipeline.Machine();
        using var certificates = CertificateHost.Create(request.Prefix, machine.Commands, machine.Files);
        var host = await certificates.Tree.ReadHostAsync(cancellationToken);
        var scan = certificates.Tree.Scan(host.Name);
        if (scan.Fault != ScanFault.None)
        {
            DiagnosticWriter.Write(scan.Diagnostics, errors);
            return ExitCode.Failed;
        }

        var isGood = true;
        var entries = new List<DomainEntry>();
        foreach (var name in request.Domains)
        {
            if (scan.Find(name) is { } entry)
                entries.Add(entry);
            else
                errors.Line(errors.Yellow($"symbiosis-ssl: there is no domain {Printable.Text(name)}"));
            isGood &= scan.Find(name) is not null;
        }

        var changed = new List<Model.DomainName>();
        foreach (var entry in request.Domains.Length == 0 ? scan.Domains.ToList() : entries.Distinct().ToList())
        {
            if (cancellationToken.IsCancellationRequested)
                return ExitCode.Failed;
            if (request.Lists)
            {
                List(certificates.Keeper, entry, host);
                continue;
            }

            if (request.IsVerbose)
                await Console.Out.WriteLineAsync($"* Examining certificates for {entry.Name}");
            var outcome = await KeepAsync(certificates.Keeper, entry, host, options, cancellationToken);
            isGood &= outcome is { Error: null };
            if (outcome is { IsPublished: true })
                changed.Add(entry.Name);
            Show(entry, outcome, request.IsVerbose, errors);
        }

        var faults = await certificates.Hooks.RunAsync(changed, CancellationToken.None); // what was changed must be told, also when interrupted
        foreach (var fault in faults)
            errors.Line(errors.Red($"symbiosis-ssl: {Printable.Text(fault)}"));
        return faults.Count > 0 ? HookFailed : isGood ? ExitCode.Success : ExitCode.Failed;
    }

    // The service may be at the same domain; its work is ours.
    private static async Task<KeepOutcome?> KeepAsync(CertificateKeeper keeper, DomainEntry entry, Model.Host host, KeepOptions options, CancellationToken cancellationToken)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await keeper.KeepAsync(entry, host, options, cancellationToken) is { } outcome && !(outcome is { Waits: true, IsBlocked: false } && TimeProvider.System.GetElapsedTime(begin) < _patience))
                return outcome;
            if (TimeProvider.System.GetElapsedTime(begin) > _patience)
                return null;
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
        }
    }

    private static void Show(DomainEntry entry, KeepOutcome? outcome, bool isVerbose, Terminal errors)
    {
        if (outcome is null)
        {
            errors.Line(errors.Red($"symbiosis-ssl: {entry.Name}: the domain is gone, or something else is at work on its certificates"));
            return;
        }

        foreach (var line in isVerbose ? outcome.Story.ToList() : [])
            Console.Out.WriteLine("\t" + Printable.Text(line));
        foreach (var problem in new[] { outcome.Warning, outcome.Error }.OfType<string>())
        {
            if (isVerbose)
                Console.Out.WriteLine("\t!! " + Printable.Text(problem));
            else
                errors.Line($"symbiosis-ssl: {entry.Name}: {Printable.Text(problem)}");
        }
    }

    private static void List(CertificateKeeper keeper, DomainEntry entry, Model.Host host)
    {
        if (keeper.Look(entry, host) is not { } sets)
            return;
        Console.Out.WriteLine($"Certificate sets for {entry.Name}:");
        foreach (var set in sets.Sets.Append(sets.Link.Kind == CurrentKind.Absent ? sets.Legacy : null).OfType<CertificateSet>().Where(set => keeper.FindFault(sets, set) is null).OrderBy(set => set.NotAfter))
            Console.Out.WriteLine($"\tSSL set {set.Name}: {Printable.Text(CertificateKeeper.DescribeSet(set))}");
        if (sets.Current is { } current)
            Console.Out.WriteLine($"\tCurrent SSL set: {current.Name}");
    }

    private static int Refuse(Terminal errors, string reason)
    {
        errors.Line(errors.Red($"symbiosis-ssl: {reason}"));
        return ExitCode.Failed;
    }
}
