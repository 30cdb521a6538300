using Symbiosis.Applying;
using Symbiosis.Planning;
using Symbiosis.Tests.Support;
using static Symbiosis.Tests.Support.ScratchHost;

namespace Symbiosis.Tests.Applying;

public sealed class MergerTests : IDisposable
{
    private const string Path = "/etc/webd/sites-available/a.example.conf";

    private readonly ScratchHost _host = new();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task An_edit_survives_a_new_generated_text_and_is_still_known_as_an_edit()
    {
        await GenerateAndEditAsync("one\ntwo\nthree\nfour\n", "two", "TWO");
        var next = Wanted("one\ntwo\nthree\nfour and more\n");

        var outcome = await MergeAsync(next);

        outcome.Applied!.End.ShouldBe(ApplyEnd.Applied);
        outcome.Applied.Reloaded.ShouldBe(["webd"]);
        _host.Read(Path)!.ShouldStartWith("one\nTWO\nthree\nfour and more\n# Checksum MD5 ");
        _host.Reopen();
        var plan = _host.Plan(next);
        plan.IsEmpty.ShouldBeTrue();
        plan.LeftAlone.Single().Verdict.ShouldBe(FileVerdict.Edited); // no merge is due any more
        (await MergeAsync(next)).Merge.ShouldBeOfType<FileMerge.UpToDate>();

        // and again, from the new base
        await MergeAsync(Wanted("zero\none\ntwo\nthree\nfour and more\n"));
        _host.Read(Path)!.ShouldStartWith("zero\none\nTWO\nthree\nfour and more\n");
    }

    [Fact]
    public async Task A_conflict_is_explained_and_leaves_the_live_file_alone_until_it_is_resolved()
    {
        var edited = await GenerateAndEditAsync("one\ntwo\nthree\n", "two", "TWO");
        var next = Wanted("one\n2\nthree\n");

        var outcome = await MergeAsync(next);

        outcome.Merge.ShouldBeOfType<FileMerge.Conflicted>().Conflicts.Single().ToString()
            .ShouldBe($"{Path}:2: error PLAN012: was edited here, and what is generated changed the same lines: yours is 'TWO', generated is '2'");
        _host.Read(Path).ShouldBe(edited);
        var side = outcome.SideFile!.Value;
        _host.Read(side)!.ShouldStartWith("one\n<<<<<<< edited by hand\nTWO\n||||||| generated before\ntwo\n=======\n2\n>>>>>>> generated now\nthree\n# Checksum MD5 ");
        (await MergeAsync(next)).Merge.ShouldBeOfType<FileMerge.Conflicted>(); // the markers are still in it

        var footer = _host.Read(side)!.Split('\n')[^2];
        _host.Write(side, $"one\nTWO and 2\nthree\n{footer}\n");
        (await MergeAsync(next)).Applied!.End.ShouldBe(ApplyEnd.Applied);

        _host.Read(Path)!.ShouldStartWith("one\nTWO and 2\nthree\n");
        _host.Read(side).ShouldBeNull();
        _host.Plan(next).LeftAlone.Single().Verdict.ShouldBe(FileVerdict.Edited);
    }

    [Fact]
    public async Task A_resolution_for_an_older_text_is_not_used()
    {
        await GenerateAndEditAsync("one\ntwo\nthree\n", "two", "TWO");
        var side = (await MergeAsync(Wanted("one\n2\nthree\n"))).SideFile!.Value;
        var footer = _host.Read(side)!.Split('\n')[^2];
        _host.Write(side, $"resolved\n{footer}\n");

        (await MergeAsync(Wanted("one\ntwo!\nthree\n"))).Merge.ShouldBeOfType<FileMerge.Conflicted>();
    }

    [Fact]
    public async Task An_edit_that_the_generator_caught_up_with_is_ours_again()
    {
        await GenerateAndEditAsync("one\ntwo\n", "two", "TWO");
        var next = Wanted("one\nTWO\n");

        await MergeAsync(next);

        _host.Plan(next).LeftAlone.ShouldBeEmpty();
        _host.Plan(next).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_merge_the_checker_refuses_changes_nothing()
    {
        var edited = await GenerateAndEditAsync("one\ntwo\nthree\n", "two", "BROKEN");

        var outcome = await MergeAsync(Wanted("one\ntwo\nthree\nfour\n"));

        outcome.Applied!.Quarantined.Count.ShouldBe(1);
        _host.Read(Path).ShouldBe(edited);
        _host.Plan(Wanted("one\ntwo\nthree\nfour\n")).LeftAlone.Single().Verdict.ShouldBe(FileVerdict.EditedAndOutOfDate);
    }

    private static DesiredState Wanted(string content) => Wants(Unit("a.example", Site("a.example", content)));

    private async Task<string> GenerateAndEditAsync(string content, string from, string to)
    {
        await _host.ApplyAsync(Wanted(content), cancellationToken: Now);
        var edited = _host.Read(Path)!.Replace(from, to, StringComparison.Ordinal); // just applied
        _host.Write(Path, edited);
        return edited;
    }

    private async Task<MergeOutcome> MergeAsync(DesiredState desired)
    {
        using var held = ApplyLock.TryTake(_host.Files).ShouldNotBeNull();
        return await new Merger(_host.Files, _host.Store, _host.Applier).MergeAsync(held, _host.Plan(desired).LeftAlone.Single(), desired.Daemons, new ApplyOptions(), progress: null, Now);
    }
}
