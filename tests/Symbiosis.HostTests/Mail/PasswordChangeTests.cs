using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Mail;

/// <summary>Case 15: poppassd, by which web mail changes a password.</summary>
public sealed class PasswordChangeTests(Sites sites) : MailTest(sites)
{
    // Says some lines and prints the answers; the last line is how long they took together.
    private const string Talk = """
        import socket, sys, time
        lines = socket.create_connection((sys.argv[1], 106), timeout=60).makefile("rwb", 0)
        began = time.monotonic()
        print(lines.readline().decode().strip())
        for line in sys.argv[2:]:
            lines.write(line.encode() + b"\r\n")
            print(lines.readline().decode().strip())
        print("%.1f" % (time.monotonic() - began))
        """;

    // What the package cracklib-runtime makes on a host with network: the dictionary, in the library's own format.
    private const string MakeDictionary = """
        import ctypes, os
        os.makedirs("/var/cache/cracklib", exist_ok=True)
        crack = ctypes.CDLL("libcrack.so.2")
        crack.PWOpen.restype = ctypes.c_void_p
        dictionary = ctypes.c_void_p(crack.PWOpen(b"/var/cache/cracklib/cracklib_dict", b"w"))
        for word in (b"password", b"secret", b"typewriter", b"welcome"):
            assert crack.PutPW(dictionary, word) == 0
        assert crack.PWClose(dictionary) == 0
        """;

    [Theory, Releases]
    public async Task Case_15_a_password_is_changed_when_the_old_one_is_right_and_the_new_one_strong(Debian release)
    {
        var site = await MailSiteAsync(release);
        const string Strong = "purple Kettle 71 harbour";
        await site.Host.ShellAsync("""
            install -d -o admin -g admin /srv/example.com/mailboxes/dora
            echo first-one | install -o admin -g admin -m 600 /dev/stdin /srv/example.com/mailboxes/dora/password
            useradd --create-home fred && chmod 700 /home/fred
            echo fredpass | install -o fred -g fred -m 600 /dev/stdin /home/fred/.password
            """);
        await LoginWorksAsync(site, "dora@example.com", "first-one");
        await LoginWorksAsync(site, "fred", "fredpass");

        // Without a dictionary nothing is let through untested.
        (await PythonAsync(site.Host, Talk, "127.0.0.1", "USER dora@example.com", "PASS first-one", $"NEWPASS {Strong}", "QUIT")).ShouldContain("\n400 ");
        await PythonAsync(site.Host, MakeDictionary);

        var weak = await PythonAsync(site.Host, Talk, "127.0.0.1", "USER dora@example.com", "PASS first-one", "NEWPASS typewriter", "QUIT");
        weak.Split('\n')[..3].Select(line => line[..3]).ShouldBe(["200", "300", "200"]);
        weak.Split('\n')[3].ShouldMatch("^400 .*based on a dictionary word");
        (await PythonAsync(site.Host, Talk, "127.0.0.1", "NEWPASS x", "PASS x", "NOOP")).ShouldMatch(@"^200 .*\n400 .*\n400 .*\n500 ");

        // Wrong for somebody and for nobody: the same words after the same three seconds, and others are served meanwhile.
        var wrong = await PythonAsync(site.Host, """
            import socket, time
            def start(user):
                lines = socket.create_connection(("127.0.0.1", 106), timeout=60).makefile("rwb", 0)
                lines.readline()
                lines.write(b"USER " + user + b"\r\n")
                lines.readline()
                return lines
            waiting = [start(user) for user in (b"dora@example.com", b"nobody@example.com", b"dora@../../example.com")]
            began = time.monotonic()
            for lines in waiting:
                lines.write(b"PASS wrong\r\n")
            other = start(b"dora@example.com")
            other.write(b"PASS first-one\r\n")
            assert other.readline().startswith(b"200"), "served meanwhile"
            for lines in waiting:
                print(lines.readline().decode().strip())
            print(time.monotonic() - began >= 3)
            """);
        wrong.ShouldBe("500 Incorrect login\n500 Incorrect login\n500 Incorrect login\nTrue\n");

        foreach (var (login, old, file, owner) in new[]
        {
            ("dora@example.com", "first-one", "/srv/example.com/mailboxes/dora/password", "admin:admin 600"),
            ("fred", "fredpass", "/home/fred/.password", "fred:fred 600"),
        })
        {
            (await PythonAsync(site.Host, Talk, login == "fred" ? "::1" : "127.0.0.1", $"USER {login}", $"PASS {old}", $"NEWPASS {Strong}", "QUIT")).ShouldMatch(@"^200 .*\n300 .*\n200 .*\n200 Password changed\n200 ");
            await LoginWorksAsync(site, login, Strong);
            (await site.Host.TryRunAsync(["doveadm", "auth", "test", login, old])).Succeeded.ShouldBeFalse();
            (await site.Host.ReadAsync(file)).ShouldStartWith("{CRYPT}$6$");
            (await site.Host.RunAsync("stat", "--format=%U:%G %a", file)).Trim().ShouldBe(owner);
        }

        (await site.Host.ShellAsync("journalctl -t poppassd -o cat")).ShouldContain("password of dora@example.com changed");
        (await site.World.TryRunAsync(["python3", "-c", $"import socket; socket.create_connection(('{HostAddress}', 106), timeout=5)"])).Succeeded.ShouldBeFalse();
    }
}
