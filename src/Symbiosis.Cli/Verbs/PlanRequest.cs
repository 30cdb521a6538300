using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Planning;

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
        var findings = Domains.Length > 0
            ? plan.Diagnostics.Concat(reading.ScanFindings.Where(finding => finding.Domain is { } domain && Domains.Contains(domain.Value)))
            : reading.ScanFindings.Concat(plan.Diagnostics);
        return new Planned(plan, findings.ToList());
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
