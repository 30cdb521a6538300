using System.Net.Sockets;
using System.Text.Json;

namespace Symbiosis.Watching;

/// <summary>
/// A Unix socket that gives whoever connects one <see cref="StatusReport"/> as JSON and closes. It reads nothing, so nothing can be sent to the root process behind it. Its mode is 0600:
/// findings name files of all customers.
/// </summary>
public sealed class StatusSocket : IDisposable
{
    private readonly Socket _listener;
    private readonly string _path;

    private StatusSocket(Socket listener, string path)
    {
        _listener = listener;
        _path = path;
    }

    /// <summary>Starts to listen, replacing the socket of an earlier process.</summary>
    public static StatusSocket Listen(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // a socket path always has a directory
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(16);
        return new StatusSocket(listener, path);
    }

    /// <summary>Answers until cancelled.</summary>
    public async Task ServeAsync(Func<StatusReport> report, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var client = await _listener.AcceptAsync(cancellationToken);
            client.SendTimeout = 2000;
            try
            {
                using var stream = new NetworkStream(client);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(TimeSpan.FromSeconds(2)); // a reader that does not read must not hold up the next
                await JsonSerializer.SerializeAsync(stream, report(), StatusJson.Default.StatusReport, limit.Token);
            }
            catch (IOException)
            {
                // The reader went away, ignoring.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The reader was too slow, ignoring.
            }
        }
    }

    /// <summary>Asks the running service. Null when no service answers.</summary>
    public static async Task<StatusReport?> AskAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            using var stream = new NetworkStream(socket);
            return await JsonSerializer.DeserializeAsync(stream, StatusJson.Default.StatusReport, cancellationToken);
        }
        catch (SocketException)
        {
            return null; // not running
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(_path);
    }
}
