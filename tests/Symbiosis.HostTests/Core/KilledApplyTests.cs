using System.Diagnostics;
using Symbiosis.Bench;

namespace Symbiosis.HostTests.Core;

/// <summary>A real process, really killed (signal 9), at moments nobody chose.</summary>
public sealed class KilledApplyTests
{
    private const int Kills = 1000;

    // A victim should live for one round on average, however busy the computer is: longer when the last one ended none, shorter when it ended several.
    private const double LifeCorrection = 1.1;

    [Fact]
    public async Task CORE_T16_after_each_of_1000_kills_every_generated_file_is_whole()
    {
        var root = Directory.CreateTempSubdirectory("symbiosis-kill-").FullName;
        var texts = ApplyLoop.WholeTexts();
        var chance = new Random(16);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var journals = 0;
        var longestLife = TimeSpan.FromMilliseconds(100);
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                var said = await RunAndKillAsync(root, longestLife * chance.NextDouble());
                longestLife = said.Split("Applied: ").Length - 2 < 1 ? longestLife * LifeCorrection : longestLife / LifeCorrection; // the first round is not in its life
                said.ShouldNotContain("warning", customMessage: $"kill {kill}");
                said.ShouldNotContain("error", customMessage: $"kill {kill}");
                journals += File.Exists(root + "/var/lib/symbiosis/journal") ? 1 : 0;
                foreach (var (path, whole) in texts)
                {
                    if (!File.Exists(root + path))
                        continue;
                    var text = await File.ReadAllTextAsync(root + path, TestContext.Current.CancellationToken);
                    whole.ShouldContain(text, $"kill {kill}: {path}");
                    seen.Add(text);
                }
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        // The test would be worth nothing if the process were always killed before or after its work.
        journals.ShouldBeGreaterThan(Kills / 20);
        seen.Count.ShouldBe(texts.Values.SelectMany(versions => versions).Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task<string> RunAndKillAsync(string root, TimeSpan life)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Symbiosis.Bench.dll"), "apply-for-ever", root },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        };
        using var victim = Process.Start(start).ShouldNotBeNull();
        var error = victim.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        // Its life begins when its first round is over: the runtime's own start is of no interest.
        var first = await victim.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        var rest = victim.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var end = new CancellationTokenSource(life);
        try
        {
            await victim.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            victim.Kill(); // SIGKILL
        }

        await victim.WaitForExitAsync(TestContext.Current.CancellationToken);
        return first + "\n" + await rest + await error;
    }
}
