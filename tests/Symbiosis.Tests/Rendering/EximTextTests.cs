using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;

namespace Symbiosis.Tests.Rendering;

public sealed class EximTextTests
{
    [Theory]
    [InlineData("host.example.net", "host.example.net")]
    [InlineData("$sender_address", @"\$sender_address")]
    [InlineData("${run{/bin/sh}}", @"\$\{run\{/bin/sh\}\}")]
    [InlineData("a\nbegin acl", @"a\nbegin acl")]
    [InlineData(@"\N", @"\\N")]
    [InlineData("\"quoted\"", @"\""quoted\""")]
    [InlineData(" x ", @"\x20x\x20")]
    [InlineData("x_HAVE_TLS", @"x\_HAVE\_TLS")] // a macro name would be replaced
    [InlineData("\u0007", @"\x07")]
    public void A_value_becomes_a_literal_that_expands_to_itself(string value, string expected) => EximText.Of($"{value}").Value.ShouldBe(expected);

    [Fact]
    public void No_value_escapes_its_place() => Prop.ForAll<NonNull<string>>(value =>
    {
        var text = EximText.Literal(value.Get).Value;
        return !text.Any(c => c < ' ' || c == '\x7f') && Expand(text) == value.Get && text == text.Trim(' ') && !text.StartsWith('"');
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_list_item_with_a_colon_stays_one_item() => EximText.ListItem("2001:db8::1").Value.ShouldBe("2001::db8::::1");

    [Fact]
    public void Text_that_is_Exims_already_is_not_escaped_again() =>
        EximText.Of($"{If(Exists(Raw("/srv/$domain_data")), Raw("yes"), Raw("no"))}").Value.ShouldBe("${if exists{/srv/$domain_data}{yes}{no}}");

    [Fact]
    public void Braces_of_nested_expressions_stay_in_pairs()
    {
        var text = Test(And(Not(Exists(Raw("/a"))), Or(Equal(Raw("$x"), EximText.Literal("}{")), Compare(Raw("1"), "<", Raw("2"))))).Value;

        text.ShouldBe(@"${if and{{!exists{/a}}{or{{eq{$x}{\}\{}}{<{1}{2}}}}}}");
    }

    // What Exim does with a literal: the backslash rules of its specification, section 11.2. A plain dollar or brace must not be there.
    private static string? Expand(string text)
    {
        var result = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '$' or '{' or '}')
                return null;
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            switch (text[i])
            {
                case 'n': result.Append('\n'); break;
                case 'r': result.Append('\r'); break;
                case 't': result.Append('\t'); break;
                case 'x':
                    result.Append((char)Convert.ToInt32(text.Substring(i + 1, 2), 16));
                    i += 2;
                    break;
                default: result.Append(text[i]); break;
            }
        }

        return result.ToString();
    }
}
