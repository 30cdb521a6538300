using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Model;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.Tree;

public sealed class PublishedCertificateTests : IDisposable
{
    private readonly TemporaryTree _tree = new();
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public PublishedCertificateTests() => _tree.MakeDirectory("example.com/config");

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_domain_has_the_certificate_that_is_published_for_it()
    {
        Publish("example.com", "www.example.com");

        var certificate = Read("example.com")!; // what this test is about
        using var file = X509CertificateLoader.LoadCertificateFromFile(_tree.Root + "/var/lib/symbiosis/tls/example.com/fullchain.pem");
        certificate.Fingerprint.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(file.RawData)));
        certificate.Names.ShouldBe(["example.com", "www.example.com"]);
        certificate.NotBefore.ShouldBe(_now.AddDays(-1), TimeSpan.FromSeconds(1));
        certificate.NotAfter.ShouldBe(_now.AddDays(90), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_domain_without_one_has_none() => Read("example.com").ShouldBeNull();

    [Theory]
    [InlineData(-1, 90, true)]
    [InlineData(0.003, 90, true)] // four minutes ahead: the host's clock may be slow
    [InlineData(0.1, 90, false)]
    [InlineData(-90, -0.001, false)]
    public void TLS_9_it_counts_while_it_is_valid(double fromDays, double toDays, bool counts)
    {
        Certificates.Publish(_tree.Root, "example.com", ["example.com"], _now.AddDays(fromDays), _now.AddDays(toDays));
        (Read("example.com") is not null).ShouldBe(counts);
    }

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("EXAMPLE.com", true)]
    [InlineData("www.example.com", true)] // an own name as well
    [InlineData("*.example.com", true)] // covers www
    [InlineData("shop.example.com", false)]
    [InlineData("*.com", true)]
    [InlineData("*.www.example.com", false)]
    [InlineData("other.example.net", false)]
    [InlineData("notexample.com", false)]
    public void TLS_T10_it_counts_when_it_is_for_a_name_of_the_domain(string name, bool counts)
    {
        Publish(name);
        (Read("example.com") is not null).ShouldBe(counts);
    }

    [Fact]
    public void A_key_of_another_certificate_makes_it_unusable()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Certificates.Publish(_tree.Root, "example.com", ["example.com"], _now.AddDays(-1), _now.AddDays(90), other.ExportPkcs8PrivateKeyPem());
        Read("example.com").ShouldBeNull();
    }

    [Theory]
    [InlineData("fullchain.pem")]
    [InlineData("key.pem")]
    public void A_damaged_file_makes_it_unusable(string file)
    {
        Publish("example.com");
        var path = _tree.Root + "/var/lib/symbiosis/tls/example.com/" + file;
        File.WriteAllText(path, File.ReadAllText(path)[..^60]);
        Read("example.com").ShouldBeNull();
    }

    private void Publish(params string[] names) => Certificates.Publish(_tree.Root, "example.com", names, _now.AddDays(-1), _now.AddDays(90));

    private PublishedCertificate? Read(string name) => _tree.Read().Single(domain => domain.Name.Value == name).Certificate;
}
