using System.Text.Json;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>Sites that are programs: <c>config/app</c>. The program of the tests shows who it is and what it got, and echoes frames of WebSockets.</summary>
public sealed class AppTests(Sites sites) : HostTest(sites)
{
    private const string Program = """
        #!/usr/bin/python3
        import base64, hashlib, http.server, os, socket, socketserver, sys

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.headers.get('Upgrade', '').lower() == 'websocket':
                    key = self.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
                    self.send_response(101)
                    self.send_header('Upgrade', 'websocket')
                    self.send_header('Connection', 'Upgrade')
                    self.send_header('Sec-WebSocket-Accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
                    self.end_headers()
                    length = self.rfile.read(2)[1] & 127
                    mask = self.rfile.read(4)
                    data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(length)))
                    self.wfile.write(bytes([0x81, length]) + data)
                    return
                got = [self.path] + [self.headers.get(name, '-') for name in ('Host', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Symbiosis-App', 'Max-Forwards')]
                body = f"[uid {os.getuid()}] {' '.join(got)} | {' '.join(sys.argv[1:])}".encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self):
                return 'gate'

        class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True
            allow_reuse_address = True
            address_family = socket.AF_INET if 'PORT' in os.environ else socket.AF_UNIX

        Server(('127.0.0.1', int(os.environ['PORT'])) if 'PORT' in os.environ else os.environ['SOCKET'], Handler).serve_forever()

        """;

    // Says hello to a WebSocket as a browser does (RFC 6455), masked, and prints what comes back.
    private const string WebSocketClient = """
        import socket
        with socket.create_connection(('192.0.2.1', 80), 20) as s:
            s.sendall(b'GET /chat HTTP/1.1\r\nHost: app.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n')
            got = b''
            while b'\r\n\r\n' not in got:
                got += s.recv(1)
            s.sendall(b'\x81\x85\x01\x02\x03\x04' + bytes(b ^ m for b, m in zip(b'hello', b'\x01\x02\x03\x04\x01')))
            while not got.endswith(b'\x81\x05hello'):
                got += s.recv(1)
            print(got)
        """;

    [Theory, Releases]
    public async Task A_program_of_the_owner_is_the_site_until_it_is_taken_away(Debian release)
    {
        var site = await SharedSiteAsync(release);
        var host = site.Host;
        await host.ShellAsync("id carol 2>/dev/null || useradd --create-home carol");
        var carol = (await host.RunAsync("id", "-u", "carol")).Trim();
        await host.PublishAsAsync("carol", "app.example", ("bin/server", Program), ("public/htdocs/index.html", "a page"), ("public/cgi-bin/x", "#!/bin/sh"));
        await host.RunAsync("chmod", "755", "/srv/app.example/bin/server");
        await site.SoonAsync("app.example", 200, "a page");
        // Whatever the words hold, they are words.
        await host.As("carol").WriteAsync("/srv/app.example/config/app", "# the program\nbin/server 'a  b' \"%i $HOME\" ';' \\\\ $SOCKET\n");
        const string words = "| a  b %i $HOME ; \\ /run/symbiosis-app/app.example/app.sock";
        await site.SoonAsync("app.example", 200, words);
        var reloads = await ApacheReloadsAsync(host); // what made the site is over; from here on there are only changes of the program
        foreach (var name in (string[])["app.example", "www.app.example", "shop.app.example", "app.example.testing.host.example.net"])
        {
            (await site.GetAsync(name, "/a%20b/c.php?d=%20e")).Body.ShouldBe($"[uid {carol}] /a%20b/c.php?d=%20e {name} 192.0.2.53 http - - {words}");
            (await site.GetAsync(name, "/cgi-bin/x", scheme: "https")).Body.ShouldStartWith($"[uid {carol}] /cgi-bin/x {name} 192.0.2.53 https ");
        }

        (await site.GetAsync("app.example", "/.well-known/acme-challenge/none")).Status.ShouldBe(404);
        (await site.World.RunAsync("python3", "-c", WebSocketClient)).ShouldContain("101 Switching Protocols");
        // The visitor's own pass, or his word for where he is, counts nothing.
        (await site.World.RunAsync("curl", "-s", "-H", "Host: app.example", "-H", "X-Forwarded-For: 6.6.6.6", "-H", "X-Symbiosis-App: 1", "http://192.0.2.1/")).ShouldStartWith($"[uid {carol}] / app.example 192.0.2.53 http - - ");

        // It is started again when it ends.
        var first = await MainProcessAsync(host);
        await host.RunAsync("kill", "-9", first);
        await Eventually.BecomesAsync(() => MainProcessAsync(host), process => process != first && process != "0", Visitor.Soon);
        await site.SoonAsync("app.example", 200, words);

        // With a port it is in a network of its own, where nobody else reaches it.
        await host.As("carol").WriteAsync("/srv/app.example/config/app-port", "3000\n");
        await host.As("carol").WriteAsync("/srv/app.example/config/app", "./bin/server --port ${PORT}\n");
        await site.SoonAsync("app.example", 200, "| --port 3000");
        (await host.TryRunAsync(["curl", "-sS", "http://127.0.0.1:3000/"])).Error.ShouldContain("connect");
        await host.As("carol").RunAsync("rm", "/srv/app.example/config/app-port");

        // Somebody else starts it: the gate goes to his socket, with the owner's rights.
        await host.As("carol").RunAsync("mkdir", "-p", "/srv/app.example/run");
        await host.RunAsync("systemd-run", "--quiet", "--unit=carols-own", "--uid=carol", "--setenv=SOCKET=/srv/app.example/run/s", "/srv/app.example/bin/server", "her", "own");
        await host.As("carol").WriteAsync("/srv/app.example/config/app", "unix:run/s\n");
        await site.SoonAsync("app.example", 200, "| her own");
        await host.RunAsync("systemctl", "stop", "carols-own");

        // A mistake is told with its place, and shows nobody the files of the program instead.
        await host.As("carol").WriteAsync("/srv/app.example/config/app", "\n'bin/server\n");
        await Eventually.BecomesAsync(() => host.TryRunAsync(["symbiosis", "status"]), status => status.Output.Contains("/srv/app.example/config/app:2:1: error WEB060", StringComparison.Ordinal), Visitor.Soon);
        await Eventually.BecomesAsync(() => site.GetAsync("app.example"), page => page.Status is 502 or 503, Visitor.Soon);

        // A program that ends at once is told with its last words.
        await host.As("carol").WriteAsync("/srv/app.example/config/app", "sh -c 'echo the database is gone >&2; exit 7'\n");
        await Eventually.BecomesAsync(
            () => host.TryRunAsync(["symbiosis", "status"]),
            status => status.Output.Contains("/srv/app.example/config/app: error WEB062: the program ended with status 7; it said last: the database is gone", StringComparison.Ordinal),
            Visitor.Soon);

        await host.As("carol").RunAsync("rm", "/srv/app.example/config/app");
        await site.SoonAsync("app.example", 200, "a page");
        await Eventually.BecomesAsync(
            () => host.ShellAsync("systemctl list-units --all --no-legend 'symbiosis-app@*' 'symbiosis-gate@*'; ls /etc/systemd/system/*.wants | grep -E 'symbiosis-(app|gate)@' || true; ls /run/symbiosis-web/*/app-* /run/symbiosis-app/* 2>/dev/null || true"),
            left => left.Length == 0, TimeSpan.FromSeconds(60));
        (await ApacheReloadsAsync(host)).ShouldBe(reloads, "a program needs no reload of Apache");
    }

    private static async Task<int> ApacheReloadsAsync(DebianMachine host)
    {
        using var status = JsonDocument.Parse((await host.TryRunAsync(["symbiosis", "status", "--json"])).Output);
        return status.RootElement.GetProperty("reloads").GetProperty("apache2").GetInt32();
    }

    private static async Task<string> MainProcessAsync(DebianMachine host) => (await host.RunAsync("systemctl", "show", "--property=MainPID", "--value", "symbiosis-app@app.example.service")).Trim();
}
