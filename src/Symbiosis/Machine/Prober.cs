using System.Net;
using System.Net.Sockets;
using System.Text;
using Symbiosis.Services;

namespace Symbiosis.Machine;

/// <summary>How a probe ended.</summary>
internal enum ProbeEnd
{
    /// <summary>The answer began as expected.</summary>
    Answered,

    /// <summary>Nothing listens.</summary>
    NotListening,

    /// <summary>It listens, but says nothing in time.</summary>
    Silent,

    /// <summary>It said something else.</summary>
    WrongAnswer,
}

/// <summary>What a probe saw.</summary>
/// <param name="End">How it ended.</param>
/// <param name="FirstLine">First line of the answer; empty when there was none.</param>
internal sealed record ProbeResult(ProbeEnd End, string FirstLine);

/// <summary>Asks a daemon from outside whether it works.</summary>
internal interface IProber
{
    /// <summary>Tries until the daemon answers as expected or the deadline passes.</summary>
    Task<ProbeResult> ProbeAsync(Probe probe, TimeSpan deadline, CancellationToken cancellationToken);
}

/// <summary>Connects to a port on 127.0.0.1, says what the probe says, and reads the first line.</summary>
internal sealed class Prober(TimeProvider clock) : IProber
{
    private const int LongestLineBytes = 1024;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);

    public async Task<ProbeResult> ProbeAsync(Probe probe, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        // A daemon that reloads may close its port for a moment. There is no event for "listens again", so it is asked again until the deadline.
        using var retry = new PeriodicTimer(RetryInterval, clock);
        var result = new ProbeResult(ProbeEnd.Silent, "");
        try
        {
            do
                result = await TryOnceAsync(probe, either.Token);
            while (result.End != ProbeEnd.Answered && await retry.WaitForNextTickAsync(either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline: the last result stands.
        }

        return result;
    }

    private static async Task<ProbeResult> TryOnceAsync(Probe probe, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, probe.Port), cancellationToken);
            if (probe.Send is { } text)
                await socket.SendAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
            var line = await ReadLineAsync(socket, cancellationToken);
            return new ProbeResult(line.StartsWith(probe.Expect, StringComparison.Ordinal) ? ProbeEnd.Answered : ProbeEnd.WrongAnswer, line);
        }
        catch (SocketException)
        {
            return new ProbeResult(ProbeEnd.NotListening, "");
        }
    }

    private static async Task<string> ReadLineAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestLineBytes];
        var length = 0;
        while (length < buffer.Length && Array.IndexOf(buffer, (byte)'\n', 0, length) < 0 && await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var count)
            length += count;
        return Encoding.UTF8.GetString(buffer, 0, length).Split('\n')[0].TrimEnd('\r');
    }
}
