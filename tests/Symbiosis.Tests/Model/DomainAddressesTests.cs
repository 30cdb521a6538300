using System.Text;
using Symbiosis.Model;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Model;

public sealed class DomainAddressesTests
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", 0)]
    [InlineData("192.0.2.7\n2001:db8::7\n", "192.0.2.7 2001:db8::7", 0)]
    [InlineData("2001:DB8:0:0::7 192.0.2.7", "2001:db8::7 192.0.2.7", 0)] // file order, canonical form
    [InlineData("192.0.2.7 192.0.2.7", "192.0.2.7", 0)]
    [InlineData("192.0.2.7/32 2001:db8::7/128", "192.0.2.7 2001:db8::7", 0)]
    [InlineData("192.0.2.7\nbad 2001:db8::7", "192.0.2.7 2001:db8::7", 1)]
    [InlineData("2001:db8::/64", "192.0.2.1 2001:db8::1", 1)] // a network: the primary addresses count
    [InlineData("192.0.2.7/24", "192.0.2.1 2001:db8::1", 1)]
    [InlineData("7", "192.0.2.1 2001:db8::1", 1)] // inet_aton(3) would read 0.0.0.7
    [InlineData("0x7f.1", "192.0.2.1 2001:db8::1", 1)]
    [InlineData("fe80::1%eth0", "192.0.2.1 2001:db8::1", 1)]
    [InlineData("", "192.0.2.1 2001:db8::1", 0)]
    [InlineData("false", "192.0.2.1 2001:db8::1", 0)]
    public void CORE_53_addresses_come_in_file_order_and_the_primary_ones_stand_in(string content, string addresses, int faults)
    {
        var read = DomainAddresses.Of(Domains.Make("example.com", ("config/ip", File(content))), Hosts.Plain);

        string.Join(' ', read.All.ToArray()).ShouldBe(addresses);
        read.Faults.Count.ShouldBe(faults);
    }

    [Theory]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("169.254.1.1")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("ff02::1")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:192.0.2.7")]
    public void CORE_58_an_address_no_site_can_have_is_refused(string address) =>
        DomainAddresses.Of(Domains.Make("example.com", ("config/ip", File(address))), Hosts.Plain).Faults.Single().Word.ShouldBe(address);

    [Fact]
    public void A_fault_knows_its_line() =>
        DomainAddresses.Of(Domains.Make("example.com", ("config/ip", File("192.0.2.7\n\n x"))), Hosts.Plain).Faults.Single().Line.ShouldBe(3);

    [Theory]
    [InlineData("192.0.2.7 192.0.2.1", true)] // one is enough
    [InlineData("192.0.2.7", false)]
    public void WEB_21_one_primary_address_makes_the_domain_primary(string content, bool primary) =>
        DomainAddresses.Of(Domains.Make("example.com", ("config/ip", File(content))), Hosts.Plain).IncludePrimary(Hosts.Plain).ShouldBe(primary);

    private static TreeNode File(string content) => new(NodeKind.File) { Content = Encoding.UTF8.GetBytes(content) };
}
