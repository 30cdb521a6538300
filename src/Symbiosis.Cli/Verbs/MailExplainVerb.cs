using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Services.Mail;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis mail explain ADDRESS</c>: where mail for an address goes, and which file decides it, before any is sent.</summary>
internal static partial class MailExplainVerb
{
    public static Command Create()
    {
        var addresses = new Argument<string[]>("ADDRESS") { Description = "Addresses, such as bob@example.com.", Arity = ArgumentArity.OneOrMore };
        var json = CommonOptions.Json();
        var prefix = CommonOptions.Prefix();
        var command = new Command("explain", "Say where mail for an address goes, step by step, with the file that decides. No mail is sent.") { addresses, json, prefix };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(addresses), parsed.GetRequiredValue(prefix), parsed.GetValue(json), Terminal.StandardOutput, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] addresses, string prefix, bool asJson, Terminal terminal, CancellationToken cancellationToken)
    {
        if (new PlanRequest([], prefix, Force: false).FindFault() is { } fault)
        {
            Terminal.StandardError.Line(Terminal.StandardError.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var (host, reader) = await HostPipeline.LookAsync(HostPipeline.Machine(), prefix, cancellationToken);
        var scan = reader.ScanDomains(host.Name);
        var finder = new MailRouteFinder(
            host,
            name => (scan[name] ?? scan.Domains.FirstOrDefault(entry => entry.Aliases.Contains(name))) is { } entry ? reader.ReadDomain(entry) : null,
            AliasesIn(MailPaths.Rewrites).Entries.ToDictionary(entry => entry.Name, entry => entry.Targets, StringComparer.Ordinal),
            AliasesIn(MailPaths.SystemAliases));
        var routes = addresses.Select(finder.Find).ToList();
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(routes.Select(route => new RouteItem(route.Address, route.End.ToString(), route.Verdict, [.. route.Steps.Select(step => new StepItem(step.File, step.Found))])).ToList(), RouteJson.Default.ListRouteItem));
        else
            routes.ForEach(route => Write(route, terminal));
        return routes.TrueForAll(route => route.End == RouteEnd.Accepted) ? ExitCode.Success : ExitCode.Failed;
    }

    private static void Write(MailRoute route, Terminal terminal)
    {
        terminal.Line(terminal.Bold(Printable.Text(route.Address)));
        foreach (var step in route.Steps)
            terminal.Line($"  {Printable.Text(step.File)}: {Printable.Text(step.Found)}");
        var verdict = Printable.Text(route.Verdict);
        terminal.Line($"  => {(route.End == RouteEnd.Accepted ? terminal.Green(verdict) : terminal.Red(verdict))}");
    }

    // Both files are the administrator's and small. One that is not there says nothing.
    private static AliasFile AliasesIn(HostPath path)
    {
        try
        {
            return AliasFile.Parse(File.ReadAllText(path.Value));
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return AliasFile.Parse("");
        }
    }

    internal sealed record StepItem(string File, string Found);

    internal sealed record RouteItem(string Address, string End, string Verdict, IReadOnlyList<StepItem> Steps);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
    [JsonSerializable(typeof(List<RouteItem>))]
    private sealed partial class RouteJson : JsonSerializerContext;
}
