using Symbiosis.Model;
using Symbiosis.Services.Mail;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests.Services.Mail;

/// <summary>Which names lead a mail client to the certificate of a domain (TLS-56).</summary>
public sealed class MailCertificateTests
{
    private static readonly Host _host = Hosts.Plain with { Packages = [new("exim4-daemon-heavy", "4.96-15+deb12u7"), new("dovecot-core", "1:2.3.19.1+dfsg1-2.1+deb12u1")] };

    private static readonly string[] _services = ["ftp.example.com", "imap.example.com", "mail.example.com", "pop.example.com", "smtp.example.com"];

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("a.b.example.com", true)]
    [InlineData("EXAMPLE.com", true)]
    [InlineData("*.example.com", true)]
    [InlineData("mx.example.org", true)] // below an alias
    [InlineData("other.example.net", false)] // somebody else's
    [InlineData("notexample.com", false)]
    [InlineData("x\" { ssl_key = </etc/shadow", false)]
    [InlineData("a example.com", false)]
    public void A_name_of_the_certificate_counts_at_or_below_a_name_of_the_domain(string name, bool counts) =>
        MailCertificate.NamesOf(Make(name)).Except(_services).ShouldBe(counts ? [name.ToLowerInvariant()] : []);

    [Fact]
    public void Every_domain_has_tables_of_its_own_under_each_of_its_names()
    {
        var rendering = new MailModule().RenderDomain(Make("example.com"), _host);

        var tables = rendering.Files.Where(file => file.Path.Value.StartsWith("/var/lib/symbiosis/mail/server-names/", StringComparison.Ordinal)).ToList();
        tables.Select(file => file.Path.Name).ShouldBe(["example.com", "example.org"], ignoreOrder: true);
        tables.ShouldAllBe(file => file.Content == "example.com: example.com\nftp.example.com: example.com\nimap.example.com: example.com\n"
            + "mail.example.com: example.com\npop.example.com: example.com\nsmtp.example.com: example.com\n" && file.Daemon == null);
        rendering.Loads.Select(load => (load.Path.Value, load.Version, load.Daemon)).ShouldBe([("/var/lib/symbiosis/tls/example.com/combined.pem", "f1", "dovecot")]);
        rendering.Loads.Single().Shown.Select(place => place.Port).ShouldBe([993, 995, 143, 110, 4190, 465, 587, 25]);
    }

    [Theory]
    [InlineData("1:2.3.19.1+dfsg1-2.1+deb12u1", "local_name \"example.com ftp.example.com imap.example.com mail.example.com pop.example.com smtp.example.com\" {\n  ssl_cert = </var/lib/symbiosis/tls/example.com/combined.pem\n")]
    [InlineData("1:2.4.1+dfsg1-6+deb13u3", "local_name \"imap.example.com\" {\n  ssl_server_cert_file = \"/var/lib/symbiosis/tls/example.com/combined.pem\"\n")]
    public void Dovecot_has_a_file_for_each_domain_in_its_own_language(string version, string expected)
    {
        var host = _host with { Packages = [new("dovecot-core", version)] };
        var file = new MailModule().RenderDomain(Make("example.com"), host).Files.Single(file => file.Path.Value == "/var/lib/symbiosis/mail/dovecot-server-names/01-example.com.conf");
        file.Content.ShouldContain(expected);
        file.Daemon.ShouldBe("dovecot");
    }

    [Fact]
    public void Without_a_certificate_there_is_nothing()
    {
        var rendering = new MailModule().RenderDomain(Make("example.com") with { Certificate = null }, _host);
        rendering.Files.ShouldAllBe(file => !file.Path.Value.Contains("server-names"));
        rendering.Loads.ShouldBeEmpty();
    }

    private static Domain Make(string name) => Domains.Make("example.com") with
    {
        Aliases = [DomainName.Parse("example.org")],
        OtherNames = [DomainName.Parse("example.org")],
        Certificate = new PublishedCertificate(Hosts.Plain.ReadAt.AddDays(30), [name], IsSelfSigned: false) { Fingerprint = "f1" },
    };
}
