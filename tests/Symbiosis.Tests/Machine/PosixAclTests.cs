using Symbiosis.Machine;

namespace Symbiosis.Tests.Machine;

public sealed class PosixAclTests
{
    private const UnixFileMode Mode0700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Mode0750 = Mode0700 | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    // setfacl -m u:101:r-x on a directory of mode 0700, as getfattr -e hex shows it.
    private const string Mode0700With101 = "0200000001000700ffffffff020005006500000004000000ffffffff10000500ffffffff20000000ffffffff";

    [Fact]
    public void A_user_is_let_in_as_setfacl_does_it() =>
        Hex(PosixAcl.FromMode(Mode0700).WithUser(101, AclRights.Read | AclRights.Execute)).ShouldBe(Mode0700With101);

    [Fact]
    public void What_the_kernel_keeps_reads_back() => Hex(PosixAcl.Parse(Convert.FromHexString(Mode0700With101))!).ShouldBe(Mode0700With101); // known to be good

    [Fact]
    public void Letting_in_twice_changes_nothing()
    {
        var once = PosixAcl.FromMode(Mode0750).WithUser(101, AclRights.Execute);

        Hex(once.WithUser(101, AclRights.Execute)).ShouldBe(Hex(once));
    }

    [Fact]
    public void A_mask_that_chmod_cut_hides_the_rights_and_is_widened_only_for_the_one()
    {
        var open = PosixAcl.FromMode(Mode0750).WithUser(101, AclRights.Execute).WithUser(200, AclRights.Read | AclRights.Execute);
        var cut = open.ToBytes();
        var mask = Enumerable.Range(0, cut.Length / 8).Select(entry => 4 + (8 * entry)).First(start => cut[start] == 0x10);
        cut[mask + 2] = 0; // chmod g= on a file with a list sets the mask

        var list = PosixAcl.Parse(cut)!; // as written above
        list.Users.ShouldBe([(101u, AclRights.None), (200u, AclRights.None)]);

        list.WithUser(101, AclRights.Execute).Users.ShouldBe([(101u, AclRights.Execute), (200u, AclRights.None)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("01000000")] // version 1
    [InlineData("0200000001")] // torn
    public void Anything_else_is_no_list(string hex) => PosixAcl.Parse(Convert.FromHexString(hex)).ShouldBeNull();

    private static string Hex(PosixAcl list) => Convert.ToHexStringLower(list.ToBytes());
}
