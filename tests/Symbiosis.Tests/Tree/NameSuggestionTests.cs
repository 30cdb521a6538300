using Symbiosis.Tree;

namespace Symbiosis.Tests.Tree;

public sealed class NameSuggestionTests
{
    [Theory]
    [InlineData("mailbox-qouta", "mailbox-quota")] // two letters swapped
    [InlineData("alaises", "aliases")]
    [InlineData("alias", "aliases")]
    [InlineData("default-forward", "default_forward")]
    [InlineData("SSL-Only", "ssl-only")]
    [InlineData("ssl_only", "ssl-only")]
    [InlineData("sslonly", "ssl-only")]
    [InlineData("ipz", "ips")]
    [InlineData("crontabs", "crontab")]
    [InlineData("antispm", "antispam")]
    [InlineData("ftp-passwd", "ftp-password")]
    [InlineData("dkim.kye", "dkim.key")]
    public void A_slip_of_the_pen_is_recognised(string wrong, string meant) => NameSuggestion.FindNearest(wrong, ReservedNames.InConfig).ShouldBe(meant);

    [Theory]
    [InlineData("README")]
    [InlineData("notes")]
    [InlineData("backup")]
    [InlineData("x")]
    [InlineData("html")]
    [InlineData("todo")]
    public void A_name_of_somebodys_own_is_no_slip(string name) => NameSuggestion.FindNearest(name, ReservedNames.InConfig).ShouldBeNull();

    [Theory]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("abc", "ab", 1)]
    [InlineData("abc", "xabc", 1)]
    [InlineData("a_b", "a-b", 1)]
    [InlineData("ABC", "abc", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_counts_slips(string left, string right, int slips)
    {
        NameSuggestion.Distance(left, right).ShouldBe(slips);
        NameSuggestion.Distance(right, left).ShouldBe(slips);
    }
}
