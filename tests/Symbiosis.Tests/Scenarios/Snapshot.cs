using Symbiosis.Planning;

namespace Symbiosis.Tests.Scenarios;

/// <summary>
/// Compares what came out with what is expected, and shows a difference. With <c>SYMBIOSIS_ACCEPT=1</c> in the environment what came out becomes what is expected; look at it before
/// committing.
/// </summary>
internal static class Snapshot
{
    public static void Compare(Scenario scenario, IReadOnlyDictionary<string, string> actual)
    {
        if (Environment.GetEnvironmentVariable("SYMBIOSIS_ACCEPT") == "1")
        {
            if (Directory.Exists(scenario.Expected))
                Directory.Delete(scenario.Expected, recursive: true);
            Write(scenario.Expected, actual);
            return;
        }

        var expected = Read(scenario.Expected);
        var differences = new List<string>();
        foreach (var path in expected.Keys.Union(actual.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var before = expected.GetValueOrDefault(path, "");
            var after = actual.GetValueOrDefault(path, "");
            if (before != after)
                differences.Add($"--- expected/{path}\n+++ actual/{path}\n{string.Join('\n', UnifiedDiff.Lines(before, after))}");
        }

        if (differences.Count == 0)
            return;
        var beside = Path.Combine(Symbiosis.Tests.Support.Repository.Root, "artifacts/scenarios", scenario.Name);
        if (Directory.Exists(beside))
            Directory.Delete(beside, recursive: true);
        Write(beside, actual);
        Assert.Fail($"{scenario.Name} came out differently; what came out is in {beside}\n\n{string.Join("\n\n", differences)}");
    }

    // An empty file is not written: a scenario without findings has no file of them.
    private static void Write(string directory, IReadOnlyDictionary<string, string> files)
    {
        foreach (var (path, content) in files.Where(file => file.Value.Length > 0))
        {
            var target = Path.Combine(directory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!); // below the directory
            File.WriteAllText(target, content);
        }
    }

    private static Dictionary<string, string> Read(string directory) =>
        Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = default }).ToDictionary(path => path[(directory.Length + 1)..], File.ReadAllText, StringComparer.Ordinal)
            : [];
}
