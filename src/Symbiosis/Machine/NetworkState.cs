using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Machine;

/// <summary>An address of an interface.</summary>
/// <param name="Interface">Index of the interface.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Length of its network's prefix.</param>
/// <param name="IsGlobal">True for scope global: neither of this host nor of the link only.</param>
/// <param name="IsStable">False for IPv6 addresses that are tentative, deprecated or temporary (CORE-54).</param>
internal sealed record InterfaceAddress(int Interface, IPAddress Address, int PrefixLength, bool IsGlobal, bool IsStable);

/// <summary>A default route through a gateway.</summary>
/// <param name="Interface">Index of the interface it leaves by.</param>
/// <param name="Metric">The lower the better.</param>
internal sealed record DefaultRoute(int Interface, uint Metric);

/// <summary>
/// The host's addresses and default routes, as the kernel lists them (CORE-52 to CORE-55). Two netlink dumps: no program is started, and it takes well under a millisecond.
/// </summary>
internal sealed record NetworkState(ValueList<InterfaceAddress> Addresses, ValueList<DefaultRoute> DefaultRoutes)
{
    /// <summary>The interface of the default route with the lowest metric, then the lowest index; null without one (CORE-52).</summary>
    public int? PrimaryInterface => DefaultRoutes.OrderBy(route => route.Metric).ThenBy(route => route.Interface).FirstOrDefault()?.Interface;

    /// <summary>Primary IPv4 address (CORE-54).</summary>
    public IPAddress? PrimaryIPv4 => PrimaryOf(System.Net.Sockets.AddressFamily.InterNetwork);

    /// <summary>Primary IPv6 address (CORE-54).</summary>
    public IPAddress? PrimaryIPv6 => PrimaryOf(System.Net.Sockets.AddressFamily.InterNetworkV6);

    /// <summary>Networks of the global IPv6 addresses of the primary interface (CORE-55).</summary>
    public ValueList<IPNetwork> IPv6Ranges => OfPrimary(System.Net.Sockets.AddressFamily.InterNetworkV6)
        .Select(address => new IPNetwork(Network(address.Address, address.PrefixLength), address.PrefixLength)).Distinct().ToValueList();

    /// <summary>Asks the kernel.</summary>
    /// <exception cref="Win32Exception">It does not answer.</exception>
    public static NetworkState Read()
    {
        var routes = new List<DefaultRoute>();
        var addresses = new List<InterfaceAddress>();
        Dump(LinuxRtnetlink.RTM_GETROUTE, LinuxRtnetlink.RtmsgSize, addresses, routes);
        Dump(LinuxRtnetlink.RTM_GETADDR, LinuxRtnetlink.IfaddrmsgSize, addresses, routes);
        return new NetworkState(addresses.ToValueList(), routes.ToValueList());
    }

    private IPAddress? PrimaryOf(System.Net.Sockets.AddressFamily family) =>
        OfPrimary(family).Where(address => address.IsStable).OrderBy(address => address.PrefixLength).FirstOrDefault()?.Address; // OrderBy keeps the kernel's order among equals

    private IEnumerable<InterfaceAddress> OfPrimary(System.Net.Sockets.AddressFamily family)
    {
        var primary = PrimaryInterface;
        return Addresses.Where(address => address.Interface == primary && address.IsGlobal && address.Address.AddressFamily == family);
    }

    private static IPAddress Network(IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }

    private static void Dump(ushort request, int bodySize, List<InterfaceAddress> addresses, List<DefaultRoute> routes)
    {
        using var socket = new FileDescriptor(SysSocket.socket(SysSocket.AF_NETLINK, SysSocket.SOCK_RAW | SysSocket.SOCK_CLOEXEC, LinuxRtnetlink.NETLINK_ROUTE));
        if (socket.IsInvalid)
            throw new Win32Exception((int)FileDescriptor.LastError(), "netlink");
        Span<byte> message = stackalloc byte[LinuxRtnetlink.NLMSG_HDRLEN + LinuxRtnetlink.RtmsgSize];
        message.Clear(); // family 0: both
        message = message[..(LinuxRtnetlink.NLMSG_HDRLEN + bodySize)];
        BitConverter.TryWriteBytes(message, message.Length);
        BitConverter.TryWriteBytes(message[4..], request);
        BitConverter.TryWriteBytes(message[6..], (ushort)(LinuxRtnetlink.NLM_F_REQUEST | LinuxRtnetlink.NLM_F_DUMP));
        if (SysSocket.send(socket, message) < 0)
            throw new Win32Exception((int)FileDescriptor.LastError(), "netlink");
        var buffer = new byte[64 << 10]; // larger than any datagram of a dump (netlink(7): 32 KiB)
        while (true)
        {
            var length = (int)SysSocket.recv(socket, buffer);
            if (length < 0 && FileDescriptor.LastError() == Errno.EINTR)
                continue;
            if (length <= 0)
                throw new Win32Exception((int)FileDescriptor.LastError(), "netlink");
            if (!ReadDatagram(buffer.AsSpan(0, length), addresses, routes))
                return;
        }
    }

    /// <summary>Reads the messages of one datagram. False after the last one of a dump.</summary>
    internal static bool ReadDatagram(ReadOnlySpan<byte> datagram, List<InterfaceAddress> addresses, List<DefaultRoute> routes)
    {
        while (datagram.Length >= LinuxRtnetlink.NLMSG_HDRLEN)
        {
            var length = BitConverter.ToInt32(datagram);
            var type = BitConverter.ToUInt16(datagram[4..]);
            if (type == LinuxRtnetlink.NLMSG_DONE)
                return false;
            if (length < LinuxRtnetlink.NLMSG_HDRLEN || length > datagram.Length)
                return false;
            var body = datagram[LinuxRtnetlink.NLMSG_HDRLEN..length];
            if (type == LinuxRtnetlink.NLMSG_ERROR && body.Length >= sizeof(int))
                throw new Win32Exception(-BitConverter.ToInt32(body), "netlink");
            if (type == LinuxRtnetlink.RTM_NEWADDR && body.Length >= LinuxRtnetlink.IfaddrmsgSize)
                AddAddress(body, addresses);
            else if (type == LinuxRtnetlink.RTM_NEWROUTE && body.Length >= LinuxRtnetlink.RtmsgSize)
                AddRoutes(body, routes);
            datagram = datagram[Math.Min((length + 3) & ~3, datagram.Length)..];
        }

        return true;
    }

    private static void AddAddress(ReadOnlySpan<byte> body, List<InterfaceAddress> addresses)
    {
        var family = body[0];
        if (family is not (LinuxRtnetlink.AF_INET or LinuxRtnetlink.AF_INET6))
            return;
        uint flags = body[2];
        ReadOnlySpan<byte> address = default;
        foreach (var attribute in new Attributes(body[LinuxRtnetlink.IfaddrmsgSize..]))
        {
            // On a point-to-point link IFA_ADDRESS is the peer's and IFA_LOCAL ours.
            if (attribute.Type == LinuxRtnetlink.IFA_LOCAL || (attribute.Type == LinuxRtnetlink.IFA_ADDRESS && address.IsEmpty))
                address = attribute.Value;
            else if (attribute.Type == LinuxRtnetlink.IFA_FLAGS && attribute.Value.Length == sizeof(uint))
                flags = BitConverter.ToUInt32(attribute.Value);
        }

        const uint unstable = LinuxRtnetlink.IFA_F_TENTATIVE | LinuxRtnetlink.IFA_F_DEPRECATED | LinuxRtnetlink.IFA_F_DADFAILED;
        // In IPv4 the bit of "temporary" means "secondary", which is as good as any (if_addr.h).
        var isStable = (flags & (family == LinuxRtnetlink.AF_INET6 ? unstable | LinuxRtnetlink.IFA_F_TEMPORARY : unstable)) == 0;
        if (address.Length == (family == LinuxRtnetlink.AF_INET6 ? 16 : 4))
            addresses.Add(new InterfaceAddress(BitConverter.ToInt32(body[4..]), new IPAddress(address), body[1], body[3] == LinuxRtnetlink.RT_SCOPE_UNIVERSE, isStable));
    }

    private static void AddRoutes(ReadOnlySpan<byte> body, List<DefaultRoute> routes)
    {
        var isDefault = body[0] is LinuxRtnetlink.AF_INET or LinuxRtnetlink.AF_INET6 && body[1] == 0 && body[7] == LinuxRtnetlink.RTN_UNICAST;
        if (!isDefault)
            return;
        uint table = body[4];
        uint metric = 0;
        var hasGateway = false;
        int? leavesBy = null;
        ReadOnlySpan<byte> hops = default;
        foreach (var attribute in new Attributes(body[LinuxRtnetlink.RtmsgSize..]))
        {
            switch (attribute.Type)
            {
                case LinuxRtnetlink.RTA_TABLE or LinuxRtnetlink.RTA_PRIORITY or LinuxRtnetlink.RTA_OIF when attribute.Value.Length != sizeof(uint):
                    break;
                case LinuxRtnetlink.RTA_TABLE:
                    table = BitConverter.ToUInt32(attribute.Value);
                    break;
                case LinuxRtnetlink.RTA_PRIORITY:
                    metric = BitConverter.ToUInt32(attribute.Value);
                    break;
                case LinuxRtnetlink.RTA_OIF:
                    leavesBy = BitConverter.ToInt32(attribute.Value);
                    break;
                case LinuxRtnetlink.RTA_GATEWAY or LinuxRtnetlink.RTA_VIA:
                    hasGateway = true;
                    break;
                case LinuxRtnetlink.RTA_MULTIPATH:
                    hops = attribute.Value;
                    break;
            }
        }

        if (table != LinuxRtnetlink.RT_TABLE_MAIN)
            return;
        if (hasGateway && leavesBy is { } index)
            routes.Add(new DefaultRoute(index, metric));
        while (hops.Length >= LinuxRtnetlink.RtnexthopSize)
        {
            var length = BitConverter.ToUInt16(hops);
            if (length < LinuxRtnetlink.RtnexthopSize || length > hops.Length)
                break;
            foreach (var attribute in new Attributes(hops[LinuxRtnetlink.RtnexthopSize..length]))
            {
                if (attribute.Type is LinuxRtnetlink.RTA_GATEWAY or LinuxRtnetlink.RTA_VIA)
                    routes.Add(new DefaultRoute(BitConverter.ToInt32(hops[4..]), metric));
            }

            hops = hops[Math.Min((length + 3) & ~3, hops.Length)..];
        }
    }

    // struct rtattr: u16 len, u16 type, then the value, padded to four bytes.
    private ref struct Attributes(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public Attribute Current { get; private set; }

        public readonly Attributes GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.Length < 4)
                return false;
            var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
            if (length < 4 || length > _rest.Length)
                return false;
            Current = new Attribute((ushort)(BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) & 0x3FFF), _rest[4..length]);
            _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
            return true;
        }
    }

    private readonly ref struct Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        public ushort Type { get; } = type;

        public ReadOnlySpan<byte> Value { get; } = value;
    }
}
