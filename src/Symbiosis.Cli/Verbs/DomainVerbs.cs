using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Symbiosis.Cli.Output;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis domain create NAME</c> writes the directories a person would make, and nothing else; <c>domain list</c> shows what counts as a domain.</summary>
internal static partial class DomainVerbs
{
    public static Command CreateVerb()
    {
        var name = new Argument<string>("NAME") { Description = "The domain, such as example.com." };
        var prefix = CommonOptions.Prefix();
        var command = new Command("create", "Make /srv/NAME with public/htdocs and config. The web site is up within a second.") { name, prefix };
        command.SetAction(parsed => Create(parsed.GetRequiredValue(name), parsed.GetRequiredValue(prefix), Terminal.StandardError));
        return command;
    }

    public static Command ListVerb()
    {
        var json = CommonOptions.Json();
        var prefix = CommonOptions.Prefix();
        var command = new Command("list", "Show every domain, who owns it, and its other names.") { json, prefix };
        command.SetAction((parsed, cancellationToken) => ListAsync(parsed.GetRequiredValue(prefix), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> ListAsync(string prefix, bool asJson, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        if (new PlanRequest([], prefix, Force: false).FindFault() is { } fault)
        {
            errors.Line(errors.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var scan = await HostPipeline.ScanAsync(HostPipeline.Machine(), prefix, cancellationToken);
        DiagnosticWriter.Write(scan.Diagnostics, errors);
        if (asJson)
        {
            var items = scan.Domains.Select(domain => new DomainItem(domain.Name.Value, domain.Owner.UserName, domain.Directory.Value, [.. domain.OtherNames.Select(name => name.Value)])).ToList();
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(items, DomainJson.Default.ListDomainItem));
        }
        else
        {
            foreach (var domain in scan.Domains.ToList())
                await Console.Out.WriteLineAsync($"{domain.Name}\t{domain.Owner.UserName}\t{string.Join(' ', domain.OtherNames)}");
        }

        return scan.Fault == ScanFault.None ? ExitCode.Success : ExitCode.Failed;
    }

    private static int Create(string text, string prefix, Terminal errors)
    {
        if (!DomainName.TryParse(text, out var name))
        {
            errors.Line(errors.Red($"symbiosis: '{Diagnostics.Printable.Text(text)}' is not a domain name: {DomainName.FindFault(text)}"));
            return ExitCode.Usage;
        }

        if (TreeOwner.Find(prefix, name.Value, errors) is not { } owner)
            return ExitCode.Failed;
        foreach (var directory in (string[])["public/htdocs", "config"])
        {
            if (TreeAuthor.MakeDirectory(prefix, $"{name}/{directory}", owner.Uid, owner.Gid) is { } failure)
            {
                errors.Line(errors.Red($"symbiosis: {failure.Path}: {failure.Reason}"));
                return ExitCode.Failed;
            }
        }

        return ExitCode.Success;
    }

    internal sealed record DomainItem(string Name, string Owner, string Directory, IReadOnlyList<string> OtherNames);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
    [JsonSerializable(typeof(List<DomainItem>))]
    private sealed partial class DomainJson : JsonSerializerContext;
}
