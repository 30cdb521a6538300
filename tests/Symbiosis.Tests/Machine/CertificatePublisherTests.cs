using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;

namespace Symbiosis.Tests.Machine;

public sealed class CertificatePublisherTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("symbiosis-tls-");

    private string Published => Path.Combine(_root.FullName, "var/lib/symbiosis/tls/host.example.net");

    [Fact]
    public void TLS_55_keys_are_not_readable_by_everybody_and_certificates_are()
    {
        Publish(1);

        File.GetUnixFileMode(Path.Combine(Published, "key.pem")).ShouldBe((UnixFileMode)0b110_100_000);
        File.GetUnixFileMode(Path.Combine(Published, "combined.pem")).ShouldBe((UnixFileMode)0b110_100_000);
        File.GetUnixFileMode(Path.Combine(Published, "fullchain.pem")).ShouldBe((UnixFileMode)0b110_100_100);
    }

    [Fact]
    public void TLS_55_a_new_pair_replaces_the_old_one_at_the_same_path_and_nothing_is_left_over()
    {
        Publish(1);
        var before = File.ReadAllText(Path.Combine(Published, "combined.pem"));

        Publish(2);

        File.ReadAllText(Path.Combine(Published, "combined.pem")).ShouldNotBe(before);
        Directory.GetFileSystemEntries(Path.GetDirectoryName(Published)!).Length.ShouldBe(2); // the link and one set
    }

    public void Dispose() => _root.Delete(recursive: true);

    private void Publish(int second) => CertificatePublisher.Publish(
        new Provision.SelfSignedCertificate(HostPath.Parse("/var/lib/symbiosis/tls/host.example.net"), [DomainName.Parse("host.example.net")], 365, "test"),
        new HostRoot(_root.FullName),
        readers: null,
        new DateTimeOffset(2026, 11, 21, 12, 0, second, TimeSpan.Zero));
}
