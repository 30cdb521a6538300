using System.Net;
using System.Net.Sockets;
using System.Text;
using Symbiosis.Machine;
using Symbiosis.Services;

namespace Symbiosis.Tests.Machine;

public sealed class ProberTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("220 host ESMTP\r\n", "220 ", true)]
    [InlineData("554 go away\r\n", "220 ", false)]
    [InlineData("no line break", "no ", true)]
    [InlineData("", "220 ", false)] // closed at once
    public async Task A_greeting_is_judged_by_how_its_first_line_begins(string greeting, string expected, bool isRight)
    {
        _listener.Start();
        var served = ServeAsync(_listener, greeting);

        var result = await ProbeAsync(send: null, expected, isRight ? TimeSpan.FromSeconds(30) : TimeSpan.FromMilliseconds(300));

        result.End.ShouldBe(isRight ? ProbeEnd.Answered : ProbeEnd.WrongAnswer);
        _listener.Stop();
        await served;
    }

    [Fact]
    public async Task A_question_is_asked()
    {
        _listener.Start();
        var asked = Task.Run(async () =>
        {
            using var client = await _listener.AcceptSocketAsync(Now);
            var buffer = new byte[100];
            var count = await client.ReceiveAsync(buffer, Now);
            await client.SendAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), Now);
            return Encoding.ASCII.GetString(buffer, 0, count);
        }, Now);

        (await ProbeAsync("HEAD / HTTP/1.0\r\n\r\n", "HTTP/1.", TimeSpan.FromSeconds(30))).FirstLine.ShouldBe("HTTP/1.1 200 OK");
        (await asked).ShouldBe("HEAD / HTTP/1.0\r\n\r\n");
    }

    [Fact]
    public async Task A_daemon_that_comes_back_before_the_deadline_is_fine()
    {
        _listener.Start(); // to learn a free port
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _listener.Stop();
        using var back = new TcpListener(IPAddress.Loopback, port);
        var probing = new Prober(TimeProvider.System).ProbeAsync(new Probe("it answers", port, null, "220"), TimeSpan.FromSeconds(30), Now);
        back.Start();
        var served = ServeAsync(back, "220 back\r\n");

        (await probing).End.ShouldBe(ProbeEnd.Answered);
        back.Stop();
        await served;
    }

    [Fact]
    public async Task Nothing_listening_and_silence_are_told_apart()
    {
        _listener.Start();
        (await ProbeAsync(null, "220", TimeSpan.FromMilliseconds(300))).End.ShouldBe(ProbeEnd.Silent); // connected by the kernel, never answered
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _listener.Stop();

        (await new Prober(TimeProvider.System).ProbeAsync(new Probe("it answers", port, null, "220"), TimeSpan.FromMilliseconds(300), Now)).End.ShouldBe(ProbeEnd.NotListening);
    }

    private Task<ProbeResult> ProbeAsync(string? send, string expect, TimeSpan deadline) =>
        new Prober(TimeProvider.System).ProbeAsync(new Probe("it answers", ((IPEndPoint)_listener.LocalEndpoint).Port, send, expect), deadline, Now);

    private static async Task ServeAsync(TcpListener listener, string greeting)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptSocketAsync(Now);
                await client.SendAsync(Encoding.ASCII.GetBytes(greeting), Now);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
