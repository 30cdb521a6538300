using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Services.Web;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis web explain URL</c>: who answers a request and which file decides it. Without a name: why each domain has a site of its own, is mass-hosted, or has none.</summary>
internal static partial class WebExplainVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("URL") { Description = "Names or URLs, such as www.example.com or https://example.com/shop/. Without one: every domain.", Arity = ArgumentArity.ZeroOrMore };
        var json = CommonOptions.Json();
        var prefix = CommonOptions.Prefix();
        var command = new Command("explain", "Say who answers a web request, step by step, with the file that decides. Nothing is asked of Apache.") { names, json, prefix };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(names), parsed.GetRequiredValue(prefix), parsed.GetValue(json), Terminal.StandardOutput, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] names, string prefix, bool asJson, Terminal terminal, CancellationToken cancellationToken)
    {
        if (new PlanRequest([], prefix, Force: false).FindFault() is { } fault)
        {
            Terminal.StandardError.Line(Terminal.StandardError.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var (host, reader) = await HostPipeline.LookAsync(HostPipeline.Machine(), prefix, cancellationToken);
        var scan = reader.ScanDomains(host.Name);
        var finder = new WebRouteFinder(host, name => (scan[name] ?? scan.Domains.FirstOrDefault(entry => entry.Aliases.Contains(name))) is { } entry ? reader.ReadDomain(entry) : null);
        var routes = (names.Length > 0 ? names : scan.Domains.Select(domain => domain.Name.Value)).Select(finder.Find).ToList();
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(routes.Select(route => new WebRouteItem(route.Asked, route.IsServed, route.Verdict, [.. route.Steps.Select(step => new WebStepItem(step.File, step.Found))])).ToList(), WebRouteJson.Default.ListWebRouteItem));
        else
            routes.ForEach(route => Write(route, terminal));
        return routes.TrueForAll(route => route.IsServed) || names.Length == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private static void Write(WebRoute route, Terminal terminal)
    {
        terminal.Line(terminal.Bold(Printable.Text(route.Asked)));
        foreach (var step in route.Steps)
            terminal.Line($"  {Printable.Text(step.File)}: {Printable.Text(step.Found)}");
        var verdict = Printable.Text(route.Verdict);
        terminal.Line($"  => {(route.IsServed ? terminal.Green(verdict) : terminal.Red(verdict))}");
    }

    internal sealed record WebStepItem(string File, string Found);

    internal sealed record WebRouteItem(string Asked, bool IsServed, string Verdict, IReadOnlyList<WebStepItem> Steps);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
    [JsonSerializable(typeof(List<WebRouteItem>))]
    private sealed partial class WebRouteJson : JsonSerializerContext;
}
