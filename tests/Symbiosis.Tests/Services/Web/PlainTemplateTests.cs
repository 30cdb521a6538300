using Symbiosis.Diagnostics;
using Symbiosis.Services.Web;

namespace Symbiosis.Tests.Services.Web;

public sealed class PlainTemplateTests
{
    private static readonly Dictionary<string, object> _names = new(StringComparer.Ordinal)
    {
        ["name"] = "example.com",
        ["empty"] = "",
        ["on"] = true,
        ["off"] = false,
        ["list"] = new[] { "one", "two" },
        ["none"] = Array.Empty<string>(),
        ["quoted"] = "a \"b\" \\ c",
        ["lines"] = "  first\n  second",
        ["sites"] = new[] { new Dictionary<string, object>(StringComparer.Ordinal) { ["inner"] = "x" }, new Dictionary<string, object>(StringComparer.Ordinal) { ["inner"] = "y" } },
        ["object"] = new Uri("http://example.com/"),
    };

    // Pieces that are put together at random: what the shipped templates are made of, and what surrounds it.
    private static readonly string[] _pieces =
    [
        "text", " ", "\n", "\n\n", "  ", "\t", "{{name}}", "{{quote quoted}}", "{{lines}}", "{{empty}}", "{{object}}", "{{! a remark }}", "{{!x}}", "<A \"b\">", "}", "{", "$1", "#", "&<>'",
        "{{#if name}}", "{{#if empty}}", "{{#if on}}", "{{#if off}}", "{{#if none}}", "{{#if list}}", "{{else}}", "{{/if}}", "{{/if}}", "{{/if}}",
        "{{#each list}}", "{{#each none}}", "{{#each sites}}", "{{this}}", "{{inner}}", "{{../name}}", "{{#each ../list}}", "{{/each}}", "{{/each}}", "{{/each}}",
    ];

    [Theory]
    [InlineData("plain {{name}}\n")]
    [InlineData("{{#if name}}\n{{name}}\n{{/if}}\nend\n")]
    [InlineData("  {{#if off}}\n  x\n  {{else}}\n  y\n  {{/if}}\n")]
    [InlineData("a{{#each list}} {{this}}:80{{/each}}>\n")]
    [InlineData("{{#each sites}}\n\n{{inner}} {{../name}}{{#each ../list}} {{this}}{{/each}}\n{{/each}}\n")]
    [InlineData("{{#each sites}}{{#if ../on}}{{inner}}{{../name}}{{/if}}{{/each}}")]
    [InlineData("{{! alone }}\nx {{! not alone }}\n")]
    [InlineData("ServerName {{quote quoted}}")]
    [InlineData("{{#if none}}no{{else}}none{{/if}}")]
    public void A_template_of_known_parts_is_filled_as_the_library_fills_it(string template) => Plain(template).ShouldNotBeNull().ShouldBe(Library(template));

    [Theory]
    [InlineData("{{unknown}}")]
    [InlineData("{{domain.log_dir}}")]
    [InlineData("{{ name }}")]
    [InlineData("{{{name}}}")]
    [InlineData("{{~name}}")]
    [InlineData("{{#unless on}}x{{/unless}}")]
    [InlineData("{{#each list}}{{@index}}{{/each}}")]
    [InlineData("{{#each list}}{{name}}{{/each}}")]
    [InlineData("{{#if unknown}}x{{/if}}")]
    [InlineData("{{#if name}}x")]
    [InlineData("x{{/if}}")]
    [InlineData("{{#if name}}x{{/each}}")]
    [InlineData("\\{{name}}")]
    [InlineData("{{on}}")]
    [InlineData("{{list}}")]
    [InlineData("{{name")]
    [InlineData("{{}}")]
    [InlineData("{{../name}}")]
    [InlineData("{{name}}\r\n")]
    public void Anything_else_is_left_to_the_library(string template) => Plain(template).ShouldBeNull();

    [Fact]
    public void The_shipped_templates_are_plain() => SiteTemplate.All.ShouldAllBe(template => PlainTemplate.Parse(template.Shipped) != null);

    [Fact]
    public void No_template_is_ever_filled_differently()
    {
        var random = new Random(20261130); // the same in every run, so that a failure can be repeated
        var filled = 0;
        for (var i = 0; i < 30_000; i++)
        {
            var template = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => _pieces[random.Next(_pieces.Length)]));
            if (Plain(template) is not { } text)
                continue;
            filled++;
            text.ShouldBe(Library(template), template);
            if (filled == 400) // the library takes milliseconds for each
                break;
        }

        filled.ShouldBe(400);
    }

    private static string? Plain(string template) => PlainTemplate.Parse(template)?.Fill(_names);

    private static string? Library(string template)
    {
        var diagnostics = new List<Diagnostic>();
        var text = SiteTemplate.NonSsl.FillByLibrary(template, _names, diagnostics);
        diagnostics.ShouldBeEmpty(template);
        return text;
    }
}
