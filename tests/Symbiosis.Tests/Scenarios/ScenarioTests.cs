using System.Text;
using Symbiosis.Applying;
using Symbiosis.Planning;
using Symbiosis.Rendering;

namespace Symbiosis.Tests.Scenarios;

/// <summary>Runs every directory of this folder through the whole program. Adding a scenario needs no code.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenario.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_scenario_comes_out_as_expected(string name)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var scenario = Scenario.Load(name);
        using var host = new ScenarioHost(scenario);
        await PutTreesAsync(host, scenario, cancellationToken);
        var planned = await host.PlanAsync(cancellationToken);
        Snapshot.Compare(scenario, Outcome(planned));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_second_run_plans_nothing(string name)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var scenario = Scenario.Load(name);
        using var host = new ScenarioHost(scenario);
        await PutTreesAsync(host, scenario, cancellationToken);
        await ApplyAsync(host, cancellationToken);
        await ApplyAsync(host, cancellationToken); // what the first changed in the tree itself

        var second = await host.PlanAsync(cancellationToken);
        (second.Plan is null || second.Plan.IsEmpty || second.Plan.Refusal is not null).ShouldBeTrue(second.PlanText);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_order_of_entries_on_disk_changes_nothing(string name)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var scenario = Scenario.Load(name);
        using var host = new ScenarioHost(scenario);
        await PutTreesAsync(host, scenario, cancellationToken);
        using var reversed = new ScenarioHost(scenario, isReversed: true);
        await PutTreesAsync(reversed, scenario, cancellationToken);

        Outcome(await reversed.PlanAsync(cancellationToken)).ShouldBe(Outcome(await host.PlanAsync(cancellationToken)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_hand_edited_file_survives(string name)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var scenario = Scenario.Load(name);
        using var host = new ScenarioHost(scenario);
        await PutTreesAsync(host, scenario, cancellationToken);
        var first = await host.PlanAsync(cancellationToken);
        var files = first.Changes.OfType<PlannedChange.WriteFile>().Where(write => write.File.Role == FileRole.Configuration).ToList();
        await ApplyAsync(host, cancellationToken);
        foreach (var file in files)
            host.Write(file.Path.Value, host.Read(file.Path.Value) + $"{file.File.CommentMark} mine\n");
        await ApplyAsync(host, cancellationToken);

        foreach (var file in files)
            host.Read(file.Path.Value).ShouldNotBeNull().ShouldEndWith($"{file.File.CommentMark} mine\n");
    }

    private static async Task PutTreesAsync(ScenarioHost host, Scenario scenario, CancellationToken cancellationToken)
    {
        if (scenario.HasBefore || !scenario.ShowsHost)
        {
            if (scenario.HasBefore)
                host.PutTree("before");
            else
                host.PutEmptyTree(); // what a fresh host has is in place, so that the plan is of the tree alone
            await ApplyAsync(host, cancellationToken);
            await ApplyAsync(host, cancellationToken);
        }

        host.PutTree("tree");
    }

    private static async Task ApplyAsync(ScenarioHost host, CancellationToken cancellationToken)
    {
        var planned = await host.PlanAsync(cancellationToken);
        if (planned.Plan is { Refusal: null })
        {
            var outcome = await host.ApplyAsync(planned, cancellationToken);
            outcome.End.ShouldBeOneOf([ApplyEnd.Applied, ApplyEnd.NothingToDo], string.Join('\n', outcome.Diagnostics));
        }
    }

    // By path below expected/. Texts of the host's own files have tests of their own, beside their writers.
    private static SortedDictionary<string, string> Outcome(PlannedHost planned)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["plan"] = planned.PlanText,
            ["findings"] = string.Concat(planned.Findings.Select(line => line + "\n")),
            ["files"] = planned.FilesText,
        };
        foreach (var write in planned.Changes.OfType<PlannedChange.WriteFile>().Where(write => write.Unit != DesiredUnit.HostUnit))
            files["disk" + write.Path.Value] = Encoding.UTF8.GetString(write.Content.Span);
        return files;
    }
}
