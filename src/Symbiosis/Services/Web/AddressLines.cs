using System.Net;
using System.Net.Sockets;
using Symbiosis.Model;

namespace Symbiosis.Services.Web;

/// <summary>A line of a list that cannot be used.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Message">Why, in words.</param>
internal sealed record LineFault(int Line, string Message);

/// <summary>
/// A list of addresses and networks, one a line (FW-14). Host names are not taken: Apache would look them up at each request, and whoever owns the reverse zone of an address would decide.
/// </summary>
/// <param name="Networks">What was understood, written anew, without repetition, in the order of the file.</param>
/// <param name="Faults">Lines that are left out.</param>
internal sealed record AddressLines(ValueList<string> Networks, ValueList<LineFault> Faults)
{
    private const int MaxLines = 1000;

    public static AddressLines Parse(string text)
    {
        var networks = new List<string>();
        var faults = new List<LineFault>();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (networks.Count == MaxLines)
            {
                faults.Add(new LineFault(number, $"only the first {MaxLines} addresses are used"));
                break;
            }

            if (ParseNetwork(line) is not { } network)
                faults.Add(new LineFault(number, $"'{line}' is not an address or a network"));
            else if (!networks.Contains(network))
                networks.Add(network);
        }

        return new AddressLines(networks.ToValueList(), faults.ToValueList());
    }

    private static string? ParseNetwork(string line)
    {
        var parts = line.Split('/', '|');
        // IPAddress also reads "1" and "0x7f.1" (inet_aton(3)) and scopes; only what is written in full counts.
        if (parts.Length > 2 || parts[0].Contains('%') || (!parts[0].Contains(':') && parts[0].Count(c => c == '.') != 3) || !IPAddress.TryParse(parts[0], out var address) || address.IsIPv4MappedToIPv6)
            return null;
        var all = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (parts.Length == 1)
            return address.ToString();
        return parts[1].Length <= 3 && parts[1].All(char.IsAsciiDigit) && int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) is var length && length <= all
            ? $"{Masked(address, length)}/{length}"
            : null;
    }

    // FW-14: 192.0.2.7/24 means 192.0.2.0/24.
    private static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(length - (i * 8), 0, 8));
        return new IPAddress(bytes);
    }
}
