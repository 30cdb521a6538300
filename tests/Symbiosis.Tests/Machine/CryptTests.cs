using System.Text;
using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Tests.Machine;

public sealed class CryptTests
{
    // Hashes of "secret", made with perl's crypt on Debian 12; the salted digests with Python.
    [Theory]
    [InlineData("{CRYPT}abNANd1rDfiNc")]
    [InlineData("$1$saltsalt$9xy1btjgzLYfb7hivXtC//")]
    [InlineData("$2a$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a")]
    [InlineData("$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a")]
    [InlineData("{CRYPT}$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a")]
    [InlineData("$5$saltstring$C3o4O1TC6aRHF4FI.QSZMXtHbaj2gSXr4sUc/3NcUi.")]
    [InlineData("$6$saltstring$AIsRs/Ee56G/tC8MEHhvReZTfx8u3rXXMl6eYrjCG9ibix19DxoMBLogdTET5Ukw9Sf7eZTITsuk0Ry5qulYz.")]
    [InlineData("$6$rounds=5000$saltstring$AIsRs/Ee56G/tC8MEHhvReZTfx8u3rXXMl6eYrjCG9ibix19DxoMBLogdTET5Ukw9Sf7eZTITsuk0Ry5qulYz.")]
    [InlineData("$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2")]
    [InlineData("$gy$j75$saltsalt$lKLXtt/QvsyxW9ILYZt1u1hNXyI7ZoBnbdUTsPBwSi5")]
    [InlineData("$7$CU..../....saltsalt$NUwJnl2EzU4ACwYC9BDHKGDt.PCVFKyF6Hlr/CUA09D")]
    [InlineData("{SSHA256}W2T0GtMfT9mqz2M6M2ugt7C4HxacLEVv3JHoqCU1LXpzYWx0eQ==")]
    [InlineData("{SSHA512}cRZVawawrjxEyxFRA5IQOfoJR5ixDDGC21An2/SCqd4g0ur+UDDKUeANewBNE6RQaXqEPXjVWqZu8Xmy/YU3V3NhbHR5")]
    public void CORE_T10_the_password_logs_in_and_the_hash_text_does_not(string stored)
    {
        Check(stored, "secret").ShouldBe(PasswordCheck.Accepted);
        Check(stored, "Secret").ShouldBe(PasswordCheck.Refused);
        Check(stored, stored).ShouldBe(PasswordCheck.Refused);
        Check(stored, stored[(stored.IndexOf('}', StringComparison.Ordinal) + 1)..]).ShouldBe(PasswordCheck.Refused);
    }

    [Theory]
    [InlineData("correct horse battery staple", "correct horse battery staple", true)]
    [InlineData("correct horse battery staple", "correct horse battery staple ", false)]
    [InlineData("x", "x", true)]
    [InlineData("abNANd1rDfiNc", "secret", false)] // a leaked DES hash without prefix is a plain password (CORE-30)
    [InlineData("abNANd1rDfiNc", "abNANd1rDfiNc", true)]
    public void CORE_T10_a_plain_password_is_exactly_itself(string stored, string given, bool accepted) =>
        Check(stored, given).ShouldBe(accepted ? PasswordCheck.Accepted : PasswordCheck.Refused);

    [Theory]
    [InlineData("yes", "yes")] // CORE-T11
    [InlineData("", "")]
    [InlineData("secret", "")]
    [InlineData("$3$$8846f7eaee8fb117ad06bdd830b7586c", "$3$$8846f7eaee8fb117ad06bdd830b7586c")]
    [InlineData("{CRYPT}$6$salt", "{CRYPT}$6$salt")]
    [InlineData("secret", "secret\0more")] // crypt(3) would stop at the NUL
    public void CORE_29_nobody_logs_in(string stored, string given) => Check(stored, given).ShouldBe(PasswordCheck.Refused);

    [Fact]
    public void Only_Dovecot_can_check_argon2() =>
        Check("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaA", "secret").ShouldBe(PasswordCheck.CannotTell);

    [Fact]
    public void CORE_32_a_new_hash_is_SHA_512_without_rounds() =>
        Crypt.HashSha512("secret"u8, "saltstring").ShouldBe("$6$saltstring$AIsRs/Ee56G/tC8MEHhvReZTfx8u3rXXMl6eYrjCG9ibix19DxoMBLogdTET5Ukw9Sf7eZTITsuk0Ry5qulYz.");

    [Theory]
    [InlineData("short")]
    [InlineData("seventeencharacte")]
    [InlineData("salt:salt")]
    [InlineData("salt$salt")]
    public void A_salt_outside_the_crypt_alphabet_is_a_bug(string salt) => Should.Throw<ArgumentException>(() => Crypt.HashSha512("secret"u8, salt));

    [Fact]
    public void Every_plain_password_can_be_hashed_and_checked()
    {
        var longest = (StoredPassword.Plain)StoredPassword.Parse(Encoding.ASCII.GetBytes(new string('x', 511)));
        var hash = StoredPassword.Parse(Encoding.ASCII.GetBytes(Crypt.HashSha512(longest.Bytes, "saltstring")));
        Crypt.Check(hash, longest.Bytes).ShouldBe(PasswordCheck.Accepted);
    }

    [Fact]
    public void A_derived_salt_depends_on_secret_purpose_account_and_password_and_on_nothing_else()
    {
        var secret = new HostSecret([.. Enumerable.Repeat((byte)1, 32)]);
        var salt = secret.DeriveSalt("mailbox", "bob@example.com", "secret"u8);
        salt.Length.ShouldBe(16);
        salt.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '.' || c == '/');
        new HostSecret([.. Enumerable.Repeat((byte)1, 32)]).DeriveSalt("mailbox", "bob@example.com", "secret"u8).ShouldBe(salt);
        string[] others =
        [
            new HostSecret([.. Enumerable.Repeat((byte)2, 32)]).DeriveSalt("mailbox", "bob@example.com", "secret"u8),
            secret.DeriveSalt("ftp", "bob@example.com", "secret"u8),
            secret.DeriveSalt("mailbox", "bob@example.org", "secret"u8),
            secret.DeriveSalt("mailbox", "bob@example.com", "Secret"u8),
            secret.DeriveSalt("mailbox", "bob@example.coms", "ecret"u8),
        ];
        others.Append(salt).ShouldBeUnique();
    }

    private static PasswordCheck Check(string stored, string given) => Crypt.Check(StoredPassword.Parse(Encoding.UTF8.GetBytes(stored)), Encoding.UTF8.GetBytes(given));
}
