using System.Security.Cryptography.X509Certificates;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Services.Tls;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services;

public sealed class TlsModuleTests
{
    [Fact]
    public void TLS_52_a_host_without_certificate_gets_a_self_signed_one() =>
        Wanted(Hosts.Plain)!.Names.ShouldBe([DomainName.Parse("host.example.net")]);

    [Theory]
    [InlineData(15, true, "host.example.net", false)]
    [InlineData(13, true, "host.example.net", true)]
    [InlineData(300, true, "old.example.net", true)]
    [InlineData(-1, false, "host.example.net", false)] // a certificate of a CA is never replaced by a worse one
    public void TLS_52_a_self_signed_certificate_is_renewed_in_time_and_no_other_is_touched(int daysLeft, bool selfSigned, string name, bool renewed) =>
        (Wanted(Hosts.Plain with { Certificate = new PublishedCertificate(Hosts.Plain.ReadAt.AddDays(daysLeft), [name], selfSigned) }) is not null).ShouldBe(renewed);

    [Theory]
    [InlineData("90\n", 90, 0)]
    [InlineData("soon", 365, 1)]
    [InlineData("0", 365, 1)]
    public void The_lifetime_is_a_number_of_days(string content, int days, int findings)
    {
        var host = Hosts.Plain with
        {
            Tree = new HostTree([new("/etc/symbiosis/ssl/selfsigned/lifetime", new TreeNode(NodeKind.File) { Content = System.Text.Encoding.UTF8.GetBytes(content) })]),
        };

        Wanted(host)!.LifetimeDays.ShouldBe(days);
        new TlsModule().RenderHost(host, []).Diagnostics.Count.ShouldBe(findings);
    }

    [Fact]
    public void TLS_9_the_certificate_made_matches_its_key_and_holds_the_name()
    {
        var pem = SelfSignedCertificateMaker.Make(Wanted(Hosts.Plain)!, Hosts.Plain.ReadAt);

        using var certificate = X509Certificate2.CreateFromPem(pem.FullChain + pem.Key, pem.FullChain + pem.Key);
        certificate.HasPrivateKey.ShouldBeTrue();
        certificate.MatchesHostname("host.example.net").ShouldBeTrue();
        certificate.NotAfter.ToUniversalTime().ShouldBe(Hosts.Plain.ReadAt.AddDays(365).UtcDateTime);
    }

    private static Provision.SelfSignedCertificate? Wanted(Host host) => new TlsModule().RenderHost(host, []).Provisions.OfType<Provision.SelfSignedCertificate>().SingleOrDefault();
}
