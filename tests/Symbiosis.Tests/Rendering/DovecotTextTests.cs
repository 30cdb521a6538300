using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Rendering;

namespace Symbiosis.Tests.Rendering;

public sealed class DovecotTextTests
{
    [Theory]
    [InlineData("host.example.net", "\"host.example.net\"")]
    [InlineData("a\"b", "\"a\\\"b\"")]
    [InlineData("back\\slash", "\"back\\\\slash\"")]
    [InlineData("100%", "\"100%%\"")]
    [InlineData("</etc/shadow", "\"</etc/shadow\"")]
    [InlineData("} passdb {", "\"} passdb {\"")]
    public void A_value_stands_in_quotes(string value, string expected) => DovecotText.Of($"{value}").Value.ShouldBe(expected);

    [Fact]
    public void No_value_escapes_its_quotes() => Prop.ForAll<NonNull<string>>(value =>
    {
        if (value.Get.Any(char.IsControl))
            return Should.Throw<ArgumentException>(() => DovecotText.Quoted(value.Get)) is not null;
        var text = DovecotText.Quoted(value.Get).Value;
        return text[0] == '"' && text[^1] == '"' && Unquote(text[1..^1]) == value.Get;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("/var/lib/symbiosis/mail/users", true)]
    [InlineData("/tmp/a b", false)]
    [InlineData("/tmp/$x", false)]
    [InlineData("x\n}", false)]
    [InlineData("", false)]
    public void A_bare_word_has_no_character_that_means_something(string value, bool allowed)
    {
        if (allowed)
            DovecotText.Word(value).Value.ShouldBe(value);
        else
            Should.Throw<ArgumentException>(() => DovecotText.Word(value));
    }

    // Null when a quote is open or a per cent sign would name a variable.
    private static string? Unquote(string text)
    {
        var result = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' || (text[i] == '%' && (i + 1 == text.Length || text[++i] != '%')))
                return null;
            if (text[i] == '\\' && ++i == text.Length)
                return null;
            result.Append(text[i]);
        }

        return result.ToString();
    }
}
