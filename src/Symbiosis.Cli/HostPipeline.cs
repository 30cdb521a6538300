using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Tree;

namespace Symbiosis.Cli;

/// <summary>Puts the pipeline together for the real host.</summary>
internal static class HostPipeline
{
    private static readonly HostRoot _root = new();

    /// <summary>Every setting is read, also of services that are not installed: their names are no mistakes.</summary>
    private static readonly ReadingPlan _plan = ReadingPlan.For(ServiceCatalog.All.SelectMany(service => service.Settings));

    public static ApplyHost Machine() => new(_root, new HostFiles(_root), new CommandRunner(TimeProvider.System), new Prober(TimeProvider.System), TimeProvider.System);

    /// <summary>The pipeline over a prefix, <c>/srv</c> unless said otherwise.</summary>
    /// <param name="machine">The host to apply to.</param>
    /// <param name="prefix">Directory of the domains.</param>
    /// <param name="writes">False for a run that only looks: it does not even make the host's secret.</param>
    /// <param name="observer">Is told of every directory read, to watch it; null for a single run.</param>
    public static Pipeline Create(ApplyHost machine, string prefix, bool writes, ITreeObserver? observer = null)
    {
        var options = Options(prefix, observer);
        return new Pipeline(HostReader(options, machine, writes), new TreeReader(_plan, options), InstalledServices.Choose(ServiceCatalog.All, _root), machine);
    }

    /// <summary>Looks which domains there are, without reading them.</summary>
    public static async Task<DomainScan> ScanAsync(ApplyHost machine, string prefix, CancellationToken cancellationToken)
    {
        var options = Options(prefix, observer: null);
        var host = await HostReader(options, machine, writes: false).ReadAsync(cancellationToken);
        return new TreeReader(_plan, options).ScanDomains(host.Name);
    }

    /// <summary>The host as it is, and a reader for its domains, for a verb that only looks.</summary>
    public static async Task<(Host Host, TreeReader Reader)> LookAsync(ApplyHost machine, string prefix, CancellationToken cancellationToken)
    {
        var options = Options(prefix, observer: null);
        return (await HostReader(options, machine, writes: false).ReadAsync(cancellationToken), new TreeReader(_plan, options));
    }

    private static TreeReaderOptions Options(string prefix, ITreeObserver? observer) => new() { Srv = HostPath.Parse(prefix), Observer = observer };

    private static HostReader HostReader(TreeReaderOptions options, ApplyHost machine, bool writes) =>
        new(_plan, [.. ServiceCatalog.All.SelectMany(service => service.Packages)], options, machine.Clock) { MakesSecret = writes };
}
