using Symbiosis.Machine;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Tests.Support;
using Symbiosis.Watching;

namespace Symbiosis.Tests.Watching;

public sealed class CertificateCheckTests
{
    private readonly Dictionary<int, ServedCertificate> _shown = [];
    private int _found;

    private CertificateCheck Check => field ??= new CertificateCheck(new ManualClock(), () => _found++) { Ask = (place, _, _) => Task.FromResult(_shown[place.Port]) };

    [Fact]
    public async Task Another_certificate_is_a_finding_with_evidence_until_a_later_check_sees_the_right_one()
    {
        _shown[443] = new ServedCertificate("old", "CN=example.com");
        _shown[993] = new ServedCertificate("new", "CN=example.com");
        await CheckAsync("new");

        var finding = Check.Findings.Single();
        finding.Kind.Id.ShouldBe("APPLY013");
        finding.Domain!.Value.ShouldBe("example.com");
        finding.Message.ShouldContain("example.com on 192.0.2.1:443");
        finding.Message.ShouldContain("old");
        _found.ShouldBe(1);

        _shown[443] = new ServedCertificate("new", "CN=example.com");
        await CheckAsync("new");
        Check.Findings.ShouldBeEmpty();
        _found.ShouldBe(2);
    }

    [Fact]
    public async Task A_handshake_that_fails_is_a_finding_and_a_daemon_that_does_not_run_is_none()
    {
        _shown[443] = new ServedCertificate(null, "handshake failure");
        _shown[993] = new ServedCertificate(null, "Connection refused") { IsListening = false };
        await CheckAsync("new");
        Check.Findings.Single().Message.ShouldContain("handshake failure");
    }

    [Fact]
    public async Task What_was_found_of_a_file_is_forgotten_with_it()
    {
        _shown[443] = _shown[993] = new ServedCertificate("old", "CN=example.com");
        await CheckAsync("new");
        Check.Forget(["/tls/example.com"]);
        Check.Findings.ShouldBeEmpty();
    }

    private Task CheckAsync(string version) => Check.CheckAsync(
        [
            new PlannedLoad("renewed", new WrittenLoad { Path = "/tls/example.com", Unit = "example.com", Version = version, Daemons = ["webd"] })
            {
                Shown = [new("example.com", "192.0.2.1", 443, TlsStart.AtOnce), new("example.com", "192.0.2.1", 993, TlsStart.AtOnce)],
            },
        ],
        TestContext.Current.CancellationToken);
}
