using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Packaging;

/// <summary><c>./try</c>: everything the tour claims comes true, and nothing of it stays.</summary>
public sealed class TryScriptTests
{
    [Theory, Releases]
    public async Task The_tour_keeps_its_promises_and_takes_its_machines_away(Debian release)
    {
        // The packages that the other tests use at this moment must stay where they are.
        var tour = await RigScript.RunAsync("../try", ["--once", "--built", "--debian", $"{(int)release}"], input: null, TimeSpan.FromMinutes(20), TestContext.Current.CancellationToken);

        tour.ExitCode.ShouldBe(0, $"{tour}\nLogs of the machines: artifacts/machines/try and try-world");
        tour.Output.ShouldContain("ann has bob's answer");
        foreach (var machine in (string[])["try", "try-world"])
            (await RigScript.RunAsync("run", ["--user", "root", machine, "true"], input: null, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)).Error.ShouldContain($"the machine {machine} is not running");
    }
}
