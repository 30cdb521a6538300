using System.Net;
using System.Net.Sockets;
using Symbiosis.Tree;

namespace Symbiosis.Model;

/// <summary>The addresses of a domain (CORE-53): those in <c>config/ip</c>, in file order, or the primary addresses of the host when it names none that can be used.</summary>
public sealed record DomainAddresses
{
    /// <summary>Path of the setting, relative to the domain.</summary>
    public const string SettingPath = "config/ip";

    /// <summary>The addresses as text, IPv6 in its canonical form without brackets.</summary>
    public required ValueList<string> All { get; init; }

    /// <summary>True when <c>config/ip</c> names them, false when they are the host's.</summary>
    public bool AreOwn { get; init; }

    /// <summary>Words of the file that were skipped, and why.</summary>
    public ValueList<AddressFault> Faults { get; init; }

    /// <summary>True when at least one address is a primary address of the host; one is enough (WEB-21).</summary>
    public bool IncludePrimary(Host host) => All.Any(address => address == host.PrimaryIPv4 || address == host.PrimaryIPv6);

    /// <summary>The addresses of a domain on a host.</summary>
    public static DomainAddresses Of(Domain domain, Host host) => Read(domain.Tree[SettingPath].Value, host);

    internal static DomainAddresses Read(SettingValue value, Host host)
    {
        var addresses = new List<string>();
        var faults = new List<AddressFault>();
        if (value is SettingValue.Text(var text))
        {
            foreach (var (word, line) in Words(text))
            {
                if (Parse(word, out var fault) is not { } address)
                    faults.Add(new AddressFault(word, line, fault));
                else if (!addresses.Contains(address))
                    addresses.Add(address);
            }
        }

        return addresses.Count > 0
            ? new DomainAddresses { All = addresses.ToValueList(), AreOwn = true, Faults = faults.ToValueList() }
            : new DomainAddresses { All = new[] { host.PrimaryIPv4, host.PrimaryIPv6 }.OfType<string>().ToValueList(), Faults = faults.ToValueList() };
    }

    private static IEnumerable<(string Word, int Line)> Words(string text) =>
        text.Split('\n').SelectMany((content, index) => content.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => (word, index + 1)));

    private static string? Parse(string word, out string fault)
    {
        var slash = word.IndexOf('/', StringComparison.Ordinal);
        fault = "it is not an IPv4 or IPv6 address";
        // IPAddress also reads "1" and "0x7f.1" (inet_aton(3)) and scopes; only what is written in full counts.
        if (!IPAddress.TryParse(slash < 0 ? word : word[..slash], out var address) || word.Contains('%') || (address.AddressFamily == AddressFamily.InterNetwork && word.Count(c => c == '.') != 3))
            return null;
        if (slash >= 0 && word[(slash + 1)..] != (address.AddressFamily == AddressFamily.InterNetwork ? "32" : "128"))
        {
            fault = "it is a network, not an address";
            return null;
        }

        fault = address switch
        {
            { AddressFamily: AddressFamily.InterNetwork } when address.GetAddressBytes() is [>= 224 and < 240, ..] => "it is a multicast address",
            { AddressFamily: AddressFamily.InterNetwork } when address.GetAddressBytes() is [255, 255, 255, 255] => "it is the broadcast address",
            { AddressFamily: AddressFamily.InterNetwork } when address.GetAddressBytes() is [169, 254, ..] => "it is a link-local address",
            { AddressFamily: AddressFamily.InterNetwork } when address.GetAddressBytes() is [0, ..] => "it stands for no address",
            { IsIPv6Multicast: true } => "it is a multicast address",
            { IsIPv6LinkLocal: true } => "it is a link-local address",
            { IsIPv4MappedToIPv6: true } => "it is an IPv4 address written as IPv6",
            _ when IPAddress.IsLoopback(address) => "it is a loopback address",
            _ when address.Equals(IPAddress.IPv6Any) => "it stands for no address",
            _ => "",
        };
        return fault.Length == 0 ? address.ToString() : null;
    }
}

/// <summary>A word of <c>config/ip</c> that is not used (CORE-53, CORE-58).</summary>
/// <param name="Word">The word.</param>
/// <param name="Line">Line, counted from 1.</param>
/// <param name="Reason">Why, as the rest of a sentence.</param>
public sealed record AddressFault(string Word, int Line, string Reason);
