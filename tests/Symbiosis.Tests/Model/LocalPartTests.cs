using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Model;

namespace Symbiosis.Tests.Model;

public sealed class LocalPartTests
{
    [Theory]
    [InlineData("bob")]
    [InlineData("b")]
    [InlineData("bob.smith")]
    [InlineData("o'brien")]
    [InlineData("a-b_c=d&e~f")]
    [InlineData("1")]
    [InlineData("-x")]
    public void MAIL_3_legal_names(string name) => LocalPart.TryParse(name, out _).ShouldBeTrue();

    [Theory]
    [InlineData("", "empty")]
    [InlineData(".bob", "begins with a dot")]
    [InlineData("a@b", "'@'")]
    [InlineData("a%b", "'%'")]
    [InlineData("a!b", "'!'")]
    [InlineData("a/b", "'/'")]
    [InlineData("a|b", "'|'")]
    [InlineData("Bob", "upper-case")] // MAIL-4
    [InlineData("a+b", "suffix")] // MAIL-5
    [InlineData("a:b", "':'")] // separates the fields of Dovecot's tables
    [InlineData("#bob", "'#'")] // would be a comment there
    [InlineData("john doe", "' '")]
    [InlineData("a\nb", "control character")]
    [InlineData("müller", "'ü'")]
    public void MAIL_3_to_5_other_names_say_why(string name, string reason) => LocalPart.FindFault(name).ShouldNotBeNull().ShouldContain(reason);

    [Fact]
    public void A_local_part_has_at_most_64_characters()
    {
        LocalPart.TryParse(new string('a', 64), out _).ShouldBeTrue();
        LocalPart.TryParse(new string('a', 65), out _).ShouldBeFalse();
    }

    [Fact]
    public void Any_text_is_either_a_local_part_or_has_a_fault() =>
        Prop.ForAll<NonNull<string>>(text => LocalPart.TryParse(text.Get, out var name) ? name.Value == text.Get : LocalPart.FindFault(text.Get) is not null).QuickCheckThrowOnFailure();
}
