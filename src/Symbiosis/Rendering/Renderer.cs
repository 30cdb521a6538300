using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;

namespace Symbiosis.Rendering;

/// <summary>
/// Turns the model into the desired state. A change of one domain renders one domain; host-wide output is merged from the contributions of all and only when these changed. What a domain
/// rendered to is kept until it is taken, what it contributed for as long as it is there: the text of all tables would be most of the service's memory.
/// </summary>
public sealed class Renderer(ValueList<IServiceModule> services)
{
    private readonly Dictionary<string, ValueList<Contribution>> _contributions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RenderedUnit> _rendered = new(StringComparer.Ordinal);
    private readonly ContributionPool _pool = new();
    private Host? _hostFacts;
    private bool _contributionsChanged = true;

    /// <summary>What one domain, or the host, rendered to.</summary>
    /// <param name="Desired">What it asks for.</param>
    /// <param name="Contributions">What it needs from the host.</param>
    /// <param name="Diagnostics">What is wrong with it.</param>
    public sealed record RenderedUnit(DesiredUnit Desired, ValueList<Contribution> Contributions, ValueList<Diagnostic> Diagnostics);

    /// <summary>Names of all domains known now.</summary>
    public IReadOnlyCollection<string> DomainNames => _contributions.Keys;

    /// <summary>Gives the host facts all rendering uses. When they differ in anything but time, every domain must be rendered again; returns whether that is so.</summary>
    public bool UseHost(Host host)
    {
        var changed = _hostFacts is null || !SameFacts(_hostFacts, host);
        _hostFacts = host;
        _contributionsChanged = true; // also for a certificate that came nearer to its end
        return changed;
    }

    /// <summary>Renders one domain afresh.</summary>
    public void Put(Domain domain) => Put(Render(domain));

    /// <summary>Renders one domain and keeps nothing. May be called for several domains at once, between two calls of <see cref="UseHost"/>.</summary>
    public RenderedUnit Render(Domain domain)
    {
        var host = _hostFacts ?? throw new InvalidOperationException("UseHost comes first");
        var files = new List<RenderedFile>();
        var contributions = new List<Contribution>();
        var diagnostics = new List<Diagnostic>(domain.Tree.Diagnostics);
        var treeChanges = new List<TreeChange>();
        var held = new List<HostPath>();
        var loads = new List<LoadedFile>();
        foreach (var service in services)
        {
            var rendering = service.RenderDomain(domain, host);
            files.AddRange(rendering.Files.Select(file => file with { Service = service.Name }));
            contributions.AddRange(rendering.Contributions);
            diagnostics.AddRange(rendering.Diagnostics);
            treeChanges.AddRange(rendering.TreeChanges);
            held.AddRange(rendering.Held);
            loads.AddRange(rendering.Loads.Select(load => load with { Service = service.Name }));
        }

        return new RenderedUnit(
            new DesiredUnit(domain.Name.Value, Sorted(files), [], treeChanges.ToValueList()) { Held = held.ToValueList(), Loads = loads.ToValueList() },
            contributions.ToValueList(),
            diagnostics.Select(found => found with { Domain = domain.Name }).ToValueList());
    }

    /// <summary>Accepts what <see cref="Render"/> made.</summary>
    public void Put(RenderedUnit unit)
    {
        var name = unit.Desired.Name;
        _contributionsChanged |= _pool.Exchange(_contributions.GetValueOrDefault(name), unit.Contributions);
        _contributions[name] = unit.Contributions;
        _rendered[name] = unit;
    }

    /// <summary>Forgets a domain that is gone.</summary>
    public void Remove(string domain)
    {
        _rendered.Remove(domain);
        if (_contributions.Remove(domain, out var gone))
            _contributionsChanged |= _pool.Exchange(gone, []);
    }

    /// <summary>The whole desired state. Every domain must have been put since anything was taken.</summary>
    public DesiredState TakeAll()
    {
        if (_rendered.Count != _contributions.Count)
            throw new InvalidOperationException("a domain was taken before and has not been rendered again");
        return Build(_contributions.Keys, isComplete: true, includesHost: true);
    }

    /// <summary>
    /// The desired state of some domains, with the host only if its contributions changed. Each domain must have been put since it was last taken; one that is gone appears as a unit that
    /// wants nothing.
    /// </summary>
    public DesiredState Take(IReadOnlyCollection<string> domains) => Build(domains, isComplete: false, includesHost: _contributionsChanged);

    private DesiredState Build(IReadOnlyCollection<string> domains, bool isComplete, bool includesHost)
    {
        var host = _hostFacts ?? throw new InvalidOperationException("UseHost comes first");
        var chosen = domains.Order(StringComparer.Ordinal).Select(TakeUnit).ToList();
        if (includesHost)
            chosen.Add(RenderHost(host));
        _contributionsChanged = false;
        return new DesiredState
        {
            Units = chosen.Select(unit => unit.Desired).ToValueList(),
            IsComplete = isComplete,
            Daemons = services.SelectMany(service => service.Daemons(host)).ToValueList(),
            Diagnostics = chosen.SelectMany(unit => unit.Diagnostics).ToValueList(),
        };
    }

    private RenderedUnit TakeUnit(string name)
    {
        if (_rendered.Remove(name, out var unit))
            return unit;
        return _contributions.ContainsKey(name)
            ? throw new InvalidOperationException($"{name} was taken before and has not been rendered again")
            : new RenderedUnit(DesiredUnit.Nothing(name), [], []);
    }

    private RenderedUnit RenderHost(Host host)
    {
        var contributions = _pool.Distinct();
        var files = new List<RenderedFile>();
        var links = new List<RenderedLink>();
        var provisions = new List<Provision>();
        var held = new List<HostPath>();
        var loads = new List<LoadedFile>();
        var diagnostics = new List<Diagnostic>(host.Tree.Diagnostics);
        foreach (var service in services)
        {
            var rendering = service.RenderHost(host, contributions);
            files.AddRange(rendering.Files.Select(file => file with { Service = service.Name }));
            links.AddRange(rendering.Links.Select(link => link with { Service = service.Name }));
            provisions.AddRange(rendering.Provisions);
            held.AddRange(rendering.Held);
            loads.AddRange(rendering.Loads.Select(load => load with { Service = service.Name }));
            diagnostics.AddRange(rendering.Diagnostics);
        }

        var unit = new DesiredUnit(DesiredUnit.HostUnit, Sorted(files), links.OrderBy(link => link.Path).ToValueList(), [])
        {
            Provisions = provisions.ToValueList(),
            Held = held.ToValueList(),
            Loads = loads.ToValueList(),
        };
        return new RenderedUnit(unit, [], diagnostics.ToValueList());
    }

    private static ValueList<RenderedFile> Sorted(List<RenderedFile> files) => files.OrderBy(file => file.Path).ToValueList();

    // The reading time and the certificate's remaining days change by themselves; they concern the host unit only.
    private static bool SameFacts(Host before, Host now) => now with { ReadAt = before.ReadAt, Certificate = before.Certificate, Secret = before.Secret } == before;
}
