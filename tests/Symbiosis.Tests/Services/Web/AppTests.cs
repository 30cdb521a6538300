using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Services;
using Symbiosis.Services.Web;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;
using Symbiosis.Watching;

namespace Symbiosis.Tests.Services.Web;

/// <summary>A site that is a program: <c>config/app</c> and <c>config/app-port</c>.</summary>
public sealed class AppTests
{
    private static readonly Host _host = Hosts.Plain with { Packages = [new("apache2", "2.4.71-1~deb12u1"), new("systemd", "252.39-1~deb12u1")] };

    [Theory]
    [InlineData("python3 -m http", "python3|-m|http")]
    [InlineData("a 'b c'd", "a|b cd")]
    [InlineData("a \"b \\\" \\\\ \\n\"", "a|b \" \\ \\n")] // in double quotes a backslash keeps only quotes and itself
    [InlineData("a 'b \\' c", "a|b \\|c")] // in single quotes nothing is special
    [InlineData("a b\\ c \\'", "a|b c|'")]
    [InlineData("a ''", "a|")]
    [InlineData("\t a  ; b | c $HOME * ~", "a|;|b|||c|$HOME|*|~")] // there is no shell
    public void Words_are_split_at_blanks_and_kept_together_by_quotes(string line, string words) => string.Join('|', CommandLine.Split(line, out _, out _).ShouldNotBeNull()).ShouldBe(words);

    [Theory]
    [InlineData("a 'b", 3)]
    [InlineData("ab \"c\\\"", 4)]
    [InlineData("a\\", 2)]
    public void A_quote_that_is_not_closed_is_told_with_its_column(string line, int column)
    {
        CommandLine.Split(line, out var fault, out var at).ShouldBeNull();
        fault.ShouldNotBeEmpty();
        at.ShouldBe(column);
    }

    [Theory]
    [InlineData("bin/server -v", "/srv/example.com/bin/server -v")]
    [InlineData("./server", "/srv/example.com/server")]
    [InlineData("/usr/bin/python3 app.py", "/usr/bin/python3 app.py")]
    [InlineData("gunicorn --bind unix:$SOCKET app:app", "gunicorn --bind unix:/run/symbiosis-app/example.com/app.sock app:app")]
    [InlineData("x ${SOCKET} $HOME", "x /run/symbiosis-app/example.com/app.sock $HOME")]
    [InlineData("# first\n\n  x  \n# last\n", "x")]
    public void The_command_is_found_below_the_domain_and_told_its_socket(string text, string words) => string.Join(' ', Read(text).App!.Command).ShouldBe(words);

    [Theory]
    [InlineData("", 0)]
    [InlineData("# nothing\n", 0)]
    [InlineData("a\nb\n", 2)]
    [InlineData("\na 'b\n", 2)]
    [InlineData("+rm", 1)] // systemd: with all rights
    [InlineData("!rm", 1)]
    [InlineData("-rm", 1)]
    [InlineData("@rm", 1)]
    [InlineData("''", 1)]
    [InlineData("'a b'", 1)]
    [InlineData("../server", 1)]
    [InlineData("bin/../../other.example/server", 1)]
    [InlineData("bin/", 1)]
    [InlineData("a\u0007", 1)]
    [InlineData("unix:", 1)]
    [InlineData("unix:/run/php.sock", 1)]
    [InlineData("unix:../other.example/a.sock", 1)]
    [InlineData("unix:a.sock more", 1)]
    public void What_cannot_be_a_program_is_told_with_its_line(string text, int line)
    {
        var (app, found) = Read(text);

        app.ShouldBeNull();
        found.Single().Kind.Id.ShouldBe("WEB060");
        found.Single().Line.ShouldBe(line);
        found.Single().ToString().ShouldStartWith("/srv/example.com/config/app:");
    }

    [Theory]
    [InlineData("3000\n", 3000)]
    [InlineData("80", null)]
    [InlineData("65536", null)]
    [InlineData("-1", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void A_program_may_have_a_port_of_its_own(string text, int? port)
    {
        var (app, found) = Read("server --port $PORT", ("config/app-port", Text(text)));

        app?.Port.ShouldBe(port);
        found.Select(found => found.Kind.Id).ShouldBe(port is null ? ["WEB060"] : []);
        if (port is not null)
            app!.Command.ShouldBe(["server", "--port", "3000"]);
    }

    [Fact]
    public void A_port_without_a_command_has_no_effect_and_is_told()
    {
        Read("unix:run/a.sock", ("config/app-port", Text("3000"))).Found.Single().Kind.Id.ShouldBe("WEB061");
        Render([("config/app-port", Text("3000"))]).Diagnostics.Single().Kind.Id.ShouldBe("WEB061");
    }

    [Fact]
    public void The_name_of_the_domain_must_fit_into_the_path_of_a_socket()
    {
        var longest = new string('a', 60) + ".net";

        Read("x", longest).App.ShouldNotBeNull();
        OwnerSockets.PathOf("4294967295", AppUnits.GateName(longest)).Length.ShouldBeLessThan(108);
        Read("x", "a" + longest).Found.Single().Kind.Id.ShouldBe("WEB060");
    }

    [Fact]
    public void A_program_is_a_unit_of_the_owner_behind_a_gate_that_only_apache_may_open()
    {
        var files = Render([("config/app", Text("bin/server 'a b' $SOCKET 100%i"))]).Files.ToDictionary(file => file.Path.Value, file => file);

        files["/var/lib/symbiosis/web/names/example.com"].Content.ShouldBe("example.com 1001 app\n");
        var program = files["/etc/systemd/system/symbiosis-app@example.com.service"];
        program.EnabledLink!.Value.ShouldBe("/etc/systemd/system/multi-user.target.wants/symbiosis-app@example.com.service");
        program.Content.ShouldContain("\nUser=1001\nSlice=symbiosis-owner-1001.slice\n");
        program.Content.ShouldContain("\nExecStart=:\"/srv/example.com/bin/server\" \"a b\" \"/run/symbiosis-app/example.com/app.sock\" \"100%%i\"\n");
        program.Content.ShouldNotContain("PrivateNetwork");
        program.Content.ShouldNotContain("RestartSteps"); // systemd 252 does not know it
        var socket = files["/etc/systemd/system/symbiosis-gate@example.com.socket"];
        socket.Content.ShouldContain("\nListenStream=/run/symbiosis-web/1001/app-example.com.sock\n");
        socket.Content.ShouldContain("\nSocketUser=root\nSocketGroup=www-data\nSocketMode=0660\n");
        socket.EnabledLink!.Value.ShouldBe("/etc/systemd/system/sockets.target.wants/symbiosis-gate@example.com.socket");
        files["/etc/systemd/system/symbiosis-gate@example.com.service"].Content.ShouldContain("\nUser=1001\n");
    }

    [Fact]
    public void A_program_with_a_port_is_in_a_network_of_its_own_or_does_not_start()
    {
        var files = Render([("config/app", Text("server")), ("config/app-port", Text("3000"))]).Files.ToDictionary(file => file.Path.Value, file => file.Content);

        var program = files["/etc/systemd/system/symbiosis-app@example.com.service"];
        program.ShouldContain("\nPrivateNetwork=yes\n");
        program.ShouldContain("\nExecStartPre=:\"/usr/bin/awk\" ");
        var gate = files["/etc/systemd/system/symbiosis-gate@example.com.service"];
        gate.ShouldContain("\nJoinsNamespaceOf=symbiosis-app@example.com.service\n");
        gate.ShouldContain(" \"127.0.0.1:3000\"\n");
    }

    [Fact]
    public void A_socket_of_the_domain_is_opened_with_the_rights_of_the_owner_and_nothing_is_started()
    {
        var files = Render([("config/app", Text("unix:run/a.sock"))]).Files.ToDictionary(file => file.Path.Value, file => file.Content);

        files.Keys.ShouldNotContain("/etc/systemd/system/symbiosis-app@example.com.service");
        files["/etc/systemd/system/symbiosis-gate@example.com.service"].ShouldContain(" \"/srv/example.com/run/a.sock\"\n");
    }

    [Fact]
    public void With_a_mistake_the_domain_has_no_program_and_does_not_show_its_files_instead()
    {
        var rendering = Render([("config/app", Text("'")), ("public/htdocs", new TreeNode(NodeKind.Directory))]);

        rendering.Files.ShouldAllBe(file => !file.Path.Value.StartsWith("/etc/systemd", StringComparison.Ordinal));
        rendering.Files.Single(file => file.Role == FileRole.Table).Content.ShouldBe("example.com 1001 app\n");
    }

    [Fact]
    public void The_administrators_program_runs_as_apaches_user_because_he_may_become_root() =>
        new WebModule().RenderDomain(Domains.Make("example.com", ("config/app", Text("server"))), _host).Files
            .Single(file => file.Path.Value.EndsWith("/symbiosis-app@example.com.service", StringComparison.Ordinal)).Content.ShouldContain("\nUser=www-data\nSlice=symbiosis-owner-1000.slice\n");

    [Fact]
    public void Where_systemd_knows_how_a_program_is_started_again_ever_more_slowly() =>
        new WebModule().RenderDomain(Domains.Make("example.com", ("config/app", Text("server"))), _host with { Packages = [new("apache2", "2.4.71-1"), new("systemd", "257.9-1~deb13u1")] }).Files
            .Single(file => file.Path.Value.EndsWith("/symbiosis-app@example.com.service", StringComparison.Ordinal)).Content.ShouldContain("\nRestartSteps=8\nRestartMaxDelaySec=60s\n");

    [Fact]
    public async Task A_program_that_ended_is_told_with_its_last_words()
    {
        const string shown = """
            Id=symbiosis-app@fine.example.service
            ActiveState=active
            SubState=running
            NRestarts=0
            ActiveEnterTimestampMonotonic=1
            ExecMainCode=0
            ExecMainStatus=0

            Id=symbiosis-app@ended.example.service
            ActiveState=activating
            SubState=auto-restart
            NRestarts=3
            ActiveEnterTimestampMonotonic=1
            ExecMainCode=1
            ExecMainStatus=7

            """;
        var runner = new Systemd(shown, "one\nno such module\n\n");

        var found = await SupervisedUnitSurvey.FindEndedAsync(runner, new WebModule().Supervised, HostPath.Parse("/srv"), TestContext.Current.CancellationToken);

        found.Single().ToString().ShouldBe("/srv/ended.example/config/app: error WEB062: the program ended with status 7; it said last: no such module (hint: journalctl -u symbiosis-app@ended.example.service)");
    }

    private static TreeNode Text(string text) => new(NodeKind.File) { Content = new ByteString(Encoding.UTF8.GetBytes(text)) };

    private static (App? App, List<Diagnostic> Found) Read(string text, params (string, TreeNode)[] more)
    {
        var found = new List<Diagnostic>();
        return (App.Read(Domains.Make("example.com", [("config/app", Text(text)), .. more]), found), found);
    }

    private static (App? App, List<Diagnostic> Found) Read(string text, string domain)
    {
        var found = new List<Diagnostic>();
        return (App.Read(Domains.Make(domain, ("config/app", Text(text))), found), found);
    }

    private static DomainRendering Render((string, TreeNode)[] nodes) =>
        new WebModule().RenderDomain(Domains.Make("example.com", nodes) with { Owner = new Owner(1001, 1001, "carol", "carol") }, _host);

    private sealed class Systemd(string shown, string journal) : ICommandRunner
    {
        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken) =>
            Task.FromResult(new CommandResult(command, CommandEnd.Exited, 0, command.Program.EndsWith("systemctl", StringComparison.Ordinal) ? shown : journal, ""));
    }
}
