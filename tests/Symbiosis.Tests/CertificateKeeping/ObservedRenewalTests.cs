using Symbiosis.CertificateKeeping;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services.Tls;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.CertificateKeeping;

/// <summary>
/// TLS-T30: whoever looks while sets are written, made current and published sees a complete set and a matching pair, at any moment. What a kill leaves behind is what a look at that moment sees,
/// so thousands of looks from another thread stand for as many kills.
/// </summary>
public sealed class ObservedRenewalTests : IDisposable
{
    private const int Renewals = 60;

    private readonly TemporaryTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task TLS_T30_no_moment_shows_half_a_set_or_a_pair_that_does_not_fit()
    {
        _tree.MakeDirectory("example.com/config");
        var published = HostPath.Parse("/var/lib/symbiosis/tls/example.com");
        var now = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        var made = Enumerable.Range(0, 8).Select(_ => Make(now)).ToArray();
        var keyOf = made.ToDictionary(set => set.CertificatePem, set => set.KeyPem, StringComparer.Ordinal);
        using var domain = new CertificateTree(_tree.Options, new ManualClock(now)).Open(new CertificateTree(_tree.Options, new ManualClock(now)).Scan(TemporaryTree.HostName).Domains[0]).ShouldNotBeNull();
        var store = new SetStore(domain, new Owner(Unistd.geteuid(), Unistd.getegid(), "me", "me"), readers: null);
        using var stop = new CancellationTokenSource();
        var looking = Task.Run(() => Look(published, keyOf, stop.Token), TestContext.Current.CancellationToken);

        for (var renewal = 0; renewal < Renewals; renewal++)
        {
            var set = made[renewal % made.Length];
            var name = store.Write(set, renewal.ToString());
            store.RollOver(name);
            CertificatePublisher.Publish(published, set.CertificatePem, "", set.KeyPem, new HostRoot(_tree.Root), readers: null, now.AddSeconds(renewal));
        }

        await stop.CancelAsync();
        (await looking).ShouldBeEmpty();
    }

    private static NewSet Make(DateTimeOffset now)
    {
        using var certificate = new NewCertificate([DomainName.Parse("example.com")], new KeyChoice(IsRsa: false));
        return new NewSet(certificate.KeyPem, certificate.SignBySelf(90, now), "", certificate.RequestPem);
    }

    private List<string> Look(HostPath published, Dictionary<string, string> keyOf, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var directory = _tree.Root + published.Value;
        var current = _tree.PathOf("example.com/config/ssl/current");
        while (!cancellationToken.IsCancellationRequested && faults.Count == 0)
        {
            // As a daemon does after it opened the directory once: what the link led to is one version.
            if (new DirectoryInfo(directory).LinkTarget is { } version && Read(Path.Combine(Path.GetDirectoryName(directory)!, version)) is { } pair && keyOf.GetValueOrDefault(pair.Certificate) != pair.Key)
                faults.Add("the published pair does not fit");
            if (new DirectoryInfo(current).LinkTarget is { } target)
            {
                var set = Path.Combine(Path.GetDirectoryName(current)!, target);
                if (Directory.GetFiles(set).Length != 4)
                    faults.Add("the current set is not complete");
                else if (keyOf.GetValueOrDefault(File.ReadAllText($"{set}/ssl.crt")) != File.ReadAllText($"{set}/ssl.key"))
                    faults.Add("the current set does not fit");
            }
        }

        return faults;
    }

    // Null when the version was replaced and removed in between.
    private static (string Certificate, string Key)? Read(string version)
    {
        try
        {
            return (File.ReadAllText($"{version}/fullchain.pem"), File.ReadAllText($"{version}/key.pem"));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
