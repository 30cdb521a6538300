using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Planning;
using Symbiosis.Tests.Support;
using static Symbiosis.Tests.Support.ScratchHost;

namespace Symbiosis.Tests.Applying;

/// <summary>Stops an apply after every single change of the disk, starts again, and compares: the configuration is always the old or the new one, whole (CORE-T16).</summary>
public sealed class InterruptedApplyTests
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    // Every sort of step at once: replace, create, link, change of a table, removal of a table and of a link, a kept copy, a daemon.
    private static readonly DesiredState _before = Wants(
        Unit("a.example", Site("a.example", "old a\n"), Table("a.example", "old\n")),
        Unit("b.example", Site("b.example", "old b\n"), Table("b.example", "old\n")),
        Unit("gone.example", Site("gone.example", "gone\n"), Table("gone.example", "old\n")));

    private static readonly DesiredState _after = Wants(
        Unit("a.example", Site("a.example", "new a\n"), Table("a.example", "new\n")),
        Unit("b.example", Site("b.example", "new b\n"), Table("b.example", "old\n")),
        Unit("new.example", Site("new.example", "new\n"), Table("new.example", "new\n")));

    [Theory]
    [InlineData(Stop.Before, true)]
    [InlineData(Stop.Halfway, true)]
    [InlineData(Stop.Before, false)]
    public async Task Killed_at_any_change_the_next_start_recovers_and_the_next_apply_completes(Stop stop, bool canExchange)
    {
        var expected = await FinishedAsync();
        var changes = 0;
        for (var n = 0; ; n++)
        {
            using var host = await PreparedAsync();
            var old = host.Snapshot("/etc", "/var/lib/symbiosis/names");
            var mortal = new MortalFiles(new HostFiles(host.Root), n, stop) { CanExchange = canExchange };
            host.Files = mortal;
            host.Reopen();
            try
            {
                await host.ApplyAsync(_after, cancellationToken: Now);
                break; // n is beyond the last change
            }
            catch (KilledException)
            {
                changes++;
            }

            host.Files = new HostFiles(host.Root);
            host.Reopen();
            using (var held = ApplyLock.TryTake(host.Files).ShouldNotBeNull())
                await host.Applier.RecoverAsync(held, Now);

            var found = host.Snapshot("/etc", "/var/lib/symbiosis/names");
            (found == old || found == expected).ShouldBeTrue($"killed before change {n}: neither old nor new\n{found}");
            host.Commands.LiveConfiguration().ShouldBeOneOf(await LiveAsync(_before), await LiveAsync(_after));

            host.Reopen();
            var outcome = await host.ApplyAsync(_after, cancellationToken: Now);
            outcome.Diagnostics.ShouldBeEmpty();
            host.Snapshot("/etc", "/var/lib/symbiosis/names").ShouldBe(expected, $"killed before change {n}");
            host.Plan(_after).IsEmpty.ShouldBeTrue();
            host.Plan(_after).Adoptions.ShouldBeEmpty();
            Path.Exists(host.Real("/var/lib/symbiosis/journal")).ShouldBeFalse();
        }

        changes.ShouldBeGreaterThan(40);
    }

    [Fact]
    public async Task Killed_during_recovery_the_next_recovery_still_succeeds()
    {
        var expected = await FinishedAsync();
        var recoveries = 0;
        for (var n = 1; await KilledAsync(n) is { } first; n += 4)
        {
            first.Dispose();
            for (var m = 0; ; m++)
            {
                using var host = (await KilledAsync(n)).ShouldNotBeNull();
                host.Files = new MortalFiles(new HostFiles(host.Root), m, Stop.Before);
                host.Reopen();
                var isOver = false;
                try
                {
                    using var held = ApplyLock.TryTake(host.Files).ShouldNotBeNull();
                    await host.Applier.RecoverAsync(held, Now);
                    isOver = true;
                    recoveries++;
                }
                catch (KilledException)
                {
                    // The point of this test: it is killed again.
                }

                host.Files = new HostFiles(host.Root);
                host.Reopen();
                (await host.ApplyAsync(_after, cancellationToken: Now)).Diagnostics.ShouldBeEmpty();
                host.Snapshot("/etc", "/var/lib/symbiosis/names").ShouldBe(expected, $"killed at {n}, then at {m} of the recovery");
                if (isOver)
                    break;
            }
        }

        recoveries.ShouldBeGreaterThan(8);
    }

    [Fact]
    public async Task A_full_disk_at_any_change_is_a_clean_failure_with_everything_as_it_was()
    {
        var failures = 0;
        for (var n = 0; ; n++)
        {
            using var host = await PreparedAsync();
            var old = host.Snapshot("/etc", "/var/lib/symbiosis/names");
            host.Files = new FullDisk(new HostFiles(host.Root), n);
            host.Reopen();

            var outcome = await host.ApplyAsync(_after, cancellationToken: Now);

            if (outcome.End == ApplyEnd.Applied)
                break;
            failures++;
            outcome.Diagnostics.ShouldContain(found => found.Kind.Id == "APPLY008" && found.Message.Contains("No space left on device", StringComparison.Ordinal));
            if (outcome.End == ApplyEnd.Failed)
                host.Snapshot("/etc", "/var/lib/symbiosis/names").ShouldBe(old, $"full from change {n} on");
            host.Files = new HostFiles(host.Root);
            host.Reopen();
            (await host.ApplyAsync(_after, cancellationToken: Now)).Diagnostics.ShouldBeEmpty();
            host.Plan(_after).IsEmpty.ShouldBeTrue();
        }

        failures.ShouldBeGreaterThan(10);
    }

    private static async Task<ScratchHost> PreparedAsync()
    {
        var host = new ScratchHost();
        await host.ApplyAsync(_before, cancellationToken: Now);
        host.Commands.Ran.Clear();
        return host;
    }

    // Null when the apply was over before.
    private static async Task<ScratchHost?> KilledAsync(int change)
    {
        var host = await PreparedAsync();
        host.Files = new MortalFiles(new HostFiles(host.Root), change, Stop.Before);
        host.Reopen();
        try
        {
            await host.ApplyAsync(_after, cancellationToken: Now);
            host.Dispose();
            return null;
        }
        catch (KilledException)
        {
            return host;
        }
    }

    private static async Task<string> FinishedAsync()
    {
        using var host = await PreparedAsync();
        await host.ApplyAsync(_after, cancellationToken: Now);
        return host.Snapshot("/etc", "/var/lib/symbiosis/names");
    }

    private static async Task<string> LiveAsync(DesiredState state)
    {
        using var host = await PreparedAsync();
        await host.ApplyAsync(state, cancellationToken: Now);
        return host.Commands.LiveConfiguration();
    }
}
