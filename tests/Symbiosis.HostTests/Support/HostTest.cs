namespace Symbiosis.HostTests.Support;

/// <summary>
/// Base of the tests on real machines. A test asks for <see cref="SharedSiteAsync"/> (one per class and release) or, when it
/// breaks what others use, for <see cref="OwnSiteAsync"/>. After a failure the logs of its machines are in artifacts/machines.
/// </summary>
public abstract class HostTest(Sites sites) : IClassFixture<Sites>, IAsyncLifetime
{
    private readonly List<Site> _used = [];
    private readonly List<Site> _own = [];

    /// <summary>The site that all tests of this class share for a release.</summary>
    protected async Task<Site> SharedSiteAsync(Debian release, MachineKind kind = MachineKind.Product)
    {
        var site = await sites.ForAsync(release, kind);
        _used.Add(site);
        return site;
    }

    /// <summary>A pristine site that ends with the test.</summary>
    protected async Task<Site> OwnSiteAsync(Debian release, MachineKind kind = MachineKind.Product)
    {
        var site = await Site.BootAsync(release, kind);
        _used.Add(site);
        _own.Add(site);
        return site;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current is { TestState.Result: TestResult.Failed, Test: { } test })
        {
            var folder = Path.Combine(RigScript.Checkout, "artifacts", "machines", FolderName(test.TestDisplayName));
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            foreach (var site in _used)
            {
                await site.CollectLogsAsync(folder);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"Logs of the machines: {folder}");
        }

        foreach (var site in _own)
        {
            await site.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private static string FolderName(string test)
    {
        // "Symbiosis.HostTests.RigTests.Claim(release: Trixie)" becomes "RigTests.Claim-Trixie".
        var name = test.Replace($"{typeof(HostTest).Namespace!.Replace(".Support", "", StringComparison.Ordinal)}.", "", StringComparison.Ordinal)
            .Replace("release: ", "", StringComparison.Ordinal);
        name = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? c : '-')).Trim('-');
        return name[..Math.Min(name.Length, 120)];
    }
}
