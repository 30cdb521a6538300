using Symbiosis.Model;

namespace Symbiosis.Tests.Model;

public sealed class HostPathTests
{
    [Theory]
    [InlineData("/", true)]
    [InlineData("/etc/exim4/exim4.conf", true)]
    [InlineData("/srv/example.com/.hidden", true)]
    [InlineData("/srv/..data/x", true)]
    [InlineData("/srv/x..", true)]
    [InlineData("/srv/bücher", true)]
    [InlineData("", false)]
    [InlineData("etc", false)]
    [InlineData("/etc/", false)]
    [InlineData("//etc", false)]
    [InlineData("/etc//x", false)]
    [InlineData("/etc/.", false)]
    [InlineData("/etc/./x", false)]
    [InlineData("/etc/..", false)]
    [InlineData("/etc/../x", false)]
    [InlineData("/etc/a\nb", false)]
    [InlineData("/etc/a\u007Fb", false)]
    [InlineData("/etc/a\u0085b", false)] // NEL, a control character of C1
    public void A_path_is_absolute_and_has_nothing_that_leads_elsewhere(string text, bool isPath)
    {
        if (isPath)
            HostPath.Parse(text).Value.ShouldBe(text);
        else
            Should.Throw<FormatException>(() => HostPath.Parse(text));
    }
}
