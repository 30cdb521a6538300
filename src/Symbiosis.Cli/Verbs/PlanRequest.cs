using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Tree;

namespace Symbiosis.Cli.Verbs;

/// <summary>What the command line of <c>plan</c> and <c>apply</c> asks for.</summary>
/// <param name="Domains">Domains named; none means all.</param>
/// <param name="Prefix">Directory of the domains.</param>
/// <param name="Force">Also replace what was edited by hand.</param>
internal sealed record PlanRequest(string[] Domains, string Prefix, bool Force)
{
    /// <summary>Why it cannot be carried out.</summary>
    public sealed record Fault(string Message, int ExitCode)
    {
        public override string ToString() => Message;
    }

    /// <summary>A plan, or null when the tree cannot be used; with every finding.</summary>
    public sealed record Planned(ChangePlan? Plan, IReadOnlyList<Diagnostic> Findings);

    public Fault? FindFault()
    {
        foreach (var domain in Domains)
        {
            if (domain.StartsWith('-'))
                return new Fault($"there is no option '{Printable.Text(domain)}' here", ExitCode.Usage);
            if (!DomainName.TryParseHostName(domain, out _))
                return new Fault($"'{Printable.Text(domain)}' is not a domain name: {DomainName.FindFault(domain, requireDot: false)}", ExitCode.Usage);
        }

        if (!Path.IsPathFullyQualified(Prefix) || (Prefix != "/" && Prefix.EndsWith('/')))
            return new Fault($"'{Printable.Text(Prefix)}' must be an absolute path without a slash at its end", ExitCode.Usage);
        return Environment.IsPrivilegedProcess ? null : new Fault("only root can read every domain and plan for the host; try: sudo symbiosis", ExitCode.NotPermitted);
    }

    public async Task<Planned> PlanAsync(Pipeline pipeline, Terminal errors, CancellationToken cancellationToken)
    {
        errors.Progress("reading the tree …");
        var reading = await pipeline.ReadEverythingAsync(cancellationToken);
        errors.EndProgress();
        if (reading.Desired is null)
            return new Planned(null, reading.ScanFindings.ToList());
        if (Domains.Length > 0)
            reading = reading with { Desired = reading.Desired.Only(Domains) };
        errors.Progress("comparing with the host …");
        var plan = pipeline.Plan(reading.Desired!, new PlanOptions { Force = Force, NamedUnits = Domains.ToValueList() }); // narrowing keeps it
        errors.EndProgress();
        if (Domains.Length == 0)
            return new Planned(plan, [.. reading.ScanFindings, .. plan.Diagnostics]);
        var about = reading.ScanFindings.Where(finding => finding.Domain is { } domain && Domains.Contains(domain.Value)).ToList();
        var unknown = Domains.Where(domain => about.TrueForAll(finding => finding.Domain?.Value != domain) && plan.Changes.All(change => change.Unit != domain)).SelectMany(domain => FindUnknown(domain, pipeline.Domains));
        return new Planned(plan, [.. plan.Diagnostics, .. about, .. unknown]);
    }

    // A domain that is gone may be named, to take its files away; one that never was is a slip of the pen.
    private IEnumerable<Diagnostic> FindUnknown(string name, ValueList<DomainEntry> known)
    {
        if (known.Any(domain => domain.Name.Value == name))
            return [];
        var hint = known.FirstOrDefault(domain => domain.OtherNames.Any(other => other.Value == name)) is { } target
            ? $"it is another name of {target.Name}"
            : NameSuggestion.FindNearest(name, known.Select(domain => domain.Name.Value)) is { } nearest ? $"did you mean {nearest}?" : "'symbiosis domain list' lists the domains";
        return [TreeDiagnostics.NoSuchDomain.At($"{Prefix.TrimEnd('/')}/{name}", "there is no such domain", hint)];
    }
}

/// <summary>Reads a generated file for showing how it will differ.</summary>
internal static class CurrentFile
{
    public static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null; // it changed since the plan was made; then there is nothing to compare with
        }
    }
}
