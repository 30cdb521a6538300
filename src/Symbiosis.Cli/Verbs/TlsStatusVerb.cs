using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Symbiosis.CertificateKeeping;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Services.Tls;
using Symbiosis.Tree;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis tls status</c>: the calendar of all certificates, what is missing and why, and which CA must be left alone until when.</summary>
internal static partial class TlsStatusVerb
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var domains = new Argument<string[]>("DOMAIN") { Description = "Only these domains.", Arity = ArgumentArity.ZeroOrMore };
        var prefix = CommonOptions.Prefix();
        var command = new Command("status", "Show when every certificate ends, which are missing and why, and how the CAs stand. Asks nobody.") { domains, json, prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(domains) ?? [], parsed.GetRequiredValue(prefix), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] names, string prefix, bool asJson, CancellationToken cancellationToken)
    {
        var errors = Terminal.StandardError;
        if (new PlanRequest(names, prefix, Force: false).FindFault() is { } fault)
        {
            errors.Line(errors.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        var machine = HostPipeline.Machine();
        using var certificates = CertificateHost.Create(prefix, machine.Commands, machine.Files);
        var host = await certificates.Tree.ReadHostAsync(cancellationToken);
        var scan = certificates.Tree.Scan(host.Name);
        if (scan.Fault != ScanFault.None)
        {
            DiagnosticWriter.Write(scan.Diagnostics, errors);
            return ExitCode.Failed;
        }

        var now = TimeProvider.System.GetUtcNow();
        var items = scan.Domains.Where(entry => names.Length == 0 || names.Contains(entry.Name.Value)).Select(entry => Describe(certificates, entry, host, now)).OfType<Item>()
            .OrderBy(item => item.Expires ?? DateTimeOffset.MinValue).ThenBy(item => item.Domain, StringComparer.Ordinal).ToList();
        var authorities = certificates.States.ReadEndpoints().Select(state => new Authority(state.Url, state.Accounts.Count, state.BlockedUntil > now ? state.BlockedUntil : null, state.BlockedUntil > now ? state.Reason : null)).ToList();
        var report = new Report(items, authorities);
        if (asJson)
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, TlsStatusJson.Default.Report));
        else
            Write(report, Terminal.StandardOutput);
        return items.TrueForAll(item => item.IsValid) ? ExitCode.Success : ExitCode.Failed;
    }

    private static Item? Describe(CertificateHost certificates, DomainEntry entry, Host host, DateTimeOffset now)
    {
        if (certificates.Keeper.Look(entry, host) is not { } sets)
            return null;
        var state = certificates.States.Read(entry.Name);
        var current = sets.Current;
        var fault = current is null ? null : certificates.Keeper.FindFault(sets, current);
        var blocked = sets.Provider.Kind == ProviderKind.LetsEncrypt && sets.Options.FindEndpoint(out _) is { } endpoint && certificates.States.ReadEndpoint(endpoint.Directory) is { } ca && ca.BlockedUntil > now ? ca.Reason : null;
        var problem = sets.Link.Kind == CurrentKind.NotALink ? "config/ssl/current is not a link"
            : fault is not null ? $"SSL set {current!.Name} cannot be used: {fault}" // a set with a fault is there
            : state.Problem ?? (current is null ? blocked ?? "there is no certificate" : null);
        return new Item(
            entry.Name.Value,
            current?.Name,
            current?.NotAfter,
            current is null ? null : SetDecision.RemainingDays(current, now),
            current?.Issuer,
            current?.IsSelfSigned ?? false,
            current is not null && fault is null,
            current?.Fingerprint,
            current?.Names.ToList() ?? [],
            SetCheck.FindUncovered(current ?? Nothing, sets.Names).Select(name => name.Value).ToList(),
            state.Names.Select(name => new Waiting(name.Key, name.Value.Reason, name.Value.Next)).OrderBy(name => name.Name, StringComparer.Ordinal).ToList(),
            state.NextOrder > now ? state.NextOrder : null,
            state.Renewal?.At,
            problem);
    }

    private static readonly CertificateSet Nothing = new("") { Certificate = Array.Empty<byte>(), Key = Array.Empty<byte>(), NotAfter = DateTimeOffset.MinValue, NotBefore = DateTimeOffset.MinValue, Issuer = "" };

    private static void Write(Report report, Terminal terminal)
    {
        foreach (var item in report.Certificates)
        {
            var when = item.Expires is { } end ? $"{end.UtcDateTime:yyyy-MM-dd}  {item.DaysLeft,4} days" : "none                  ";
            var what = !item.IsValid ? terminal.Red("not usable") : item.IsSelfSigned ? "self-signed" : Printable.Text(item.Issuer ?? "");
            terminal.Line($"{when}  {item.Domain}  {what}{(item.Problem is { } problem ? "  " + terminal.Yellow(Printable.Text(problem)) : "")}");
            foreach (var name in item.Waiting)
                terminal.Line($"    {name.Name}: {Printable.Text(name.Reason)}; next try {name.Next.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
            if (item.NextOrder is { } order)
                terminal.Line($"    no order before {order.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        }

        foreach (var authority in report.Authorities)
        {
            terminal.Line(authority.BlockedUntil is { } until
                ? terminal.Yellow($"{authority.Url}: left alone until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {Printable.Text(authority.Reason ?? "")}")
                : $"{authority.Url}: can be asked");
        }
    }

    internal sealed record Report(IReadOnlyList<Item> Certificates, IReadOnlyList<Authority> Authorities);

    internal sealed record Item(
        string Domain, string? Set, DateTimeOffset? Expires, int? DaysLeft, string? Issuer, bool IsSelfSigned, bool IsValid, string? Fingerprint, IReadOnlyList<string> Names, IReadOnlyList<string> Missing,
        IReadOnlyList<Waiting> Waiting, DateTimeOffset? NextOrder, DateTimeOffset? RenewAt, string? Problem);

    internal sealed record Waiting(string Name, string Reason, DateTimeOffset Next);

    internal sealed record Authority(string Url, int Accounts, DateTimeOffset? BlockedUntil, string? Reason);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
    [JsonSerializable(typeof(Report))]
    private sealed partial class TlsStatusJson : JsonSerializerContext;
}
