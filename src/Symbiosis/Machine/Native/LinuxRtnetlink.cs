namespace Symbiosis.Machine.Native;

/// <summary><c>linux/netlink.h</c>, <c>linux/rtnetlink.h</c> and <c>linux/if_addr.h</c>: constants and offsets of the few messages that are read (rtnetlink(7)).</summary>
internal static class LinuxRtnetlink
{
    public const int NETLINK_ROUTE = 0;

    public const ushort NLMSG_ERROR = 2;
    public const ushort NLMSG_DONE = 3;
    public const ushort NLM_F_REQUEST = 1;
    public const ushort NLM_F_DUMP = 0x300;

    public const ushort RTM_NEWADDR = 20;
    public const ushort RTM_GETADDR = 22;
    public const ushort RTM_NEWROUTE = 24;
    public const ushort RTM_GETROUTE = 26;

    public const uint RTMGRP_IPV4_IFADDR = 0x10;
    public const uint RTMGRP_IPV6_IFADDR = 0x100;

    // struct nlmsghdr: u32 len, u16 type, u16 flags, u32 seq, u32 pid.
    public const int NLMSG_HDRLEN = 16;

    // struct ifaddrmsg: u8 family, u8 prefixlen, u8 flags, u8 scope, u32 index.
    public const int IfaddrmsgSize = 8;
    public const ushort IFA_ADDRESS = 1;
    public const ushort IFA_LOCAL = 2;
    public const ushort IFA_FLAGS = 8;
    public const uint IFA_F_TEMPORARY = 0x01;
    public const uint IFA_F_DADFAILED = 0x08;
    public const uint IFA_F_DEPRECATED = 0x20;
    public const uint IFA_F_TENTATIVE = 0x40;

    // struct rtmsg: u8 family, dst_len, src_len, tos, table, protocol, scope, type, u32 flags.
    public const int RtmsgSize = 12;
    public const byte RTN_UNICAST = 1;
    public const byte RT_SCOPE_UNIVERSE = 0;
    public const uint RT_TABLE_MAIN = 254;
    public const ushort RTA_OIF = 4;
    public const ushort RTA_GATEWAY = 5;
    public const ushort RTA_PRIORITY = 6;
    public const ushort RTA_MULTIPATH = 9;
    public const ushort RTA_TABLE = 15;
    public const ushort RTA_VIA = 18;

    // struct rtnexthop: u16 len, u8 flags, u8 hops, s32 ifindex.
    public const int RtnexthopSize = 8;

    public const byte AF_INET = 2;
    public const byte AF_INET6 = 10;
}
