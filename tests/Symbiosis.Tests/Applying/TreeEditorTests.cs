using System.Text;
using Symbiosis.Applying;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services;

namespace Symbiosis.Tests.Applying;

public sealed class TreeEditorTests : IDisposable
{
    private const uint Tenant = 23456;

    private static readonly DomainName Example = DomainName.Parse("example.com");

    private static readonly UserDatabase Users = UserDatabase.Parse($"root:x:0:0::/root:/bin/sh\nDebian-exim:x:101:102::/:/bin/false\ntenant:x:{Tenant}:{Tenant}::/srv:/bin/sh\n", $"tenant:x:{Tenant}:\n");

    private readonly string _root = Directory.CreateTempSubdirectory("symbiosis-test-").FullName;

    public TreeEditorTests()
    {
        Directory.CreateDirectory(Bob);
        foreach (var directory in new[] { _root, $"{_root}/srv", $"{_root}/srv/example.com", Path.GetDirectoryName(Bob)!, Bob })
            GiveToTenant(directory);
    }

    private string Bob => $"{_root}/srv/example.com/mailboxes/bob";

    private string Password => $"{Bob}/password";

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void CORE_23_a_secret_is_replaced_whole_and_only_its_owner_may_read_it()
    {
        File.WriteAllText(Password, "bobpass\n");

        Make(Replace("bobpass\n", "{CRYPT}$6$x\n")).ShouldBeNull();

        File.ReadAllText(Password).ShouldBe("{CRYPT}$6$x\n");
        File.GetUnixFileMode(Password).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(Bob).ShouldBe([Password]);
    }

    [Fact]
    public void A_secret_that_changed_meanwhile_is_left_alone()
    {
        File.WriteAllText(Password, "newer\n");

        Make(Replace("bobpass\n", "{CRYPT}$6$x\n")).ShouldBeNull();

        File.ReadAllText(Password).ShouldBe("newer\n");
    }

    [Fact]
    public void CORE_14_a_link_is_never_written_through()
    {
        var outside = $"{_root}/outside";
        File.WriteAllText(outside, "bobpass\n");
        File.CreateSymbolicLink(Password, outside);

        Make(Replace("bobpass\n", "{CRYPT}$6$x\n")).ShouldBeNull();

        File.ReadAllText(outside).ShouldBe("bobpass\n");
        File.ResolveLinkTarget(Password, returnFinalTarget: false).ShouldNotBeNull();
    }

    [Fact]
    public void CORE_14_a_link_on_the_way_is_a_refusal()
    {
        Directory.Move(Bob, $"{_root}/elsewhere");
        File.WriteAllText($"{_root}/elsewhere/password", "bobpass\n");
        Directory.CreateSymbolicLink(Bob, $"{_root}/elsewhere");

        Make(Replace("bobpass\n", "x")).ShouldNotBeNull().ShouldContain("link");

        File.ReadAllText($"{_root}/elsewhere/password").ShouldBe("bobpass\n");
    }

    [Theory]
    [InlineData("mailboxes/gone/password")]
    [InlineData("nothing/here/password")]
    public void What_is_gone_needs_no_change(string path) => Make(new TreeChange.ReplaceSecret(Example, path, Bytes("x"), "y", "test")).ShouldBeNull();

    [Fact]
    public void A_domain_that_is_gone_needs_no_change() =>
        Make(new TreeChange.ReplaceSecret(DomainName.Parse("gone.example"), "mailboxes/bob/password", Bytes("x"), "y", "test")).ShouldBeNull();

    [Fact]
    public void MAIL_164_a_user_is_let_into_a_directory()
    {
        var mailboxes = Path.GetDirectoryName(Bob)!; // has a parent
        File.SetUnixFileMode(mailboxes, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        Make(new TreeChange.GrantAccess(Example, "mailboxes", "Debian-exim", "r-x", "test")).ShouldBeNull();

        using var directory = FileDescriptor.OpenRoot(mailboxes, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        PosixAcl.Of(directory!)!.Users.ShouldBe([(101u, AclRights.Read | AclRights.Execute)]); // the directory is there, and now has a list
    }

    [Fact]
    public void MAIL_164_a_user_that_does_not_exist_is_a_refusal() =>
        Make(new TreeChange.GrantAccess(Example, "", "nobody-here", "--x", "test")).ShouldNotBeNull().ShouldContain("nobody-here");

    private static TreeChange.ReplaceSecret Replace(string expected, string content) => new(Example, "mailboxes/bob/password", Bytes(expected), content, "test");

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    // Where the tests run as root, they act as the customer as on a host; elsewhere everything belongs to who runs them.
    private static void GiveToTenant(string directory)
    {
        using var descriptor = FileDescriptor.OpenRoot(directory, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _);
        if (Unistd.geteuid() == 0)
            Unistd.fchown(descriptor!, Tenant, Tenant).ShouldBe(0); // made just now
    }

    private string? Make(TreeChange change) => TreeEditor.Make(change, new HostRoot(_root), Users);
}
