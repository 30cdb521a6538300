using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Services.Mail;

namespace Symbiosis.Tests.Services.Mail;

public sealed class MailQueueTests
{
    [Fact]
    public void The_list_of_both_Exims_is_read()
    {
        var queue = MailQueue.Parse(
            """
             0m   32K 1xUnWK-0000CW-0u <x@ok.test>
                      alice@example.com
                    D bob@example.com

            27h  2.9K 1xUnWQ-000000000Cp-0wvo <> *** frozen ***
                      D+x@example.com

             3d   514 1xUnWK-0000Ca-1l (admin) <admin@host.example.net>
                      later@elsewhere.test

            """);

        queue.Select(message => (message.Id, message.Age, message.Size, message.Sender, message.IsFrozen, string.Join(' ', message.Recipients))).ShouldBe(
        [
            ("1xUnWK-0000CW-0u", "0m", "32K", "x@ok.test", false, "alice@example.com"),
            ("1xUnWQ-000000000Cp-0wvo", "27h", "2.9K", "", true, "D+x@example.com"),
            ("1xUnWK-0000Ca-1l", "3d", "514", "admin@host.example.net", false, "later@elsewhere.test"),
        ]);
    }

    [Theory]
    [InlineData("1xUnWK-0000CW-0u", true)]
    [InlineData("1xUnWQ-000000000Cp-0wvo", true)]
    [InlineData("../../etc/shadow", false)]
    [InlineData("1xUnWK-0000CW-0/", false)]
    [InlineData("1xUnWK-0000CW", false)]
    public void Names_of_messages(string text, bool isId) => MailQueue.IsId(text).ShouldBe(isId);

    [Theory]
    [InlineData("2026-11-21 15:40:00 Received from x\n2026-11-21 15:41:02 later@elsewhere.test R=a T=b defer (0): 451\n", "later@elsewhere.test R=a T=b defer (0): 451")]
    [InlineData("odd", "odd")]
    [InlineData("", null)]
    public void The_reason_is_the_last_line_of_the_log(string log, string? reason) => MailQueue.LastReason(log).ShouldBe(reason);

    [Fact]
    public void Anything_may_stand_in_a_list() => Prop.ForAll<string?>(text => MailQueue.Parse(text ?? "").All(message => MailQueue.IsId(message.Id))).QuickCheckThrowOnFailure();
}
