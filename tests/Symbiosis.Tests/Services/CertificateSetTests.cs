using System.Security.Cryptography;
using Symbiosis.Model;
using Symbiosis.Services.Tls;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Services;

public sealed class CertificateSetTests
{
    private static readonly DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly TestAuthority _authority = TestAuthority.Shared;
    private static readonly ValueList<DomainName> _names = [DomainName.Parse("example.com"), DomainName.Parse("www.example.com")];

    [Theory] // TLS-T8
    [InlineData("", ProviderKind.LetsEncrypt, null)]
    [InlineData("yes", ProviderKind.LetsEncrypt, null)]
    [InlineData("true\n", ProviderKind.LetsEncrypt, null)]
    [InlineData("SelfSigned\n", ProviderKind.SelfSigned, null)]
    [InlineData("self-signed", ProviderKind.SelfSigned, null)]
    [InlineData("lets-encrypt", ProviderKind.LetsEncrypt, null)]
    [InlineData("false", ProviderKind.None, null)]
    [InlineData("no\n", ProviderKind.None, null)]
    [InlineData("comodo", ProviderKind.None, "comodo")]
    [InlineData("../../selfsigned", ProviderKind.SelfSigned, null)]
    [InlineData("../../evil", ProviderKind.None, "evil")]
    public void TLS_T8_the_provider(string content, ProviderKind kind, string? unknown) => Provider.Of(FileOf(content).Value).ShouldBe(new Provider(kind, unknown));

    [Fact]
    public void TLS_38_wanted_names_begin_with_the_domain_and_end_with_those_it_asks_for() =>
        WantedNames.Of(DomainName.Parse("example.com"), [DomainName.Parse("example.org"), DomainName.Parse("www.example.com")], "mail.example.com other.net  EXAMPLE.org\nx.example.org example.com.evil.net")
            .Select(name => name.Value).ShouldBe(["example.com", "example.org", "www.example.com", "mail.example.com", "x.example.org"]);

    [Theory]
    [InlineData("example.com", "example.com", true)]
    [InlineData("*.example.com", "www.example.com", true)]
    [InlineData("*.example.com", "a.b.example.com", false)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("www.example.com", "example.com", false)]
    [InlineData("EXAMPLE.com", "example.com", true)]
    public void TLS_9_a_name_matches_exactly_or_by_one_label(string pattern, string name, bool matches) => WantedNames.Matches(pattern, name).ShouldBe(matches);

    [Fact]
    public void A_set_from_a_CA_everybody_trusts_is_good()
    {
        var set = Parse(_authority.Set(_now.AddDays(60), "example.com")).ShouldNotBeNull();

        FaultOf(set).ShouldBeNull();
        set.Issuer.ShouldBe("/C=US/O=Test/CN=Test Intermediate");
        set.Bundle.Count.ShouldBe(1);
        set.RenewalId.ShouldNotBeNull();
    }

    [Fact] // TLS-T13
    public void TLS_T13_a_private_CA_counts_when_the_bundle_holds_it()
    {
        var files = _authority.Set(_now.AddDays(60), "example.com");
        FaultOf(Parse(files, TrustStore.Empty)).ShouldBe("intermediate bundle is missing (20)");
        files.Remove("ssl.bundle");
        FaultOf(Parse(files, TrustStore.Empty)).ShouldBe("intermediate bundle is missing (20)");
        files["ssl.bundle"] = _authority.IntermediatePem + _authority.RootPem;
        var set = Parse(files, TrustStore.Empty);
        FaultOf(set).ShouldBeNull();
        set!.Bundle.Count.ShouldBe(1, "the root is not sent"); // just seen to be good
    }

    [Fact]
    public void TLS_9_a_chain_that_is_signed_by_nobody_it_names_is_refused()
    {
        // A second root of the same name: the names fit, the signatures do not.
        var files = new TestAuthority().Set(_now.AddDays(60), "example.com");
        FaultOf(Parse(files)).ShouldNotBeNull();
    }

    [Theory] // TLS-9, TLS-10, TLS-11
    [InlineData(-1, "example.com", true, "(10)")]
    [InlineData(400, "example.com", true, "(9)")]
    [InlineData(60, "other.example.net", true, "(62)")] // TLS-T10
    [InlineData(60, "example.com", false, "(18)")]
    [InlineData(60, "example.com", true, null)]
    [InlineData(60, "*.example.com", true, null)]
    public void TLS_10_why_a_set_is_refused(int daysLeft, string name, bool acceptsSelfSigned, string? number)
    {
        var fault = SetCheck.FindFault(Parse(TestAuthority.SelfSigned(_now.AddDays(daysLeft), 90, name)).ShouldNotBeNull(), _names, acceptsSelfSigned, _now);
        if (number is null)
            fault.ShouldBeNull();
        else
            fault.ShouldNotBeNull().ShouldEndWith(number);
    }

    [Fact] // TLS-12
    public void TLS_12_keys_in_all_three_formats_are_read()
    {
        using var rsa = RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=example.com", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(60));
        foreach (var key in (string[])[rsa.ExportRSAPrivateKeyPem(), rsa.ExportPkcs8PrivateKeyPem()])
            FaultOf(Parse(new() { ["ssl.pem"] = certificate.ExportCertificatePem() + "\n" + key })).ShouldBeNull();

        var files = TestAuthority.SelfSigned(_now.AddDays(60), 90, "example.com");
        using var elliptic = ECDsa.Create();
        elliptic.ImportFromPem(files["ssl.key"]);
        files["ssl.key"] = elliptic.ExportECPrivateKeyPem();
        FaultOf(Parse(files)).ShouldBeNull();
    }

    [Fact]
    public void TLS_9_a_short_RSA_key_is_refused()
    {
        using var rsa = RSA.Create(1024);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=example.com", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(60));
        FaultOf(Parse(new() { ["ssl.pem"] = certificate.ExportCertificatePem() + "\n" + rsa.ExportRSAPrivateKeyPem() })).ShouldNotBeNull().ShouldContain("1024");
    }

    [Fact] // TLS-6, TLS-7
    public void TLS_7_the_pair_with_the_latest_end_is_the_sets()
    {
        var old = TestAuthority.SelfSigned(_now.AddDays(10), 90, "example.com");
        var young = TestAuthority.SelfSigned(_now.AddDays(50), 90, "example.com");
        var expired = TestAuthority.SelfSigned(_now.AddDays(-5), 90, "example.com");
        Parse(new() { ["ssl.combined"] = old["ssl.crt"] + old["ssl.key"], ["ssl.cert"] = young["ssl.crt"], ["ssl.key"] = young["ssl.key"], ["ssl.crt"] = expired["ssl.crt"] })!.NotAfter.ShouldBe(_now.AddDays(50)); // there are pairs
        // A file with a certificate and a key that do not fit counts for neither.
        Parse(new() { ["ssl.combined"] = young["ssl.crt"] + old["ssl.key"], ["ssl.key"] = young["ssl.key"] }).ShouldBeNull();
    }

    [Theory] // TLS-T12, and what a tenant may write there
    [InlineData("", "there is no certificate in it")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a certificate in it cannot be parsed")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "its private key is neither RSA nor ECDSA, or cannot be parsed")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n", "its private key is neither RSA nor ECDSA, or cannot be parsed")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "its private key is encrypted; write it without a password")]
    public void What_is_no_set_is_said_in_words(string content, string expected)
    {
        SetParser.Parse("0", new Dictionary<string, string> { ["ssl.pem"] = content }, TrustStore.Empty, _now, out var reason).ShouldBeNull();
        reason.ShouldBe(expected);
    }

    [Fact]
    public void A_set_prints_neither_key_nor_certificate()
    {
        var set = Parse(_authority.Set(_now.AddDays(60), "example.com")).ShouldNotBeNull();
        set.ToString().ShouldBe("0: example.com until 2027-01-20");
    }

    [Theory] // TLS-22, TLS-T3, TLS-T25
    [InlineData(90, 21, null, true)]
    [InlineData(90, 22, null, false)]
    [InlineData(90, 21, 21, true)]
    [InlineData(90, 22, 21, false)]
    [InlineData(45, 15, null, true)]
    [InlineData(45, 16, null, false)]
    [InlineData(45, 14, 14, true)]
    [InlineData(6, 3, null, true)]
    [InlineData(6, 3.5, null, false)]
    [InlineData(365, 21.4, null, true)]
    public void TLS_22_when_a_set_is_due(double lifetime, double left, int? threshold, bool isDue) =>
        SetDecision.IsDue(Bare("0", left, lifetime), threshold, _now).ShouldBe(isDue);

    [Theory] // the table of TLS-23: days left of the current set (null: missing or invalid), of the others, what is done. Due at 21.
    [InlineData(60.0, "", "keep")]
    [InlineData(60.0, "80", "keep")]
    [InlineData(5.0, "60", "roll 60")] // TLS-T4
    [InlineData(5.0, "40 60 10", "roll 60")]
    [InlineData(5.0, "", "generate")]
    [InlineData(5.0, "10", "generate")]
    [InlineData(null, "60", "roll 60")] // TLS-T5
    [InlineData(null, "10", "generate else 10")]
    [InlineData(null, "10 15", "generate else 15")]
    [InlineData(null, "", "generate")]
    public void TLS_23_the_table(double? current, string others, string expected)
    {
        var now = current is { } days ? Bare("current", days, 90) : null;
        var valid = others.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(left => Bare(left, double.Parse(left), 90)).Concat(now is null ? [] : [now]);

        (SetDecision.Of(now, valid, set => SetDecision.IsDue(set, 21, _now)) switch
        {
            SetDecision.Keep => "keep",
            SetDecision.RollOver roll => $"roll {roll.Set.Name}",
            SetDecision.Generate { Fallback: { } fallback } => $"generate else {fallback.Name}",
            _ => "generate",
        }).ShouldBe(expected);
    }

    [Theory] // TLS-14, TLS-T12
    [InlineData("", "0")]
    [InlineData("0 1 zz-notes", "2")]
    [InlineData("9 10", "11")]
    [InlineData("mine", "0")]
    public void TLS_14_the_next_name(string taken, string next) => SetDecision.NextName(taken.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ShouldBe(next);

    [Fact]
    public void TLS_21_only_old_numbered_sets_that_are_not_in_use_may_go() =>
        SetDecision.Expendable([Bare("0", -31, 90), Bare("1", -31, 90), Bare("2", -31, 90), Bare("3", -29, 90), Bare("mine", -99, 90)], "1", "2", _now).ShouldBe(["0"]);

    [Theory] // TLS-41, TLS-42
    [InlineData(false)]
    [InlineData(true)]
    public void TLS_42_a_certificate_that_the_host_signs_itself(bool isRsa)
    {
        using var made = new NewCertificate(_names, new KeyChoice(isRsa));
        var pem = made.SignBySelf(90, _now);
        var set = Parse(new() { ["ssl.crt"] = pem, ["ssl.key"] = made.KeyPem }).ShouldNotBeNull();

        set.IsSelfSigned.ShouldBeTrue();
        set.Names.ShouldBe(["example.com", "www.example.com"]);
        set.NotAfter.ShouldBe(_now.AddDays(90));
        SetCheck.FindFault(set, _names, acceptsSelfSigned: true, _now).ShouldBeNull();
        made.RequestPem.ShouldStartWith("-----BEGIN CERTIFICATE REQUEST-----");
    }

    [Theory] // TLS-T26, TLS-43, TLS-45
    [InlineData("me@example.com\n", null, "me@example.com")]
    [InlineData("Me <me@example.com>\n", null, "me@example.com")]
    [InlineData(null, "host@example.net", "host@example.net")]
    [InlineData("own@example.com", "host@example.net", "own@example.com")]
    [InlineData("nonsense", null, "root@host.example.net")]
    [InlineData(null, null, "root@host.example.net")]
    public void TLS_43_the_domains_own_option_wins(string? own, string? hosts, string expected) => Options("email", own, hosts).Email.ShouldBe(expected);

    [Theory]
    [InlineData("1024", 2048)]
    [InlineData(" 4096\n", 4096)]
    [InlineData("many", 2048)]
    public void TLS_T26_a_key_size_that_is_too_small_is_2048(string content, int bits) => Options("rsa_key_size", content, null).Key.ShouldBe(new KeyChoice(IsRsa: true, bits));

    [Theory] // what a tenant may write, what the administrator may
    [InlineData("https://ca.example.org/dir\n", null, "https://ca.example.org/dir")]
    [InlineData("http://ca.example.org/dir", null, null)]
    [InlineData("file:///etc/shadow", null, null)]
    [InlineData("https://user:password@ca.example.org/", null, null)]
    [InlineData(null, "https://localhost:14000/dir\n", "https://localhost:14000/dir")]
    [InlineData(null, null, ProviderOptions.DefaultEndpoint)]
    public void TLS_43_an_endpoint_is_https(string? own, string? hosts, string? expected) => Options("endpoint", own, hosts).FindEndpoint(out _)?.Directory.ToString().ShouldBe(expected);

    [Theory]
    [InlineData("https://a.example/dir", true)]
    [InlineData("https://b.example/dir", false)]
    public void TLS_43_the_administrator_may_list_the_endpoints_of_tenants(string endpoint, bool isAllowed)
    {
        var host = Hosts.Plain with { Tree = new HostTree([KeyValuePair.Create(ProviderOptions.AllowedEndpointsPath, FileOf("https://a.example/dir\nhttps://c.example/\n"))]) };
        var options = new ProviderOptions(Domains.Make("example.com", ("config/ssl/letsencrypt/endpoint", FileOf(endpoint))), host, new Provider(ProviderKind.LetsEncrypt));
        (options.FindEndpoint(out var reason) is { IsTenants: true }).ShouldBe(isAllowed);
        (reason is null).ShouldBe(isAllowed);
    }

    private static ProviderOptions Options(string name, string? own, string? hosts)
    {
        var domain = own is null ? Domains.Make("example.com") : Domains.Make("example.com", ($"config/ssl/letsencrypt/{name}", FileOf(own)));
        var host = hosts is null ? Hosts.Plain : Hosts.Plain with { Tree = new HostTree([KeyValuePair.Create($"/etc/symbiosis/ssl/letsencrypt/{name}", FileOf(hosts))]) };
        return new ProviderOptions(domain, host, new Provider(ProviderKind.LetsEncrypt));
    }

    private static CertificateSet Bare(string name, double daysLeft, double lifetime) => new(name)
    {
        Certificate = Array.Empty<byte>(),
        Key = Array.Empty<byte>(),
        NotAfter = _now.AddDays(daysLeft),
        NotBefore = _now.AddDays(daysLeft - lifetime),
        Issuer = "/CN=x",
    };

    private static TreeNode FileOf(string content) => new(NodeKind.File) { Content = System.Text.Encoding.UTF8.GetBytes(content) };

    private static CertificateSet? Parse(Dictionary<string, string> files, TrustStore? trust = null) => SetParser.Parse("0", files, trust ?? _authority.Trust, _now, out _);

    private static string? FaultOf(CertificateSet? set) => SetCheck.FindFault(set.ShouldNotBeNull(), _names, acceptsSelfSigned: true, _now);
}
