using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Machine;

namespace Symbiosis.Tests.Machine;

public sealed class NetworkStateTests
{
    [Fact]
    public void CORE_52_the_primary_interface_has_the_default_route_of_the_lowest_metric_then_index()
    {
        new NetworkState([], [new(3, 100), new(2, 200), new(5, 100)]).PrimaryInterface.ShouldBe(3);
        new NetworkState([], []).PrimaryInterface.ShouldBeNull();
    }

    [Fact]
    public void CORE_54_the_address_with_the_shortest_prefix_is_primary_and_ties_keep_the_kernels_order() =>
        State(Address("192.0.2.8", 32), Address("192.0.2.7", 24), Address("192.0.2.6", 24)).PrimaryIPv4.ShouldBe(IPAddress.Parse("192.0.2.7"));

    [Fact]
    public void CORE_54_only_global_addresses_of_the_primary_interface_count()
    {
        var state = State(Address("169.254.1.1", 8) with { IsGlobal = false }, Address("198.51.100.1", 8) with { Interface = 3 }, Address("192.0.2.7", 24));
        state.PrimaryIPv4.ShouldBe(IPAddress.Parse("192.0.2.7"));
        state.PrimaryIPv6.ShouldBeNull();
    }

    [Fact]
    public void CORE_54_unstable_IPv6_addresses_are_skipped() =>
        State(Address("2001:db8::1", 32) with { IsStable = false }, Address("2001:db8::2", 64)).PrimaryIPv6.ShouldBe(IPAddress.Parse("2001:db8::2"));

    [Fact]
    public void CORE_52_without_a_default_route_there_is_no_primary_address() => new NetworkState([Address("192.0.2.7", 24)], []).PrimaryIPv4.ShouldBeNull();

    [Fact]
    public void CORE_55_ranges_are_the_networks_of_the_global_IPv6_addresses() =>
        State(Address("2001:db8:1::7", 64), Address("2001:db8:1::8", 64), Address("2001:db8:2:3::1", 48), Address("192.0.2.7", 24)).IPv6Ranges.Select(range => range.ToString())
            .ShouldBe(["2001:db8:1::/64", "2001:db8:2::/48"]);

    [Fact]
    public void The_kernel_of_this_machine_tells_its_addresses() =>
        NetworkState.Read().Addresses.ShouldContain(address => address.Address.Equals(IPAddress.Loopback) && address.PrefixLength == 8 && !address.IsGlobal);

    [Fact]
    public void An_address_message_is_read()
    {
        // RTM_NEWADDR: eth0 (index 2) has 192.0.2.7/24, scope global; IFA_ADDRESS is a peer, IFA_LOCAL ours.
        var addresses = new List<InterfaceAddress>();
        NetworkState.ReadDatagram(
            Message(20, [2, 24, 0x80, 0, 2, 0, 0, 0, .. Attribute(1, [192, 0, 2, 1]), .. Attribute(2, [192, 0, 2, 7]), .. Attribute(8, [0x80, 0, 0, 0])]), addresses, []).ShouldBeTrue();
        addresses.ShouldBe([new InterfaceAddress(2, IPAddress.Parse("192.0.2.7"), 24, IsGlobal: true, IsStable: true)]);
    }

    [Theory]
    [InlineData(0x80, true)] // permanent
    [InlineData(0x01, false)] // temporary
    [InlineData(0x20, false)] // deprecated
    [InlineData(0x40, false)] // tentative
    public void An_IPv6_address_is_stable_by_its_flags(byte flags, bool isStable)
    {
        var addresses = new List<InterfaceAddress>();
        NetworkState.ReadDatagram(Message(20, [10, 64, 0, 0, 2, 0, 0, 0, .. Attribute(1, IPAddress.Parse("2001:db8::1").GetAddressBytes()), .. Attribute(8, [flags, 0, 0, 0])]), addresses, []);
        addresses.ShouldHaveSingleItem().IsStable.ShouldBe(isStable);
    }

    [Fact]
    public void A_default_route_message_is_read_and_others_are_not()
    {
        var routes = new List<DefaultRoute>();
        byte[] route = [.. Attribute(4, [2, 0, 0, 0]), .. Attribute(5, [192, 0, 2, 1]), .. Attribute(6, [100, 0, 0, 0])];
        NetworkState.ReadDatagram(
            [
                .. Message(24, [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, .. route]),
                .. Message(24, [2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, .. route]), // a network
                .. Message(24, [2, 0, 0, 0, 100, 3, 0, 1, 0, 0, 0, 0, .. route]), // another table
                .. Message(24, [2, 0, 0, 0, 254, 3, 0, 7, 0, 0, 0, 0, .. route]), // unreachable
                .. Message(24, [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, .. Attribute(4, [3, 0, 0, 0])]), // no gateway
            ],
            [],
            routes);
        routes.ShouldBe([new DefaultRoute(2, 100)]);
    }

    [Fact]
    public void A_default_route_over_several_gateways_is_read()
    {
        byte[] hops = [16, 0, 0, 0, 4, 0, 0, 0, .. Attribute(5, [192, 0, 2, 1]), 16, 0, 0, 0, 3, 0, 0, 0, .. Attribute(5, [198, 51, 100, 1])];
        var routes = new List<DefaultRoute>();
        NetworkState.ReadDatagram(Message(24, [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, .. Attribute(9, hops)]), [], routes);
        routes.ShouldBe([new DefaultRoute(4, 0), new DefaultRoute(3, 0)]);
    }

    [Fact]
    public void Any_bytes_are_read_without_running_out_of_them() => Prop.ForAll<byte[]>(bytes =>
    {
        foreach (var type in (ushort[])[20, 24])
        {
            var body = bytes ?? [];
            NetworkState.ReadDatagram(Message(type, body), [], []);
            NetworkState.ReadDatagram(Message(type, [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, .. body]), [], []);
            NetworkState.ReadDatagram(Message(type, [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, .. Attribute(9, body)]), [], []);
        }
    }).QuickCheckThrowOnFailure();

    private static NetworkState State(params InterfaceAddress[] addresses) => new([.. addresses], [new DefaultRoute(2, 100)]);

    private static InterfaceAddress Address(string text, int prefixLength) => new(2, IPAddress.Parse(text), prefixLength, IsGlobal: true, IsStable: true);

    private static byte[] Message(ushort type, byte[] body) => [.. BitConverter.GetBytes(16 + body.Length), .. BitConverter.GetBytes(type), .. new byte[10], .. Padded(body)];

    private static byte[] Attribute(ushort type, byte[] value) => [.. BitConverter.GetBytes((ushort)(4 + value.Length)), .. BitConverter.GetBytes(type), .. Padded(value)];

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[(4 - (bytes.Length % 4)) % 4]];
}
