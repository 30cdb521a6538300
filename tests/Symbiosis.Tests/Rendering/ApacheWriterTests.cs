using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Rendering;

namespace Symbiosis.Tests.Rendering;

public sealed class ApacheWriterTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("/srv/example.com/public/htdocs", "/srv/example.com/public/htdocs")]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("a\"b", "\"a\\\"b\"")]
    [InlineData("ends with \\", "\"ends with \\\\\"")]
    [InlineData("</VirtualHost>", "\"</VirtualHost>\"")]
    [InlineData("#no comment", "\"#no comment\"")]
    public void An_argument_is_quoted_where_it_must_be(string value, string written) => ApacheWriter.Quote(value).ShouldBe(written);

    [Theory]
    [InlineData("a\nRequire all granted")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    [InlineData("${HOME}")] // Apache replaces it wherever it stands
    public void What_cannot_be_written_is_refused(string value)
    {
        Should.Throw<FormatException>(() => ApacheWriter.Quote(value));
        Should.Throw<FormatException>(() => new ApacheWriter().Rewrite("RewriteRule", "^", value));
        Should.Throw<FormatException>(() => new ApacheWriter().Comment("first ${x}\r"));
    }

    [Theory]
    [InlineData("a\"b")] // mod_rewrite ends the argument at the quote
    [InlineData("ends with \\")]
    public void mod_rewrite_knows_no_escapes_in_quotes(string value) => Should.Throw<FormatException>(() => new ApacheWriter().Rewrite("RewriteCond", value, "x"));

    [Fact]
    public void Apache_reads_every_argument_back_as_it_was() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), values =>
        {
            var writable = values.Select(value => value ?? "").Where(value => !value.Any(char.IsControl) && !value.Contains("${", StringComparison.Ordinal)).ToArray();
            var text = new ApacheWriter().Directive("Directive", writable).ToString();
            text.Count(c => c == '\n').ShouldBe(1);
            ReadWords(text.TrimEnd('\n')).ShouldBe(["Directive", .. writable]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_value_ends_its_section_or_its_comment() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), value =>
        {
            if (value.Get.Any(char.IsControl) || value.Get.Contains("${", StringComparison.Ordinal))
                return;
            var lines = new ApacheWriter().Comment(value.Get).Section("Directory", value.Get, inner => inner.Directive("Require", value.Get)).ToString().Split('\n');
            lines.Length.ShouldBe(5);
            lines[0].ShouldStartWith("#");
            lines[0].ShouldNotEndWith("\\");
            lines[3].ShouldBe("</Directory>");
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("host.example.net", @"host\.example\.net")]
    [InlineData("a-b_c.example", @"a-b_c\.example")]
    public void A_literal_becomes_a_pattern_for_itself(string literal, string pattern) => ApacheWriter.Pattern(literal).ShouldBe(pattern);

    // As Apache's ap_getword_conf reads a line.
    private static List<string> ReadWords(string line)
    {
        var words = new List<string>();
        for (var i = 0; i < line.Length;)
        {
            if (IsSpace(line[i]))
            {
                i++;
                continue;
            }

            var word = new StringBuilder();
            char? quote = line[i] is '"' or '\'' ? line[i++] : null;
            while (i < line.Length && (quote is null ? !IsSpace(line[i]) : line[i] != quote))
            {
                if (line[i] == '\\' && i + 1 < line.Length && (line[i + 1] == '\\' || line[i + 1] == quote))
                    i++;
                word.Append(line[i++]);
            }

            if (quote is not null)
                i++;
            words.Add(word.ToString());
        }

        return words;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t'; // isspace(3) in the C locale, without what a line cannot hold
}
