namespace Symbiosis.HostTests.Support;

/// <summary>The sites that the tests of one class share: one a release, booted when the first test asks.</summary>
public sealed class Sites : IAsyncDisposable
{
    private readonly Dictionary<(Debian Release, MachineKind Kind), Site> _sites = [];

    /// <summary>The shared site of a release; tests of a class run one after the other, so no lock is needed.</summary>
    internal async Task<Site> ForAsync(Debian release, MachineKind kind)
    {
        if (!_sites.TryGetValue((release, kind), out var site))
        {
            site = await Site.BootAsync(release, kind);
            _sites.Add((release, kind), site);
        }

        return site;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var site in _sites.Values)
        {
            await site.DisposeAsync();
        }
    }
}
