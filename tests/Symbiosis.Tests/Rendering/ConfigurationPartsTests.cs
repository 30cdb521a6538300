using System.Text;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Rendering;

public sealed class ConfigurationPartsTests
{
    private static readonly HostPath Directory = HostPath.Parse("/etc/exim4/symbiosis.d");

    [Fact]
    public void CORE_T21_a_snippet_follows_the_part_its_name_says()
    {
        var text = Merge(("10-acl/40-acl-check-mail/10-do-stuff", "  deny senders = bad@example.com\n"));

        text.ShouldContain(
            "acl_check_mail:\n\n" +
            "# ------------------------------------------------------------------------------\n" +
            "# /etc/exim4/symbiosis.d/10-acl/40-acl-check-mail/10-do-stuff\n" +
            "# ------------------------------------------------------------------------------\n\n" +
            "  deny senders = bad@example.com\n\n");
        text.IndexOf("do-stuff", StringComparison.Ordinal).ShouldBeLessThan(text.IndexOf("90-default", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("10-Do-stuff")]
    [InlineData("10-x~")]
    [InlineData("10-x.dpkg-new")]
    [InlineData("10_x")]
    [InlineData("-x")]
    [InlineData("x")]
    public void CORE_42_other_names_are_left_out(string name) => Merge(("10-acl/40-acl-check-mail/" + name, "SNIPPET")).ShouldNotContain("SNIPPET");

    [Fact]
    public void A_snippet_never_replaces_a_part_of_ours()
    {
        var text = ConfigurationParts.Merge(Ours, Directory, Tree(("20-routers/24-vhost-mailbox", "OLD")), out var ignored);

        text.ShouldNotContain("OLD");
        ignored.ShouldBe([HostPath.Parse("/etc/exim4/symbiosis.d/20-routers/24-vhost-mailbox")]);
    }

    [Fact]
    public void CORE_45_the_order_is_bytewise_whatever_the_order_of_reading()
    {
        (string, string)[] snippets = [("50-x/aa", "1"), ("05-x/aa", "2"), ("10-acl/zz", "3")];

        Merge(snippets).ShouldBe(Merge([.. snippets.Reverse()]));
    }

    private static ConfigurationPart[] Ours { get; } =
    [
        new("20-routers/24-vhost-mailbox", "MAILBOX"), new("10-acl/40-acl-check-mail/90-default", "  accept"), new("10-acl/40-acl-check-mail/00-header", "acl_check_mail:"),
    ];

    private static string Merge(params (string Path, string Text)[] snippets) => ConfigurationParts.Merge(Ours, Directory, Tree(snippets), out _);

    private static HostTree Tree(params (string Path, string Text)[] snippets) =>
        new(snippets.Select(snippet => KeyValuePair.Create($"{Directory}/{snippet.Path}", new TreeNode(NodeKind.File) { Content = Encoding.UTF8.GetBytes(snippet.Text) })));
}
