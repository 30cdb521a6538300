using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Model;

namespace Symbiosis.Tests.Model;

public sealed class StoredPasswordTests
{
    private const string Sha512 = "$6$rounds=5000$saltsalt$Jw4Gl7A.qW";

    [Theory]
    [InlineData("correct horse battery staple", "correct horse battery staple")] // CORE-T10
    [InlineData("  secret \r\n", "secret")] // CORE-29
    [InlineData("two\r\nlines\n", "two\nlines")] // CORE-31, CORE-24
    [InlineData("\uFEFFsecret", "secret")] // CORE-24
    [InlineData("x", "x")] // the original raised an error for one character
    [InlineData("abJnggxhB/yWI", "abJnggxhB/yWI")] // looks like DES, but has no prefix (CORE-30)
    [InlineData("$5 please", "$5 please")]
    [InlineData("$100", "$100")]
    [InlineData("$$", "$$")]
    [InlineData("{smile} and wave", "{smile} and wave")]
    [InlineData("{", "{")]
    [InlineData("yes please", "yes please")]
    public void CORE_30_plain(string content, string password) =>
        Encoding.UTF8.GetString(Parse(content).ShouldBeOfType<StoredPassword.Plain>().Bytes).ShouldBe(password);

    [Theory]
    [InlineData(Sha512, HashScheme.Sha512Crypt)]
    [InlineData("{CRYPT}" + Sha512, HashScheme.Sha512Crypt)]
    [InlineData("{crypt}" + Sha512 + "\n", HashScheme.Sha512Crypt)]
    [InlineData("$1$salt$YhMtvBVZCDRG6RJDyHTWC/", HashScheme.Md5Crypt)]
    [InlineData("$2a$05$abcdefghijklmnopqrstuu", HashScheme.Bcrypt)]
    [InlineData("$2b$05$abcdefghijklmnopqrstuu", HashScheme.Bcrypt)]
    [InlineData("{CRYPT}$2y$05$abcdefghijklmnopqrstuu", HashScheme.Bcrypt)]
    [InlineData("$5$salt$hash", HashScheme.Sha256Crypt)]
    [InlineData("$y$j9T$salt$hash", HashScheme.Yescrypt)]
    [InlineData("$gy$j9T$salt$hash", HashScheme.GostYescrypt)]
    [InlineData("$7$CU..../....salt$hash", HashScheme.Scrypt)]
    [InlineData("{CRYPT}abJnggxhB/yWI", HashScheme.Des)]
    [InlineData("{SHA512-CRYPT}$6$salt$hash", HashScheme.Sha512Crypt)]
    [InlineData("{SHA256-CRYPT}$5$salt$hash", HashScheme.Sha256Crypt)]
    [InlineData("{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuu", HashScheme.Bcrypt)]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaA", HashScheme.Argon2Id)]
    [InlineData("{ssha256}AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj", HashScheme.SaltedSha256)]
    public void CORE_30_and_MAIL_62_hashes(string content, HashScheme scheme) => Parse(content).ShouldBeOfType<StoredPassword.Hash>().Scheme.ShouldBe(scheme);

    [Theory]
    [InlineData("$3$$8846f7eaee8fb117ad06bdd830b7586c", "$3$")]
    [InlineData("$sha1$40000$jtNX3nZ2$hBNaIXkt4wBI2o5rsi8KejSjNqIq", "$sha1$")]
    [InlineData("$md5,rounds=904$iPPKEBnEkp3JV8uX$0L6m7rOFTVFn.SGqo2M9W1", "$md5,rounds=904$")]
    [InlineData("{CRYPT}", "whole")]
    [InlineData("{CRYPT}$6$", "whole")]
    [InlineData("{CRYPT}nonsense", "whole")]
    [InlineData("$6$salt", "whole")]
    [InlineData("$6$salt$hash:0:0::/root", "whole")] // must not break out of a passwd-file
    [InlineData("$6$salt$ha\nsh", "whole")]
    [InlineData("{PLAIN-MD5}5f4dcc3b5aa765d61d8327deb882cf99", "{PLAIN-MD5}")]
    [InlineData("{plain}secret", "{PLAIN}")]
    [InlineData("{SSHA256}c2hvcnQ=", "whole")]
    [InlineData("{SHA512-CRYPT}$1$salt$YhMtvBVZCDRG6RJDyHTWC/", "whole")]
    [InlineData("a\0b", "NUL")]
    public void CORE_30_what_looks_like_a_hash_is_never_a_password(string content, string reason) =>
        Parse(content).ShouldBeOfType<StoredPassword.Refused>().Reason.ShouldContain(reason);

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" \n", "empty")]
    [InlineData("yes", "'yes'")] // CORE-T11
    [InlineData("True\n", "'true'")]
    [InlineData("no", "'no'")]
    [InlineData("FALSE", "'false'")]
    public void CORE_20_switches_and_empty_files_are_no_password(string content, string reason) =>
        Parse(content).ShouldBeOfType<StoredPassword.None>().Reason.ShouldContain(reason);

    [Fact]
    public void CORE_24_invalid_bytes_are_kept() =>
        StoredPassword.Parse([0x61, 0xFF, 0x0A]).ShouldBeOfType<StoredPassword.Plain>().Bytes.ToArray().ShouldBe([0x61, 0xFF]);

    [Fact]
    public void A_password_longer_than_crypt_can_hash_is_refused()
    {
        Parse(new string('x', 511)).ShouldBeOfType<StoredPassword.Plain>();
        Parse(new string('x', 512)).ShouldBeOfType<StoredPassword.Refused>();
    }

    [Fact]
    public void MAIL_62_the_passwd_file_form_always_has_a_prefix()
    {
        ((StoredPassword.Hash)Parse(Sha512)).WithPrefix.ShouldBe("{CRYPT}" + Sha512);
        ((StoredPassword.Hash)Parse("{crypt}" + Sha512)).WithPrefix.ShouldBe("{CRYPT}" + Sha512);
        ((StoredPassword.Hash)Parse("{sha512-crypt}$6$salt$hash")).WithPrefix.ShouldBe("{CRYPT}$6$salt$hash");
    }

    [Fact]
    public void MAIL_62_schemes_that_Dovecot_2_4_refuses_are_weak()
    {
        ((StoredPassword.Hash)Parse("$1$salt$YhMtvBVZCDRG6RJDyHTWC/")).IsWeak.ShouldBeTrue();
        ((StoredPassword.Hash)Parse("{CRYPT}abJnggxhB/yWI")).IsWeak.ShouldBeTrue();
        ((StoredPassword.Hash)Parse(Sha512)).IsWeak.ShouldBeFalse();
    }

    [Fact]
    public void No_password_prints()
    {
        Parse("hunter2").ToString().ShouldNotContain("hunter2");
        Parse(Sha512).ToString().ShouldNotContain("salt");
        Parse("{PLAIN}hunter2").ToString().ShouldNotContain("hunter2");
    }

    [Fact]
    public void Any_bytes_are_classified_and_no_hash_holds_a_colon_or_a_control_character() => Prop.ForAll<byte[]>(bytes =>
        bytes is null || StoredPassword.Parse(bytes) is not StoredPassword.Hash hash || hash.WithPrefix.All(c => c is > ' ' and < '\x7f' and not ':')).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_after_a_hash_id_is_classified_and_no_hash_holds_a_colon_or_a_control_character() => Prop.ForAll<NonNull<string>>(text =>
        Parse("{CRYPT}$6$s$" + text.Get) is not StoredPassword.Hash hash || hash.WithPrefix.All(c => c is > ' ' and < '\x7f' and not ':')).QuickCheckThrowOnFailure();

    private static StoredPassword Parse(string content) => StoredPassword.Parse(Encoding.UTF8.GetBytes(content));
}
