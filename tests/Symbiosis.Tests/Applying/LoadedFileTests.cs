using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;
using Symbiosis.Services;
using Symbiosis.Tests.Support;
using static Symbiosis.Tests.Support.ScratchHost;

namespace Symbiosis.Tests.Applying;

/// <summary>Certificates: files that are not ours, that daemons read when they reload, and that change without any rendered text changing (TLS-54).</summary>
public sealed class LoadedFileTests : IDisposable
{
    private const string Site = "/etc/webd/sites-available/a.example.conf";

    private readonly ScratchHost _host = new();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_new_version_reloads_once_and_writes_nothing()
    {
        await ApplyAsync("1");
        _host.Commands.Ran.Clear();
        _host.Reopen();
        (await ApplyAsync("1")).End.ShouldBe(ApplyEnd.NothingToDo);
        _host.Commands.Ran.ShouldBeEmpty();

        var outcome = await ApplyAsync("2");
        outcome.Reloaded.ShouldBe(["webd"]);
        outcome.Written.ShouldBeEmpty();
        _host.Reopen();
        (await ApplyAsync("2")).End.ShouldBe(ApplyEnd.NothingToDo);
    }

    [Fact]
    public async Task A_new_site_and_its_certificate_are_one_reload()
    {
        await ApplyAsync("1");
        _host.Commands.Reloads.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task TLS_T28_a_site_that_was_edited_by_hand_is_left_alone_and_its_certificate_taken_into_use()
    {
        await ApplyAsync("1");
        _host.Write(Site, "# mine\n" + _host.Read(Site));
        _host.Commands.Ran.Clear();

        (await ApplyAsync("2")).Reloaded.ShouldBe(["webd"]);
        _host.Read(Site)!.ShouldStartWith("# mine\n");
    }

    [Fact]
    public async Task Without_a_reload_it_waits_for_the_next_apply()
    {
        await ApplyAsync("1");
        using (var held = ApplyLock.TryTake(_host.Files).ShouldNotBeNull())
            await _host.Applier.ApplyAsync(held, _host.Plan(Desired("2")), new ApplyOptions { Reloads = false }, progress: null, Now);
        _host.Plan(Desired("2")).Loads.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_reload_that_fails_is_tried_again_by_the_next_apply()
    {
        await ApplyAsync("1");
        _host.Prober.Answer = _ => new ProbeResult(ProbeEnd.Silent, "");
        (await ApplyAsync("2")).End.ShouldBe(ApplyEnd.AppliedInPart);
        _host.Prober.Answer = probe => new ProbeResult(ProbeEnd.Answered, probe.Expect);
        (await ApplyAsync("2")).Reloaded.ShouldBe(["webd"]);
    }

    [Fact]
    public async Task A_file_that_nobody_loads_any_more_is_forgotten_without_a_look_at_it()
    {
        await ApplyAsync("1");
        var without = Wants(Unit("a.example", ScratchHost.Site("a.example", "site a\n")));
        _host.Plan(without).Forgotten.ShouldBe(["/var/lib/symbiosis/tls/a.example/fullchain.pem"]);
        await _host.ApplyAsync(without, cancellationToken: Now);
        (await ApplyAsync("1")).Reloaded.ShouldBe(["webd"]);
    }

    [Fact]
    public async Task The_same_file_of_two_units_is_loaded_once()
    {
        var load = Load("1");
        var desired = Wants(Unit("a.example") with { Loads = [load] }, Unit(DesiredUnit.HostUnit) with { Loads = [load] });
        await _host.ApplyAsync(desired, cancellationToken: Now);
        _host.Plan(desired).IsEmpty.ShouldBeTrue();
        _host.Plan(desired with { Units = [desired.Units[1]], IsComplete = false }).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_certificate_that_is_made_in_the_same_apply_is_in_use_afterwards()
    {
        var host = Unit(DesiredUnit.HostUnit) with
        {
            Loads = [new LoadedFile(HostPath.Parse("/var/lib/symbiosis/tls/host.example.net/fullchain.pem"), null, "webd", "test")],
            Provisions = [new Provision.SelfSignedCertificate(HostPath.Parse("/var/lib/symbiosis/tls/host.example.net"), [DomainName.Parse("host.example.net")], 90, "test")],
        };
        await _host.ApplyAsync(Wants(host), cancellationToken: Now);
        _host.Commands.Reloads.ShouldHaveSingleItem();

        var fingerprint = PublishedCertificateReader.Read(_host.Root, DomainName.Parse("host.example.net"))!.Fingerprint; // made just now
        _host.Plan(Wants(host with { Provisions = [], Loads = [host.Loads[0] with { Version = fingerprint }] })).IsEmpty.ShouldBeTrue();
    }

    private Task<ApplyOutcome> ApplyAsync(string version) => _host.ApplyAsync(Desired(version), cancellationToken: Now);

    private static DesiredState Desired(string version) => Wants(Unit("a.example", ScratchHost.Site("a.example", "site a\n")) with { Loads = [Load(version)] });

    private static LoadedFile Load(string version) => new(HostPath.Parse("/var/lib/symbiosis/tls/a.example/fullchain.pem"), version, "webd", "test");
}
