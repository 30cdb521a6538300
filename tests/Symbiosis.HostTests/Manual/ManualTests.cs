using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Manual;

/// <summary>Types what each chapter of the manual shows, on a fresh host, and compares what comes out: the manual cannot lie.</summary>
public sealed class ManualTests(Sites sites) : HostTest(sites)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static string Folder => Path.Combine(RigScript.Checkout, "docs/manual");

    public static IEnumerable<TheoryDataRow<string, Debian>> Chapters =>
        from chapter in Directory.GetFiles(Folder, "*.md").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)
        from release in ReleasesAttribute.UnderTest
        select new TheoryDataRow<string, Debian>(chapter, release);

    [Theory]
    [MemberData(nameof(Chapters))]
    public async Task What_a_chapter_shows_is_what_happens(string chapter, Debian release)
    {
        var commands = Transcript.Read(await File.ReadAllTextAsync(Path.Combine(Folder, chapter + ".md"), TestContext.Current.CancellationToken));
        commands.ShouldNotBeEmpty();
        var host = (await OwnSiteAsync(release)).Host;

        foreach (var command in commands)
        {
            var shell = command.ByRoot ? host : host.Admin;
            if (command.Output.Length == 0)
            {
                await shell.ShellAsync(command.Text);
                continue;
            }

            // What follows from the files is there soon, not at once.
            await Eventually.BecomesAsync(
                async () => (await shell.TryRunAsync(["bash", "-c", command.Text])) is var outcome ? $"{command}\n{outcome.Output}{outcome.Error}" : "",
                shown => command.IsAnsweredBy(shown[(shown.IndexOf('\n', StringComparison.Ordinal) + 1)..]),
                Soon);
        }
    }

    [Fact]
    public void A_transcript_knows_who_types_and_what_is_said()
    {
        var commands = Transcript.Read("text\n\n```console\n$ ls\na\nb\n# id …\nuid=…\n```\n\n```\n$ not this\n```\n");

        commands.ShouldBe([new(false, "ls", "a\nb\n"), new(true, "id …", "uid=…\n")]);
        commands[1].IsAnsweredBy("uid=0(root)\n").ShouldBeTrue();
        commands[0].IsAnsweredBy("a\nb\nc\n").ShouldBeFalse();
    }
}
