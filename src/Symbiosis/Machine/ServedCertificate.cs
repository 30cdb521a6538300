using System.ComponentModel;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Symbiosis.Rendering;

namespace Symbiosis.Machine;

/// <summary>What a client sees that asks a port for the certificate of a name.</summary>
/// <param name="Fingerprint">SHA-256 of the certificate shown, as in <see cref="Model.PublishedCertificate.Fingerprint"/>; null when none came.</param>
/// <param name="Subject">Its subject, or why none came, for people.</param>
internal sealed record ServedCertificate(string? Fingerprint, string Subject)
{
    private const int LongestLineBytes = 4096;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>True when something listens there at all.</summary>
    public bool IsListening { get; init; } = true;

    /// <summary>Connects and asks once. Whether the certificate is trusted does not matter here; which one it is does.</summary>
    public static async Task<ServedCertificate> AskAsync(ShownCertificate place, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            var address = IPAddress.Parse(place.Address);
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(address, place.Port), either.Token);
            await using var plain = new NetworkStream(socket);
            if (await BeginAsync(plain, place.Start, either.Token) is { } refused)
                return new ServedCertificate(null, refused);
            return await ShakeHandsAsync(plain, place.Name, either.Token);
        }
        catch (SocketException exception)
        {
            return new ServedCertificate(null, exception.Message) { IsListening = exception.SocketErrorCode != SocketError.ConnectionRefused };
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or Win32Exception)
        {
            return new ServedCertificate(null, exception.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ServedCertificate(null, $"no answer within {timeout.TotalSeconds:0} s");
        }
    }

    /// <summary>Asks until the wanted certificate is shown or the deadline passes: processes that were busy before a reload may answer for a moment.</summary>
    public static async Task<ServedCertificate> AwaitAsync(ShownCertificate place, string fingerprint, TimeSpan deadline, TimeProvider clock, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        using var retry = new PeriodicTimer(RetryInterval, clock);
        while (true)
        {
            var seen = await AskAsync(place, deadline, clock, cancellationToken);
            if (seen.Fingerprint == fingerprint || !seen.IsListening || clock.GetElapsedTime(started) >= deadline)
                return seen;
            await retry.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static async Task<ServedCertificate> ShakeHandsAsync(Stream plain, string name, CancellationToken cancellationToken)
    {
        ServedCertificate? seen = null;
        await using var secure = new SslStream(plain, leaveInnerStreamOpen: true);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
#pragma warning disable CA5359 // not a decision about trust: nothing is sent over this connection but the end of it
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                seen = certificate is null ? null : new ServedCertificate(certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(), certificate.Subject);
                return true;
            },
#pragma warning restore CA5359
        };
        await secure.AuthenticateAsClientAsync(options, cancellationToken);
        return seen ?? new ServedCertificate(null, "no certificate was sent");
    }

    // Null when TLS may begin.
    private static async Task<string?> BeginAsync(Stream stream, TlsStart start, CancellationToken cancellationToken)
    {
        switch (start)
        {
            case TlsStart.AtOnce:
                return null;
            case TlsStart.Smtp:
                await ReadUntilAsync(stream, line => line is [_, _, _, ' ', ..], cancellationToken);
                await SayAsync(stream, "EHLO localhost\r\n", cancellationToken);
                await ReadUntilAsync(stream, line => line is [_, _, _, ' ', ..], cancellationToken);
                return await AskToBeginAsync("STARTTLS\r\n", "220");
            case TlsStart.Imap:
                await ReadUntilAsync(stream, _ => true, cancellationToken);
                return await AskToBeginAsync("a STARTTLS\r\n", "a OK");
            case TlsStart.Pop3:
                await ReadUntilAsync(stream, _ => true, cancellationToken);
                return await AskToBeginAsync("STLS\r\n", "+OK");
            case TlsStart.ManageSieve:
                await ReadUntilAsync(stream, line => line.StartsWith("OK", StringComparison.Ordinal), cancellationToken);
                return await AskToBeginAsync("STARTTLS\r\n", "OK");
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        async Task<string?> AskToBeginAsync(string command, string agreement)
        {
            await SayAsync(stream, command, cancellationToken);
            var answer = await ReadUntilAsync(stream, _ => true, cancellationToken);
            return answer.StartsWith(agreement, StringComparison.Ordinal) ? null : $"TLS is refused: {answer}";
        }
    }

    private static ValueTask SayAsync(Stream stream, string text, CancellationToken cancellationToken) => stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancellationToken);

    private static async Task<string> ReadUntilAsync(Stream stream, Func<string, bool> isLast, CancellationToken cancellationToken)
    {
        while (true)
        {
            var line = await ReadLineAsync(stream, cancellationToken);
            if (isLast(line))
                return line;
        }
    }

    // A byte at a time: what follows the last line belongs to TLS.
    private static async Task<string> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < LongestLineBytes && await stream.ReadAsync(one, cancellationToken) == 1)
        {
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }

        throw new IOException(line.Length == 0 ? "the connection was closed" : $"an unfinished line came: {line}");
    }
}
