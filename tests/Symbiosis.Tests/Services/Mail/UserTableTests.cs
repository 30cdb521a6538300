using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Services.Mail;

namespace Symbiosis.Tests.Services.Mail;

public sealed class UserTableTests
{
    private static readonly MailUser Bob = new("bob@example.com", "{CRYPT}$6$salt$hash", 1000, 1001, "/srv/example.com/mailboxes/bob");

    [Fact]
    public void MAIL_170_a_line_is_a_passwd_file_line_of_Dovecot() =>
        UserTable.Render([Bob with { Fields = ["userdb_quota_rule=*:bytes=5"] }])
            .ShouldBe("bob@example.com:{CRYPT}$6$salt$hash:1000:1001::/srv/example.com/mailboxes/bob::userdb_quota_rule=*:bytes=5\n");

    [Fact]
    public void MAIL_170_without_password_nothing_matches() => UserTable.Render([Bob with { Password = null }]).ShouldStartWith("bob@example.com:{CRYPT}!:");

    [Fact]
    public void MAIL_9_an_alias_domain_names_the_canonical_user() =>
        UserTable.Render([Bob with { LoginName = "bob@alias.example", CanonicalName = "bob@example.com" }]).ShouldEndWith("::user=bob@example.com userdb_user=bob@example.com\n");

    [Fact]
    public void Users_are_sorted() =>
        UserTable.Render([Bob, Bob with { LoginName = "alice@example.com" }]).Split('\n').Select(line => line.Split(':')[0]).ShouldBe(["alice@example.com", "bob@example.com", ""]);

    [Fact]
    public void No_text_breaks_out_of_its_field() => Prop.ForAll<NonNull<string>>(text =>
    {
        try
        {
            var table = UserTable.Render([Bob with { Home = text.Get }]);
            return table.Count(c => c == '\n') == 1 && table.Split(':').Length == 8 && table.Split(':')[5] == text.Get;
        }
        catch (ArgumentException)
        {
            return !UserTable.CanHold(text.Get);
        }
    }).QuickCheckThrowOnFailure();
}
