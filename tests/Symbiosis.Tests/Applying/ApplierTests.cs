using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;
using Symbiosis.Tests.Support;
using static Symbiosis.Tests.Support.ScratchHost;

namespace Symbiosis.Tests.Applying;

public sealed class ApplierTests : IDisposable
{
    private readonly ScratchHost _host = new();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_new_site_is_written_enabled_checked_reloaded_and_probed()
    {
        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "site a\n"))), cancellationToken: Now);

        outcome.End.ShouldBe(ApplyEnd.Applied);
        outcome.Reloaded.ShouldBe(["webd"]);
        _host.Commands.LiveConfiguration().ShouldStartWith("site a\n# Checksum MD5 ");
        _host.Commands.Ran.Count.ShouldBe(3); // check, is it running, reload
        _host.Commands.Reloads.ShouldBe(["/usr/bin/systemctl reload webd.service"]);
        _host.Prober.Asked.ShouldBe(["HTTP answers"]);
    }

    [Fact]
    public async Task Applying_twice_changes_nothing_and_runs_nothing()
    {
        var desired = Wants(Unit("a.example", Site("a.example", "site a\n"), Table("a.example", "a 1000\n")));
        await _host.ApplyAsync(desired, cancellationToken: Now);
        var before = _host.Snapshot("/");
        _host.Commands.Ran.Clear();
        _host.Reopen();

        var outcome = await _host.ApplyAsync(desired, cancellationToken: Now);

        outcome.End.ShouldBe(ApplyEnd.NothingToDo);
        _host.Commands.Ran.ShouldBeEmpty();
        _host.Snapshot("/").ShouldBe(before);
    }

    [Fact]
    public async Task A_table_alone_needs_no_check_and_no_reload()
    {
        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Table("a.example", "a 1000\n"))), cancellationToken: Now);

        outcome.End.ShouldBe(ApplyEnd.Applied);
        _host.Read("/var/lib/symbiosis/names/a.example").ShouldBe("a 1000\n");
        _host.Commands.Ran.ShouldBeEmpty();
    }

    [Fact]
    public async Task CORE_T13_an_edited_file_stays_and_is_reported_until_forced_and_a_deleted_one_comes_back()
    {
        var desired = Wants(Unit("a.example", Site("a.example", "site a\n")));
        const string path = "/etc/webd/sites-available/a.example.conf";
        await _host.ApplyAsync(desired, cancellationToken: Now);
        var generated = _host.Read(path)!;
        var edited = generated.Replace("site a", "site A", StringComparison.Ordinal);
        _host.Write(path, edited);

        _host.Plan(desired).LeftAlone.Single().Verdict.ShouldBe(FileVerdict.Edited);
        await _host.ApplyAsync(desired, cancellationToken: Now);
        _host.Read(path).ShouldBe(edited);

        await _host.ApplyAsync(desired, new PlanOptions { Force = true }, Now);
        _host.Read(path).ShouldBe(generated);
        _host.Read("/var/lib/symbiosis/kept" + path).ShouldBe(edited);

        File.Delete(_host.Real(path));
        await _host.ApplyAsync(desired, cancellationToken: Now);
        _host.Read(path).ShouldBe(generated);
    }

    [Theory]
    [InlineData("site a\n", true)]
    [InlineData("site a\n", false)]
    [InlineData(null, true)]
    [InlineData(null, false)]
    public async Task CORE_T13_a_file_edited_while_its_daemon_reloads_is_an_edit_of_the_new_text(string? before, bool isReplaced)
    {
        const string path = "/etc/webd/sites-available/a.example.conf";
        if (before is not null)
            await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", before))), cancellationToken: Now);
        var desired = Wants(Unit("a.example", Site("a.example", "site b\n")));
        var edited = "";
        _host.Commands.Override = command =>
        {
            if (command.Arguments.Contains("reload"))
            {
                edited = "# mine\n" + _host.Read(path);
                if (isReplaced)
                    File.Delete(_host.Real(path)); // as most editors do; the name then belongs to another file
                _host.Write(path, edited);
            }

            return null;
        };

        await _host.ApplyAsync(desired, cancellationToken: Now);

        _host.Read(path).ShouldBe(edited);
        _host.Plan(desired).LeftAlone.Single().Verdict.ShouldBe(FileVerdict.Edited);
        _host.Read("/var/lib/symbiosis/base" + path)!.ShouldStartWith("site b\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_edited_while_its_daemon_reloads_is_not_put_back_when_that_fails(bool isReplaced)
    {
        const string path = "/etc/webd/sites-available/a.example.conf";
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "site a\n"))), cancellationToken: Now);
        _host.Commands.Override = command =>
        {
            if (!command.Arguments.Contains("reload"))
                return null;
            if (isReplaced)
                File.Delete(_host.Real(path));
            _host.Write(path, "mine\n");
            return new CommandResult(command, CommandEnd.Exited, 1, "", "no");
        };

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "site b\n"))), cancellationToken: Now);

        outcome.Diagnostics.ShouldContain(found => found.Kind == ApplyingDiagnostics.ReloadFailed);
        _host.Read(path).ShouldBe("mine\n");
    }

    [Fact]
    public async Task CORE_T13_a_removed_link_stays_removed_until_the_domain_is_named()
    {
        var desired = Wants(Unit("a.example", Site("a.example", "site a\n")));
        var link = _host.Real("/etc/webd/sites-enabled/a.example.conf");
        await _host.ApplyAsync(desired, cancellationToken: Now);
        File.Delete(link);

        await _host.ApplyAsync(desired, cancellationToken: Now);
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "site a, newer\n"))), cancellationToken: Now);
        Path.Exists(link).ShouldBeFalse();

        await _host.ApplyAsync(desired, new PlanOptions { NamedUnits = ["a.example"] }, Now);
        _host.Commands.LiveConfiguration().ShouldStartWith("site a\n");
    }

    [Fact]
    public async Task A_refused_domain_keeps_its_last_good_state_and_the_others_go_live()
    {
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "old a\n")), Unit("b.example", Site("b.example", "old b\n"))), cancellationToken: Now);

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "BROKEN a\n")), Unit("b.example", Site("b.example", "new b\n"))), cancellationToken: Now);

        outcome.End.ShouldBe(ApplyEnd.AppliedInPart);
        outcome.Quarantined.Single().Unit.ShouldBe("a.example");
        _host.Commands.LiveConfiguration().ShouldContain("old a");
        _host.Commands.LiveConfiguration().ShouldContain("new b");
        var found = outcome.Diagnostics.Single();
        found.Kind.Id.ShouldBe("APPLY001");
        found.Domain!.Value.ShouldBe("a.example");
        found.Message.ShouldContain("exit code 1: webd: syntax error in /etc/webd/sites-enabled/a.example.conf:1"); // not of the staged copy
        _host.Read("/var/lib/symbiosis/rejected/etc/webd/sites-available/a.example.conf")!.ShouldStartWith("BROKEN a\n");
    }

    [Fact]
    public async Task A_refused_text_is_forgotten_once_the_domain_is_repaired()
    {
        var good = Wants(Unit("a.example", Site("a.example", "old a\n")));
        await _host.ApplyAsync(good, cancellationToken: Now);
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "BROKEN a\n"))), cancellationToken: Now);

        await _host.ApplyAsync(good, cancellationToken: Now);

        Directory.GetFileSystemEntries(_host.Real("/var/lib/symbiosis/rejected")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true, 6)] // all, all but the named one, then the named one alone; each of two culprits is named in turn
    [InlineData(false, 16)] // halves: log2 of 16 for each of two
    public async Task Culprits_are_found_in_few_checks(bool namesFiles, int mostChecks)
    {
        _host.Commands.NamesFiles = namesFiles;
        var units = Enumerable.Range(0, 16).Select(i => Unit($"d{i:00}.example", Site($"d{i:00}.example", i is 3 or 12 ? "BROKEN\n" : "fine\n"))).ToArray();

        var outcome = await _host.ApplyAsync(Wants(units), cancellationToken: Now);

        outcome.Quarantined.Select(held => held.Unit).ShouldBe(["d03.example", "d12.example"]);
        Directory.EnumerateFiles(_host.Real("/etc/webd/sites-enabled")).Count().ShouldBe(14);
        _host.Commands.Checks.ShouldBeLessThanOrEqualTo(mostChecks);
    }

    [Fact]
    public async Task A_broken_host_part_holds_back_the_whole_daemon_and_nothing_else()
    {
        var hostFile = Site("zz-host", "BROKEN host\n");

        var outcome = await _host.ApplyAsync(
            Wants(Unit("a.example", Site("a.example", "site a\n"), Table("a.example", "a\n")), Unit(DesiredUnit.HostUnit, hostFile)), cancellationToken: Now);

        outcome.Quarantined.Select(held => held.Unit).Order(StringComparer.Ordinal).ShouldBe(["(host)", "a.example"]);
        outcome.Diagnostics.Single().Path.ShouldBe("/etc/webd/sites-available/zz-host.conf"); // said once, of the culprit
        _host.Commands.LiveConfiguration().ShouldBeEmpty();
        _host.Commands.Reloads.ShouldBeEmpty();
        _host.Read("/var/lib/symbiosis/names/a.example").ShouldBe("a\n");
    }

    [Fact]
    public async Task A_configuration_that_was_broken_before_is_not_blamed_on_a_domain()
    {
        _host.Write("/etc/webd/sites-enabled/by-hand.conf", "BROKEN by hand\n");

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "site a\n")), Unit("b.example", Site("b.example", "site b\n"))), cancellationToken: Now);

        outcome.Diagnostics.Single().Kind.Id.ShouldBe("APPLY002");
        outcome.Diagnostics[0].Message.ShouldContain(" /etc/webd/sites-enabled/by-hand.conf:1");
    }

    [Fact]
    public async Task A_checker_that_cannot_run_lets_nothing_of_its_daemon_live()
    {
        _host.Commands.Override = command => command.Program == "/usr/sbin/webd" ? new CommandResult(command, CommandEnd.NotFound, 0, "", "") : null;

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "site a\n"))), cancellationToken: Now);

        outcome.Diagnostics.Single().Kind.Id.ShouldBe("APPLY003");
        _host.Commands.LiveConfiguration().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_daemon_that_cannot_reload_gets_its_old_files_back()
    {
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "old\n"))), cancellationToken: Now);
        var before = _host.Snapshot("/etc");
        _host.Commands.Ran.Clear();
        _host.Commands.Override = command =>
            command.Arguments.Contains("reload") && _host.Commands.LiveConfiguration().Contains("new", StringComparison.Ordinal) ? new CommandResult(command, CommandEnd.Exited, 1, "", "Job failed\n") : null;

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "new\n"), Table("a.example", "a\n"))), cancellationToken: Now);

        outcome.End.ShouldBe(ApplyEnd.AppliedInPart);
        outcome.RolledBack.ShouldBe(["webd"]);
        outcome.Diagnostics.Single().Kind.Id.ShouldBe("APPLY004");
        _host.Snapshot("/etc").ShouldBe(before);
        _host.Commands.Reloads.Count().ShouldBe(2); // with the new files, and with the old ones again
        _host.Read("/var/lib/symbiosis/names/a.example").ShouldBe("a\n");
        _host.Plan(Wants(Unit("a.example", Site("a.example", "new\n"), Table("a.example", "a\n")))).Changes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_daemon_that_does_not_answer_gets_its_old_files_back()
    {
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "old\n"))), cancellationToken: Now);
        _host.Prober.Answer = _ => new ProbeResult(_host.Commands.LiveConfiguration().Contains("new", StringComparison.Ordinal) ? ProbeEnd.NotListening : ProbeEnd.Answered, "");

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "new\n"))), cancellationToken: Now);

        outcome.Diagnostics.Select(found => found.Kind.Id).ShouldBe(["APPLY005"]);
        _host.Commands.LiveConfiguration().ShouldStartWith("old\n");
    }

    [Fact]
    public async Task A_daemon_that_does_not_answer_with_its_old_files_either_is_said_to_be_so()
    {
        _host.Prober.Answer = _ => new ProbeResult(ProbeEnd.WrongAnswer, "500 oops");

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "new\n"))), cancellationToken: Now);

        outcome.Diagnostics.Select(found => found.Kind.Id).ShouldBe(["APPLY005", "APPLY006"]);
    }

    [Fact]
    public async Task A_stopped_daemon_is_not_started_but_said_to_be_stopped()
    {
        _host.Commands.Override = command => command.Arguments.Contains("show") ? new CommandResult(command, CommandEnd.Exited, 0, "inactive\n", "") : null;

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "new\n"))), cancellationToken: Now);

        outcome.End.ShouldBe(ApplyEnd.Applied);
        outcome.Diagnostics.Single().Kind.Id.ShouldBe("APPLY007");
        _host.Commands.Reloads.ShouldBeEmpty();
        _host.Commands.LiveConfiguration().ShouldStartWith("new\n");
    }

    [Fact]
    public async Task CORE_38_a_vanished_domain_loses_its_link_and_tables_and_keeps_its_file_for_its_return()
    {
        var both = Wants(Unit("a.example", Site("a.example", "site a\n"), Table("a.example", "a\n")), Unit("b.example", Site("b.example", "site b\n")));
        await _host.ApplyAsync(both, cancellationToken: Now);
        var whole = _host.Snapshot("/etc", "/var/lib/symbiosis/names");

        var outcome = await _host.ApplyAsync(Wants(Unit("b.example", Site("b.example", "site b\n"))), cancellationToken: Now);

        outcome.Removed.Select(path => path.Value).ShouldBe(["/var/lib/symbiosis/names/a.example", "/etc/webd/sites-enabled/a.example.conf"], ignoreOrder: true);
        outcome.Reloaded.ShouldBe(["webd"]);
        _host.Read("/etc/webd/sites-available/a.example.conf").ShouldNotBeNull();
        _host.Plan(Wants(Unit("b.example", Site("b.example", "site b\n")))).IsEmpty.ShouldBeTrue();

        await _host.ApplyAsync(both, cancellationToken: Now);
        _host.Snapshot("/etc", "/var/lib/symbiosis/names").ShouldBe(whole);
    }

    [Fact]
    public async Task A_table_changed_by_hand_is_put_back_and_the_changed_copy_kept()
    {
        var desired = Wants(Unit("a.example", Table("a.example", "a 1000\n")));
        await _host.ApplyAsync(desired, cancellationToken: Now);
        _host.Write("/var/lib/symbiosis/names/a.example", "a 0\n");

        var plan = _host.Plan(desired);
        await _host.ApplyAsync(desired, cancellationToken: Now);

        plan.Diagnostics.Single().Kind.Id.ShouldBe("PLAN009");
        _host.Read("/var/lib/symbiosis/names/a.example").ShouldBe("a 1000\n");
        _host.Read("/var/lib/symbiosis/kept/var/lib/symbiosis/names/a.example").ShouldBe("a 0\n");
    }

    [Fact]
    public async Task MAIL_171_each_version_of_such_a_table_is_a_second_later_also_after_removal()
    {
        var times = new List<long>();
        for (var version = 0; version < 4; version++)
        {
            var table = Table("a.example", $"version {version}\n") with { AdvancesMtimeBySeconds = true };
            if (version == 3)
                await _host.ApplyAsync(Wants(Unit("a.example"), Unit("b.example", Table("b.example", "b\n"))), cancellationToken: Now);
            await _host.ApplyAsync(Wants(Unit("a.example", table), Unit("b.example", Table("b.example", "b\n"))), cancellationToken: Now);
            times.Add(new DateTimeOffset(File.GetLastWriteTimeUtc(_host.Real("/var/lib/symbiosis/names/a.example"))).ToUnixTimeSeconds());
        }

        times.ShouldBe(times.Distinct().Order());
        times.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_file_gets_its_mode_from_the_first_byte_and_a_changed_mode_is_put_back()
    {
        var desired = Wants(Unit("a.example", Table("a.example", "secret\n") with { Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead }));
        var path = _host.Real("/var/lib/symbiosis/names/a.example");
        await _host.ApplyAsync(desired, cancellationToken: Now);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.GroupRead);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        _host.Plan(desired).Changes.Cast<PlannedChange.WriteFile>().Single().Verdict.ShouldBe(FileVerdict.WrongPermissions);
        await _host.ApplyAsync(desired, cancellationToken: Now);

        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.GroupRead);
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_file_is_never_written_through()
    {
        _host.Write("/etc/passwd", "root\n");
        Directory.CreateDirectory(_host.Real("/etc/webd/sites-available"));
        File.CreateSymbolicLink(_host.Real("/etc/webd/sites-available/a.example.conf"), "/etc/passwd");

        var plan = _host.Plan(Wants(Unit("a.example", Site("a.example", "site a\n"))));

        plan.IsEmpty.ShouldBeTrue();
        plan.Diagnostics.Single().Kind.Id.ShouldBe("PLAN005");
    }

    [Fact]
    public async Task A_host_link_is_made_and_goes_with_what_asked_for_it_but_one_that_was_there_stays()
    {
        _host.Write("/etc/webd/mods-available/lua.load", "load lua\n");
        Directory.CreateDirectory(_host.Real("/etc/webd/mods-enabled"));
        File.CreateSymbolicLink(_host.Real("/etc/webd/mods-enabled/mime.load"), "../mods-available/mime.load");
        DesiredUnit Host(params string[] modules) => new(
            DesiredUnit.HostUnit, [], modules.Select(module => new RenderedLink(HostPath.Parse($"/etc/webd/mods-enabled/{module}.load"), $"../mods-available/{module}.load", "WEB-1", "webd")).ToValueList(), []);

        await _host.ApplyAsync(Wants(Host("lua", "mime")), cancellationToken: Now);
        File.ReadAllText(_host.Real("/etc/webd/mods-enabled/lua.load")).ShouldBe("load lua\n");
        _host.Plan(Wants(Host("lua", "mime"))).IsEmpty.ShouldBeTrue();

        await _host.ApplyAsync(Wants(Host()), cancellationToken: Now);
        Directory.GetFileSystemEntries(_host.Real("/etc/webd/mods-enabled")).Select(entry => Path.GetFileName(entry)).ShouldBe(["mime.load"]);
    }

    [Fact]
    public async Task A_refused_plan_changes_nothing()
    {
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "site a\n"))), cancellationToken: Now);
        var before = _host.Snapshot("/");

        var outcome = await _host.ApplyAsync(Wants(), cancellationToken: Now);

        outcome.End.ShouldBe(ApplyEnd.Refused);
        _host.Snapshot("/").ShouldBe(before);
    }

    [Fact]
    public async Task A_cancelled_apply_undoes_what_it_did()
    {
        await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "old\n"))), cancellationToken: Now);
        var before = _host.Snapshot("/etc");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Now);
        _host.Commands.Override = command =>
        {
            if (command.Arguments.Contains("show"))
                cancel.Cancel(); // everything is swapped in by then
            return null;
        };

        var outcome = await _host.ApplyAsync(Wants(Unit("a.example", Site("a.example", "new\n"))), cancellationToken: cancel.Token);

        outcome.End.ShouldBe(ApplyEnd.Cancelled);
        _host.Snapshot("/etc").ShouldBe(before);
        Path.Exists(_host.Real("/var/lib/symbiosis/journal")).ShouldBeFalse();
    }

    [Fact]
    public async Task CORE_70_a_second_apply_does_not_get_the_lock_until_the_first_ends()
    {
        var first = ApplyLock.TryTake(_host.Files).ShouldNotBeNull();

        ApplyLock.TryTake(_host.Files).ShouldBeNull();
        (await ApplyLock.TakeAsync(_host.Files, TimeSpan.FromMilliseconds(50), TimeProvider.System, Now)).ShouldBeNull();
        var waiting = ApplyLock.TakeAsync(_host.Files, TimeSpan.FromSeconds(30), TimeProvider.System, Now);
        first.Dispose();

        using var second = (await waiting).ShouldNotBeNull();
    }

    [Fact]
    public async Task CORE_70_a_command_waits_for_the_service_also_when_that_has_not_said_yet_who_it_is()
    {
        const string Lock = "/var/lib/symbiosis/lock";
        var clock = new ManualClock();
        ApplyLock.TryTake(_host.Files).ShouldNotBeNull().Dispose(); // by a command, so that is what the file says
        var service = ApplyLock.TryTake(_host.Files, ApplyLock.Service).ShouldNotBeNull();
        File.WriteAllText(_host.Real(Lock + ".new"), "apply\n");
        CopyOver(Lock + ".new", Lock);

        var command = ApplyLock.TakeForCommandAsync(_host.Files, TimeSpan.FromSeconds(30), clock, Now);
        File.WriteAllText(_host.Real(Lock + ".new"), ApplyLock.Service + "\n");
        CopyOver(Lock + ".new", Lock);
        clock.Advance(TimeSpan.FromSeconds(1));
        service.Dispose();
        while (!command.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Yield();
        }

        using var taken = (await command).ShouldNotBeNull();

        // Not by System.IO, which refuses a file that somebody has locked.
        void CopyOver(string from, string to)
        {
            using var copy = System.Diagnostics.Process.Start("/bin/cp", [_host.Real(from), _host.Real(to)]);
            copy.WaitForExit();
        }
    }
}
