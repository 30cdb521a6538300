using Symbiosis.Model;

namespace Symbiosis.Tests;

public sealed class DomainNameTests
{
    [Theory]
    [InlineData("example.com")]
    [InlineData("a.b")]
    [InlineData("_dmarc.example.com")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("1.2.3.x4")]
    public void CORE_2_accepts(string name) => DomainName.TryParse(name, out _).ShouldBeTrue();

    [Theory]
    [InlineData("", "empty")]
    [InlineData("nodots", "no dot")]
    [InlineData("EXAMPLE.com", "upper-case")]
    [InlineData("example.com.", "ends with a dot")]
    [InlineData(".hidden.com", "label is empty")]
    [InlineData("a..b", "label is empty")]
    [InlineData("1.2.3.4", "IP address")]
    [InlineData("-a.com", "begins or ends with '-'")]
    [InlineData("a-.com", "begins or ends with '-'")]
    [InlineData("x.com\n;evil", "control character")]
    [InlineData("a b.com", "character ' '")]
    [InlineData("bücher.example", "character 'ü'")]
    public void CORE_2_refuses_and_says_why(string name, string reason)
    {
        DomainName.TryParse(name, out _).ShouldBeFalse();
        DomainName.FindFault(name)!.ShouldContain(reason);
    }

    [Fact]
    public void CORE_2_limits_labels_to_63_and_names_to_253_characters()
    {
        DomainName.TryParse(new string('a', 63) + ".com", out _).ShouldBeTrue();
        DomainName.TryParse(new string('a', 64) + ".com", out _).ShouldBeFalse();
        DomainName.TryParse(string.Join('.', Enumerable.Repeat("abcdefg", 33)), out _).ShouldBeFalse();
    }

    [Fact]
    public void CORE_2_the_hosts_own_name_needs_no_dot() => DomainName.TryParseHostName("localhost", out _).ShouldBeTrue();
}
