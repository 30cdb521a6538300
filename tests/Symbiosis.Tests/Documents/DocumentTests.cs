using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Cli;
using Symbiosis.Cli.Documents;
using Symbiosis.Cli.Verbs;
using Symbiosis.Services;
using Command = System.CommandLine.Command;

namespace Symbiosis.Tests.Documents;

/// <summary>Manual pages and completion are made from what also parses the command line and reads the tree.</summary>
public sealed class DocumentTests
{
    private static readonly VerbDescription Program = VerbDescription.Of(new RootCommand("Does things.")
    {
        new Command("plan", "Show what would change.") { new Argument<string[]>("DOMAIN") { Arity = ArgumentArity.ZeroOrMore }, new Option<bool>("--json") },
        new Command("domain", "Domains.")
        {
            new Command("create", "Make one: [quickly] it's easy.") { new Argument<string>("NAME"), new Option<string>("--prefix", "-p") { Description = "Where." } },
        },
        new Command("concealed", "For packages.") { Hidden = true },
    });

    [Fact]
    public void Every_exit_code_is_in_the_manual_page()
    {
        var codes = typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (int)field.GetRawConstantValue()!); // constants have values
        CommandPage.ExitCodes.Select(entry => entry.Code).ShouldBe(codes, ignoreOrder: true);
    }

    [Fact]
    public void Every_verb_argument_and_option_is_in_the_manual_page()
    {
        var page = CommandPage.Render(Program, "1.0");

        page.ShouldContain(@".SS ""plan [DOMAIN...]""");
        page.ShouldContain(@".SS ""domain create NAME""");
        page.ShouldContain(@".B ""\-\-prefix, \-p PREFIX""");
        page.ShouldContain(@".B ""\-\-json""");
    }

    [Fact]
    public void Every_declared_setting_is_in_the_page_of_the_tree()
    {
        var page = TreePage.Render(ServiceCatalog.All, "1.0");
        foreach (var setting in ServiceCatalog.All.SelectMany(module => module.Settings))
            page.ShouldContain(setting.Path.Replace("-", @"\-", StringComparison.Ordinal));
    }

    [Fact]
    public void A_hidden_verb_is_in_no_document()
    {
        foreach (var kind in (string[])["command", "tree", "bash", "zsh"])
            DocumentVerb.Render(kind, Program).ShouldNotContain("concealed");
    }

    [Fact]
    public void No_text_becomes_a_request_of_the_page() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), Gen.Elements("", ".", "'", @"\").ToArbitrary(), (text, start) =>
        {
            var lines = new Roff("x", 1, "1").Paragraph(start + text.Get).ToString().Split('\n');
            return lines is [_, ".nh", ".PP", var paragraph, ""] && paragraph is not ['.' or '\'', ..] && !paragraph.Replace(@"\-", "").Replace(@"\e", "").Replace(@"\&", "").Contains('\\');
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(new[] { "" }, new[] { "plan", "domain", "--version", "--help" })]
    [InlineData(new[] { "do" }, new[] { "domain" })]
    [InlineData(new[] { "plan", "--" }, new[] { "--json", "--help" })]
    [InlineData(new[] { "domain", "" }, new[] { "create", "--help" })]
    [InlineData(new[] { "domain", "create", "--p" }, new[] { "--prefix" })]
    [InlineData(new[] { "--json", "pl" }, new[] { "plan" })]
    public void Bash_offers_what_can_follow(string[] words, string[] offered)
    {
        var typed = string.Join(' ', words.Select(word => $"'{word}'"));
        var script = $"{BashCompletion.Render(Program)}\nCOMP_WORDS=(symbiosis {typed})\nCOMP_CWORD={words.Length}\n_symbiosis\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n";
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", "--norc") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!; // null only with the shell
        bash.StandardInput.Write(script);
        bash.StandardInput.Close();

        bash.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(offered, ignoreOrder: true);
        bash.WaitForExit();
    }

    [Fact]
    public void Zsh_descriptions_cannot_end_their_brackets()
    {
        var script = ZshCompletion.Render(Program);
        script.ShouldContain(@"'create:Make one: [quickly] it'\''s easy.'");
        script.ShouldContain("'--prefix[Where.]:PREFIX:'");
        script.ShouldContain("'*:DOMAIN:_symbiosis_domains'");
    }
}
