using System.Text.Json.Nodes;
using Symbiosis.CertificateKeeping;
using Symbiosis.Model;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.CertificateKeeping;

public sealed class CertificateKeeperTests : IDisposable
{
    private static readonly DateTimeOffset _start = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryTree _tree = new();
    private readonly HastyClock _clock = new(_start);
    private readonly ScriptedAuthority _authority;
    private readonly Preflight _preflight = new();
    private CertificateKeeper _keeper;

    public CertificateKeeperTests()
    {
        _authority = new ScriptedAuthority(_clock) { ReadAnswer = token => File.Exists(Answer(token)) ? File.ReadAllText(Answer(token)) : null };
        _tree.MakeSystemFile("etc/ssl/certs/ca-certificates.crt", TestAuthority.Shared.RootPem);
        _tree.MakeSystemFile("etc/symbiosis/ssl/letsencrypt/endpoint", ScriptedAuthority.Directory + "\n");
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        _tree.MakeDirectory("example.com/config");
        _keeper = NewKeeper();
    }

    public void Dispose()
    {
        _keeper.Dispose();
        _authority.Dispose();
        _tree.Dispose();
    }

    [Fact] // TLS-T1
    public async Task TLS_T1_a_self_signed_set_is_made_once()
    {
        SelfSigned();
        (await KeepAsync()).IsPublished.ShouldBeTrue();

        Sets.ShouldBe(["0"]);
        Current.ShouldBe("sets/0");
        Directory.GetFiles(Ssl("sets/0")).Select(Path.GetFileName).Order().ShouldBe(["ssl.combined", "ssl.crt", "ssl.csr", "ssl.key"]);
        Published("combined.pem").ShouldBe(File.ReadAllText(Ssl("sets/0/ssl.combined")));

        var second = await KeepAsync();
        (second.IsPublished, second.Error, second.Warning).ShouldBe((false, null, null));
        Sets.ShouldBe(["0"]);
    }

    [Theory] // TLS-T3
    [InlineData(21, "1")]
    [InlineData(22, "0")]
    public async Task TLS_T3_the_threshold(int daysLeft, string current)
    {
        SelfSigned();
        Put("0", daysLeft, isCurrent: true);
        await KeepAsync(new KeepOptions { ThresholdDays = 21 });
        Current.ShouldBe($"sets/{current}");
    }

    [Theory] // TLS-T4, TLS-T5
    [InlineData(5)]
    [InlineData(-5)]
    public async Task TLS_T4_a_set_that_lasts_longer_is_taken_before_a_new_one_is_made(int daysLeft)
    {
        SelfSigned();
        Put("0", daysLeft, isCurrent: true);
        Put("1", 60);
        await KeepAsync();
        (Current, Sets.Length).ShouldBe(("sets/1", 2));
    }

    [Fact] // TLS-T6
    public async Task TLS_T6_a_provider_that_fails_leaves_the_current_set()
    {
        PutTrusted("0", 5, isCurrent: true);
        await KeepAsync();
        _authority.IsRateLimited = true;
        var outcome = await KeepAsync(new KeepOptions { Force = true });
        outcome.Warning.ShouldNotBeNull();
        outcome.Waits.ShouldBeTrue();
    }

    [Fact] // TLS-T7, TLS-24
    public async Task TLS_T7_a_bought_certificate_is_left_alone_until_it_ends()
    {
        foreach (var (file, content) in TestAuthority.Shared.Set(_start.AddDays(89), "example.com"))
            _tree.Write($"example.com/config/{file}", content);
        var outcome = await KeepAsync();
        (outcome.Error, outcome.IsPublished, Directory.Exists(Ssl("sets")), _authority.Log.Count).ShouldBe((null, true, false, 0));

        _clock.Advance(TimeSpan.FromDays(79));
        (await KeepAsync()).Error.ShouldBeNull();
        Current.ShouldBe("sets/0");
    }

    [Fact] // TLS-T9
    public async Task TLS_T9_an_unknown_provider_makes_nothing_and_takes_what_is_there()
    {
        _tree.Write("example.com/config/ssl-provider", "comodo");
        (await KeepAsync()).Error.ShouldNotBeNull();
        Directory.Exists(Ssl("sets")).ShouldBeFalse();
        PutTrusted("7", 60);
        (await KeepAsync()).Error.ShouldBeNull();
        Current.ShouldBe("sets/7");
    }

    [Fact] // TLS-T10
    public async Task TLS_T10_a_set_for_somebody_else_is_not_used()
    {
        _tree.Write("example.com/config/ssl-provider", "false");
        foreach (var (file, content) in TestAuthority.Shared.Set(_start.AddDays(60), "other.example.net"))
            _tree.Write($"example.com/config/ssl/sets/0/{file}", content);
        (await KeepAsync()).Error.ShouldNotBeNull().ShouldContain("(62)");
        File.Exists(Ssl("current")).ShouldBeFalse();
    }

    [Fact] // TLS-T12
    public async Task TLS_T12_broken_sets_and_stray_files_do_not_stop_a_new_one()
    {
        SelfSigned();
        var (one, two) = (TestAuthority.SelfSigned(_start.AddDays(60), 90, "example.com"), TestAuthority.SelfSigned(_start.AddDays(60), 90, "example.com"));
        _tree.Write("example.com/config/ssl/sets/0/ssl.crt", one["ssl.crt"]).Write("example.com/config/ssl/sets/0/ssl.key", two["ssl.key"]).MakeDirectory("example.com/config/ssl/sets/1").Write("example.com/config/ssl/sets/zz-notes", "x");
        await KeepAsync();
        Current.ShouldBe("sets/2");
    }

    [Fact] // TLS-T14
    public async Task TLS_T14_a_directory_named_current_stops_everything_for_this_domain()
    {
        _tree.MakeDirectory("example.com/config/ssl/current");
        for (var run = 0; run < 3; run++)
            (await KeepAsync(new KeepOptions { Force = true })).Error.ShouldNotBeNull().ShouldContain("not a link");
        _authority.Log.ShouldBeEmpty();
        Directory.Exists(Ssl("sets")).ShouldBeFalse();
    }

    [Fact] // TLS-T15
    public async Task TLS_T15_generating_and_switching_can_be_kept_apart()
    {
        SelfSigned();
        await KeepAsync(new KeepOptions { RollsOver = false });
        (Sets.Length, File.Exists(Ssl("current"))).ShouldBe((1, false));
        await KeepAsync(new KeepOptions { Generates = false });
        Current.ShouldBe("sets/0");
    }

    [Fact] // TLS-T17
    public async Task TLS_T17_root_selects_a_set()
    {
        Put("0", 60);
        PutTrusted("1", 80, isCurrent: true);
        (await KeepAsync()).Error.ShouldBeNull();
        (await KeepAsync(new KeepOptions { Select = "99" })).Error.ShouldNotBeNull();
        Current.ShouldBe("sets/1");
        (await KeepAsync(new KeepOptions { Select = "0" })).IsPublished.ShouldBeTrue();
        Current.ShouldBe("sets/0");
        (await KeepAsync()).Error.ShouldBeNull("a self-signed set that root chose is valid");
        Current.ShouldBe("sets/0");
        (await KeepAsync(new KeepOptions { Select = "0" })).Error.ShouldBeNull();
    }

    [Fact] // TLS-T19, TLS-T2
    public async Task TLS_T19_a_certificate_of_the_CA_has_all_names()
    {
        _tree.Link("example.org", "example.com");
        var outcome = await KeepAsync();

        (outcome.Error, outcome.Warning, outcome.IsPublished).ShouldBe((null, null, true));
        _authority.Offences.ShouldBeEmpty();
        Names(_authority.Orders.ShouldHaveSingleItem()).ShouldBe(["example.com", "example.org", "www.example.com", "www.example.org"]);
        _authority.Accounts.ShouldHaveSingleItem()["contact"]!.AsArray()[0]!.GetValue<string>().ShouldBe("mailto:root@host.example.net"); // one account
        File.ReadAllText(Ssl("sets/0/ssl.bundle")).ShouldBe(TestAuthority.Shared.IntermediatePem.Replace("\r", "", StringComparison.Ordinal), "without the root");
        Directory.GetFiles(_tree.Root + "/var/lib/symbiosis/acme").ShouldBeEmpty("tokens are gone");
        File.GetUnixFileMode(_tree.Root + "/etc/symbiosis/ssl/letsencrypt/account_key").ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // The account serves the next domain, and a second run asks for nothing.
        _tree.MakeDirectory("example.net/config");
        await KeepAsync(domain: "example.net");
        _authority.Accounts.Count.ShouldBe(1);
        var before = _authority.Orders.Count;
        await KeepAsync();
        _authority.Orders.Count.ShouldBe(before);
    }

    [Fact] // TLS-T20, TLS-39
    public async Task TLS_T20_a_name_that_fails_is_dropped_and_tried_again_later()
    {
        _preflight.Faults["www.example.com"] = "it does not resolve";
        (await KeepAsync()).Warning.ShouldNotBeNull().ShouldContain("www.example.com: it does not resolve");
        Names(_authority.Orders.ShouldHaveSingleItem()).ShouldBe(["example.com"]);

        _clock.Advance(TimeSpan.FromMinutes(30));
        var outcome = await KeepAsync();
        outcome.Warning.ShouldNotBeNull();
        outcome.Next.ShouldNotBeNull().ShouldBe(_start.AddHours(1), TimeSpan.FromMinutes(1));
        _authority.Orders.Count.ShouldBe(1);

        _clock.Advance(TimeSpan.FromHours(2)); // still not there: no order
        await KeepAsync();
        _authority.Orders.Count.ShouldBe(1);

        _preflight.Faults.Clear();
        _clock.Advance(TimeSpan.FromHours(24));
        (await KeepAsync()).Warning.ShouldBeNull();
        Names(_authority.Orders[^1]).ShouldBe(["example.com", "www.example.com"]);
        Current.ShouldBe("sets/1");
    }

    [Fact] // TLS-39: what preflight did not see
    public async Task TLS_39_a_name_that_the_CA_refuses_is_dropped()
    {
        _authority.BadNames.Add("www.example.com");
        (await KeepAsync()).Warning.ShouldNotBeNull().ShouldContain("no such host www.example.com");
        _authority.Orders.Select(Names).ShouldBe([["example.com", "www.example.com"], ["example.com"]]);
        (await KeepAsync()).Error.ShouldBeNull();
        _authority.Orders.Count.ShouldBe(2);
    }

    [Fact] // TLS-50
    public async Task TLS_50_a_domain_of_which_no_name_validates_is_left_alone_for_a_while()
    {
        _preflight.Faults["www.example.com"] = _preflight.Faults["example.com"] = "it does not resolve";
        (await KeepAsync()).Error.ShouldNotBeNull().ShouldContain("does not resolve");
        var asked = _preflight.Asked;
        (await KeepAsync()).Error.ShouldNotBeNull();
        _preflight.Asked.ShouldBe(asked, "back-off");
        _authority.Orders.ShouldBeEmpty();
        await KeepAsync(new KeepOptions { Force = true });
        _preflight.Asked.ShouldBeGreaterThan(asked, "--force skips the back-off, not the preflight");
    }

    [Fact] // TLS-50: the delay belongs to the CA
    public async Task A_domain_that_waits_for_a_CA_is_signed_for_by_itself_as_soon_as_it_says_so()
    {
        _preflight.Faults["example.com"] = "it does not resolve";
        _preflight.Faults["www.example.com"] = "it does not resolve";
        (await KeepAsync()).Error.ShouldNotBeNull();

        SelfSigned();
        (await KeepAsync()).IsPublished.ShouldBeTrue();
        Current.ShouldBe("sets/0");
    }

    [Fact] // TLS-T23
    public async Task TLS_T23_a_CA_in_trouble_is_asked_again()
    {
        (_authority.BadNonces, _authority.Unavailable, _authority.Processing) = (3, 1, 3);
        (await KeepAsync()).Error.ShouldBeNull();
        Current.ShouldBe("sets/0");
        _authority.Offences.ShouldBeEmpty();
    }

    [Fact] // TLS-T23
    public async Task TLS_T23_a_CA_that_is_never_done_is_given_up_within_three_minutes()
    {
        _authority.Processing = int.MaxValue;
        (await KeepAsync()).Error.ShouldNotBeNull();
        _clock.GetUtcNow().ShouldBeLessThan(_start.AddMinutes(3));
    }

    [Fact]
    public async Task A_CA_that_stumbles_is_asked_again_within_minutes()
    {
        _authority.BadNonces = 6;
        var outcome = await KeepAsync();
        outcome.Error.ShouldNotBeNull().ShouldContain("badNonce");
        outcome.Next.ShouldNotBeNull().ShouldBe(_start.AddMinutes(1), TimeSpan.FromSeconds(30));
        _clock.Advance(TimeSpan.FromMinutes(2));
        (await KeepAsync()).Error.ShouldBeNull();
    }

    [Fact] // TLS-50
    public async Task TLS_50_a_rate_limit_stops_all_requests_to_that_CA()
    {
        _authority.IsRateLimited = true;
        (await KeepAsync()).Waits.ShouldBeTrue();
        var asked = _authority.Log.Count;
        _tree.MakeDirectory("example.net/config");
        var outcome = await KeepAsync(domain: "example.net");
        (outcome.Waits, outcome.IsBlocked, _authority.Log.Count).ShouldBe((true, true, asked));
        outcome.Next.ShouldNotBeNull().ShouldBe(_start.AddHours(1), TimeSpan.FromMinutes(1));

        _authority.IsRateLimited = false;
        _clock.Advance(TimeSpan.FromHours(1.1));
        (await KeepAsync(domain: "example.net")).Error.ShouldBeNull();
    }

    [Fact]
    public async Task A_CA_out_of_reach_is_asked_by_one_domain_and_leaves_no_trace_of_the_others()
    {
        _authority.IsUnreachable = true;
        (await KeepAsync()).Waits.ShouldBeTrue();
        var asked = _authority.Log.Count;
        foreach (var name in (string[])["a.example", "b.example", "c.example"])
        {
            _tree.MakeDirectory($"{name}/config");
            (await KeepAsync(domain: name)).Waits.ShouldBeTrue();
        }

        _authority.Log.Count.ShouldBe(asked);
        Directory.GetFiles(_tree.Root + "/var/lib/symbiosis/certificates").ShouldBeEmpty();
        File.Exists(_tree.Root + "/etc/symbiosis/ssl/letsencrypt/account_key").ShouldBeFalse();

        _authority.IsUnreachable = false;
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await KeepAsync(domain: "a.example")).Error.ShouldBeNull();
    }

    [Fact] // TLS-48
    public async Task TLS_48_a_certificate_that_is_not_ours_is_not_written()
    {
        _authority.IsTreacherous = true;
        (await KeepAsync()).Error.ShouldNotBeNull();
        (Directory.Exists(Ssl("sets")), Directory.Exists(_tree.Root + "/var/lib/symbiosis/tls")).ShouldBe((false, false));
    }

    [Fact] // TLS-T24, TLS-49
    public async Task TLS_T24_the_CA_says_when()
    {
        await KeepAsync();
        _clock.Advance(TimeSpan.FromDays(10));
        _authority.Window = (_clock.GetUtcNow().AddDays(-2), _clock.GetUtcNow().AddDays(-1));
        await KeepAsync();
        Current.ShouldBe("sets/1");
        _authority.Orders[1]["replaces"].ShouldNotBeNull();
    }

    [Theory] // TLS-T24: 45 days, 14 left
    [InlineData(5, null, false)]
    [InlineData(5, 14, true)]
    [InlineData(20, null, true)] // the window begins after the end of the certificate
    public async Task TLS_T24_the_window_decides_before_the_dates(int daysAhead, int? threshold, bool isRenewed)
    {
        _authority.Days = 45;
        await KeepAsync();
        _clock.Advance(TimeSpan.FromDays(31));
        _authority.Window = (_clock.GetUtcNow().AddDays(daysAhead), _clock.GetUtcNow().AddDays(daysAhead + 1));
        await KeepAsync(new KeepOptions { ThresholdDays = threshold });
        Current.ShouldBe(isRenewed ? "sets/1" : "sets/0");
    }

    [Theory] // TLS-T25
    [InlineData(28, false)]
    [InlineData(30, true)]
    public async Task TLS_T25_short_lives_are_renewed_after_two_thirds(int age, bool isRenewed)
    {
        _authority.Days = 45;
        await KeepAsync();
        _clock.Advance(TimeSpan.FromDays(age));
        await KeepAsync();
        Current.ShouldBe(isRenewed ? "sets/1" : "sets/0");
    }

    [Fact] // TLS-25
    public async Task TLS_25_a_new_alias_is_in_the_certificate_at_once()
    {
        await KeepAsync();
        _tree.Link("example.org", "example.com");
        await KeepAsync();
        Current.ShouldBe("sets/1");
    }

    [Fact] // TLS-T26, profiles
    public async Task A_profile_is_asked_for_when_the_CA_has_it()
    {
        _tree.Write("example.com/config/ssl/letsencrypt/profile", "tlsserver\n").Write("example.com/config/ssl/letsencrypt/email", "me@example.com\n").Write("example.com/config/ssl/letsencrypt/rsa_key_size", "1024");
        (await KeepAsync()).Error.ShouldBeNull();
        _authority.Orders[0]["profile"]!.GetValue<string>().ShouldBe("tlsserver"); // there is an order
        _authority.Accounts[0]["contact"]!.AsArray()[0]!.GetValue<string>().ShouldBe("mailto:me@example.com"); // there is an account
        _tree.MakeDirectory("example.net/config").Write("example.net/config/ssl/letsencrypt/profile", "other");
        (await KeepAsync(domain: "example.net")).Error.ShouldNotBeNull().ShouldContain("only tlsserver");
    }

    [Fact] // TLS-55
    public async Task TLS_55_the_last_good_copy_stays_when_the_current_set_breaks()
    {
        SelfSigned();
        await KeepAsync();
        var before = Published("combined.pem");
        _tree.Write("example.com/config/ssl-provider", "false");
        File.WriteAllText(Ssl("sets/0/ssl.key"), "broken");
        File.WriteAllText(Ssl("sets/0/ssl.combined"), "broken");
        (await KeepAsync()).Error.ShouldNotBeNull();
        Published("combined.pem").ShouldBe(before);
    }

    private string Current => new DirectoryInfo(Ssl("current")).LinkTarget.ShouldNotBeNull();

    private string[] Sets => Directory.GetDirectories(Ssl("sets")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray();

    private string Ssl(string path) => _tree.PathOf($"example.com/config/ssl/{path}");

    private string Answer(string token) => $"{_tree.Root}/var/lib/symbiosis/acme/{token}";

    private string Published(string file) => File.ReadAllText($"{_tree.Root}/var/lib/symbiosis/tls/example.com/{file}");

    private static IEnumerable<string> Names(JsonNode order) => order["identifiers"]!.AsArray().Select(item => item!["value"]!.GetValue<string>()); // an order has them

    private void SelfSigned() => _tree.Write("example.com/config/ssl-provider", "selfsigned");

    private void Put(string name, int daysLeft, bool isCurrent = false) => Put(name, TestAuthority.SelfSigned(_start.AddDays(daysLeft), 90, "example.com", "www.example.com"), isCurrent);

    private void PutTrusted(string name, int daysLeft, bool isCurrent = false) => Put(name, TestAuthority.Shared.Set(_start.AddDays(daysLeft), "example.com", "www.example.com"), isCurrent);

    private void Put(string name, Dictionary<string, string> files, bool isCurrent)
    {
        foreach (var (file, content) in files)
            _tree.Write($"example.com/config/ssl/sets/{name}/{file}", content);
        if (isCurrent)
            _tree.Link("example.com/config/ssl/current", $"sets/{name}");
    }

    private CertificateKeeper NewKeeper()
    {
        var states = new StateFiles(_tree.Options.Root);
        var issuer = new CertificateIssuer(_tree.Options.Root, new EndpointBook(states, _clock), new ChallengeDirectory(_tree.Options.Root), _preflight, _clock) { MakeHttp = _ => new HttpClient(_authority, disposeHandler: false) };
        return new CertificateKeeper(new CertificateTree(_tree.Options, _clock), states, issuer, _clock, () => null) { Random = new Random(1) };
    }

    private async Task<KeepOutcome> KeepAsync(KeepOptions? options = null, string domain = "example.com")
    {
        var tree = new CertificateTree(_tree.Options, _clock);
        var host = Hosts.Plain with { Tree = new HostTree([KeyValuePair.Create("/etc/symbiosis/ssl/letsencrypt/endpoint", new TreeNode(NodeKind.File) { Content = System.Text.Encoding.UTF8.GetBytes(ScriptedAuthority.Directory + "\n") })]) };
        var entry = tree.Scan(host.Name).Domains.Single(entry => entry.Name.Value == domain);
        return (await _keeper.KeepAsync(entry, host, options ?? new KeepOptions(), TestContext.Current.CancellationToken)).ShouldNotBeNull();
    }

    private sealed class Preflight : IPreflight
    {
        public Dictionary<string, string> Faults { get; } = new(StringComparer.Ordinal);

        public int Asked { get; private set; }

        public Task<string?> FindFaultAsync(DomainName name, Host host, CancellationToken cancellationToken)
        {
            Asked++;
            return Task.FromResult(Faults.GetValueOrDefault(name.Value));
        }
    }
}
