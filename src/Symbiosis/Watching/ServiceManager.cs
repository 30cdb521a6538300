using System.Net.Sockets;
using System.Text;

namespace Symbiosis.Watching;

/// <summary>
/// Tells systemd how the service does: readiness, a status line, signs of life (sd_notify(3), sd_watchdog_enabled(3)). One datagram a message; silent when not started by systemd.
/// </summary>
public sealed class ServiceManager : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _address;

    private ServiceManager(Socket? socket, UnixDomainSocketEndPoint? address, TimeSpan? watchdogInterval)
    {
        _socket = socket;
        _address = address;
        WatchdogInterval = watchdogInterval;
    }

    /// <summary>How often <see cref="SayAlive"/> is expected: half of what systemd allows; null when there is no watchdog.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>Reads <c>NOTIFY_SOCKET</c> and <c>WATCHDOG_USEC</c>.</summary>
    public static ServiceManager FromEnvironment()
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
            return new ServiceManager(null, null, null);

        // A leading @ stands for the NUL byte of the abstract namespace.
        var address = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        TimeSpan? interval = long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds / 2.0)
            : null;
        return new ServiceManager(new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified), address, interval);
    }

    /// <summary>The tree is read, applied and watched.</summary>
    public void SayReady() => Send("READY=1");

    /// <summary>One line for <c>systemctl status</c>.</summary>
    public void SayStatus(string line) => Send("STATUS=" + line.ReplaceLineEndings(" "));

    /// <summary>The watchdog's sign of life.</summary>
    public void SayAlive() => Send("WATCHDOG=1");

    /// <summary>Starting needs longer than the unit allows; asks for more.</summary>
    public void ExtendStart(TimeSpan by) => Send($"EXTEND_TIMEOUT_USEC={(long)by.TotalMicroseconds}");

    /// <summary>The service ends by itself or on request.</summary>
    public void SayStopping() => Send("STOPPING=1");

    /// <inheritdoc />
    public void Dispose() => _socket?.Dispose();

    private void Send(string message)
    {
        if (_socket is null || _address is null)
            return;
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(message), _address);
        }
        catch (SocketException)
        {
            // The manager is being restarted; the next sign of life reaches it, ignoring.
        }
    }
}
