using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Services.Mail;

namespace Symbiosis.Tests.Services.Mail;

public sealed class AccessListTests
{
    [Theory]
    [InlineData(AccessSubject.Ip, "192.168.1.2", "192.168.1.2")]
    [InlineData(AccessSubject.Ip, "  192.168.2.0/24 # office", "192.168.2.0/24")]
    [InlineData(AccessSubject.Ip, "192.168.2.7/24", "192.168.2.0/24")]
    [InlineData(AccessSubject.Ip, "2001:DB8::1", "2001:db8::1")]
    [InlineData(AccessSubject.Ip, "2001:db8::/32", "2001:db8::/32")]
    [InlineData(AccessSubject.HostName, "Mail.Spammer.Example", "mail.spammer.example")]
    [InlineData(AccessSubject.HostName, "*.blacklisted.cloud", "*.blacklisted.cloud")]
    [InlineData(AccessSubject.HostName, "*.cloud", "*.cloud")]
    [InlineData(AccessSubject.HostName, @"^dyn-[0-9]+\.", @"^dyn-[0-9]+\.")]
    [InlineData(AccessSubject.Sender, "Evil@Example.com", "evil@example.com")]
    [InlineData(AccessSubject.Sender, "*@blacklisted.domain", "*@blacklisted.domain")]
    [InlineData(AccessSubject.Sender, "blacklisted.domain", "blacklisted.domain")]
    [InlineData(AccessSubject.Sender, "*.blacklisted.domain", "*.blacklisted.domain")]
    [InlineData(AccessSubject.Sender, @"^evil@.*\.blacklisted\.domain$", @"^evil@.*\.blacklisted\.domain$")]
    [InlineData(AccessSubject.Sender, "a+b@example.com", "a+b@example.com")]
    internal void MAIL_92_items(AccessSubject subject, string line, string item)
    {
        var list = AccessList.Parse("# a remark\n\n" + line + "\r\n", subject);

        list.Items.ShouldBe([item]);
        list.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(AccessSubject.Ip, "1")]
    [InlineData(AccessSubject.Ip, "192.168.1.0/33")]
    [InlineData(AccessSubject.Ip, "10/8")]
    [InlineData(AccessSubject.Ip, "fe80::1%eth0")]
    [InlineData(AccessSubject.Ip, "mail.example.com")]
    [InlineData(AccessSubject.Ip, "^192")]
    [InlineData(AccessSubject.HostName, "/etc/shadow")]
    [InlineData(AccessSubject.HostName, "lsearch;/etc/shadow")]
    [InlineData(AccessSubject.HostName, "!good.example")]
    [InlineData(AccessSubject.HostName, "+symbiosis_relay_hosts")]
    [InlineData(AccessSubject.HostName, "*")]
    [InlineData(AccessSubject.Sender, "!friend@example.com")]
    [InlineData(AccessSubject.Sender, "@@lsearch;/etc/passwd")]
    [InlineData(AccessSubject.Sender, "friend@")]
    [InlineData(AccessSubject.Sender, "@example.com")]
    [InlineData(AccessSubject.Sender, "^unclosed(")]
    [InlineData(AccessSubject.Sender, @"^a\N${run{/bin/sh}}")]
    internal void A_line_that_is_nothing_known_is_left_out_and_told(AccessSubject subject, string line)
    {
        var list = AccessList.Parse("\n" + line + "\n", subject);

        list.Items.ShouldBeEmpty();
        list.Faults.ShouldHaveSingleItem().Line.ShouldBe(2);
    }

    [Fact]
    public void Nothing_gets_into_Exims_list_that_would_be_read_as_more_than_one_item()
    {
        Prop.ForAll<string?>(text =>
        {
            foreach (var subject in Enum.GetValues<AccessSubject>())
            {
                foreach (var item in AccessList.Parse(text ?? "", subject).Items)
                {
                    item.ShouldNotContain("\n");
                    item[0].ShouldNotBeOneOf('/', '!', '+', '#', ' ', '@', '<');
                }
            }
        }).QuickCheckThrowOnFailure();
    }
}
