using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Rendering;

namespace Symbiosis.Tests.Rendering;

public sealed class PhpIniWriterTests
{
    [Theory]
    [InlineData("64M", "64M")]
    [InlineData("none", "\"none\"")] // a constant of the scanner
    [InlineData("Yes", "\"Yes\"")]
    [InlineData("", "\"\"")]
    [InlineData("a;b", "\"a;b\"")]
    [InlineData("a=b&c", "\"a=b&c\"")]
    [InlineData("say \"x\"", "\"say \\\"x\\\"\"")]
    [InlineData("end\\", "\"end\\\\\"")]
    public void A_value_is_quoted_where_the_scanner_would_misread_it(string value, string written) => PhpIniWriter.Quote(value).ShouldBe(written);

    [Theory]
    [InlineData("a\nuser = root")]
    [InlineData("${HOME}")]
    public void What_cannot_be_written_is_refused(string value) => Should.Throw<FormatException>(() => PhpIniWriter.Quote(value));

    [Fact]
    public void A_section_or_key_is_a_plain_word()
    {
        Should.Throw<FormatException>(() => new PhpIniWriter().Section("x]\nuser = root"));
        Should.Throw<FormatException>(() => new PhpIniWriter().Set("user = root ;", "x"));
    }

    [Fact]
    public void A_value_never_leaves_its_line_or_its_quotes() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), value =>
        {
            if (value.Get.Any(char.IsControl) || value.Get.Contains("${", StringComparison.Ordinal))
                return;
            var line = new PhpIniWriter().Set("key", value.Get).ToString();
            line.ShouldStartWith("key = ");
            line.Count(c => c == '\n').ShouldBe(1);
            var written = line[6..^1];
            if (written.StartsWith('"'))
                written[1..^1].Replace("\\\\", "", StringComparison.Ordinal).Replace("\\\"", "", StringComparison.Ordinal).ShouldNotContain("\"");
            else
                written.ShouldBe(value.Get);
        }).QuickCheckThrowOnFailure();
}
