using System.Text.RegularExpressions;
using Symbiosis.Diagnostics;
using Symbiosis.Services;
using Symbiosis.Tests.Support;

namespace Symbiosis.Tests;

/// <summary>The manual says everything the program knows, and nothing it does not (style section 12).</summary>
public sealed partial class ManualTests
{
    private static readonly string _chapters = string.Concat(
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs/manual"), "*.md").Order(StringComparer.Ordinal).Select(File.ReadAllText));

    public static TheoryData<string> DiagnosticIds => [.. DiagnosticCatalog.All.Select(kind => kind.Id)];

    public static TheoryData<string, string> SettingPaths => [.. ServiceCatalog.All.SelectMany(service => service.Settings.Select(setting => (service.Name, setting.Path)))];

    [Theory]
    [MemberData(nameof(DiagnosticIds))]
    public void Every_diagnostic_has_an_entry_in_the_manual(string id) => _chapters.ShouldContain($"`{id}`");

    [Theory]
    [MemberData(nameof(SettingPaths))]
    public void Every_setting_stands_in_the_chapter_of_its_service(string service, string path) =>
        Repository.Read($"docs/manual/{service}.md").ShouldContain(path.Replace("mailboxes/*", "mailboxes/NAME", StringComparison.Ordinal));

    [Fact]
    public void The_manual_mentions_no_diagnostic_that_does_not_exist()
    {
        var known = DiagnosticCatalog.All.Select(kind => kind.Id).ToHashSet(StringComparer.Ordinal);

        DiagnosticId().Matches(_chapters).Select(match => match.Groups["word"].Value).Where(id => !known.Contains(id)).Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void Architecture_names_only_types_and_folders_that_exist()
    {
        var types = typeof(IServiceModule).Assembly.GetTypes().Select(type => type.Name.Split('`')[0])
            .Concat(typeof(IServiceModule).GetMethods().Select(method => method.Name)).ToHashSet(StringComparer.Ordinal);

        CodeWord().Matches(Repository.Read("ARCHITECTURE.md"))
            .Select(match => match.Groups["word"].Value)
            .Where(word => !types.Contains(word) && !Directory.Exists(Path.Combine(Repository.Root, "src/Symbiosis", word)))
            .Distinct()
            .ShouldBeEmpty();
    }

    [GeneratedRegex("`(?<word>[A-Z]{3,6}[0-9]{3})`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DiagnosticId();

    // A word in code marks that looks like a type: one capitalised name without dots, slashes or blanks.
    [GeneratedRegex("`(?<word>[A-Z][a-z]+[A-Za-z]*)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeWord();
}
