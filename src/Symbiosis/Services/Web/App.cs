using System.Globalization;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>A site that is a program: what <c>config/app</c> and <c>config/app-port</c> of a domain say.</summary>
internal sealed record App
{
    public const string SettingPath = "config/app";
    public const string PortPath = "config/app-port";

    /// <summary>Characters a domain's name may have so that the path of its socket fits into sockaddr_un (unix(7): 108 bytes).</summary>
    public const int LongestName = 64;

    /// <summary>Bytes of the path of a socket, without the NUL at its end.</summary>
    private const int LongestSocketPath = 107;

    private const string SocketMark = "unix:";

    internal static readonly DiagnosticKind Unusable = new("WEB060", Severity.Error, "config/app or config/app-port of a domain cannot be used; the domain has no program");

    internal static readonly DiagnosticKind PortAlone = new("WEB061", Severity.Warning, "config/app-port has no effect, because config/app names no command");

    internal static readonly DiagnosticKind NotRunning = new("WEB062", Severity.Error, "The program of a site has ended; it is started again and again");

    /// <summary>The words of the command, the first an absolute path or the name of a program; empty when somebody else starts it.</summary>
    public ValueList<string> Command { get; private init; }

    /// <summary>The socket of a program that somebody else starts, or null.</summary>
    public string? Socket { get; private init; }

    /// <summary>The TCP port on which the command listens; null when it listens on the socket that it is told.</summary>
    public int? Port { get; private init; }

    /// <summary>True when the domain asks for a program, also when what it says cannot be used.</summary>
    public static bool IsAskedFor(Domain domain) => SiteSetting.Of(domain, SettingPath).Exists;

    /// <summary>Where the program of a domain listens when it is told by <c>$SOCKET</c>.</summary>
    public static string SocketOf(DomainName domain) => $"/run/symbiosis-app/{domain}/app.sock";

    /// <summary>What the domain asks for; null when there is no program, or when what it says cannot be used, which is reported.</summary>
    public static App? Read(Domain domain, ICollection<Diagnostic> diagnostics)
    {
        var node = SiteSetting.Of(domain, SettingPath);
        var portNode = SiteSetting.Of(domain, PortPath);
        var path = domain.PathOf(SettingPath);
        if (!node.Exists)
        {
            if (portNode.Exists)
                diagnostics.Add(PortAlone.At(domain.PathOf(PortPath), "has no effect without config/app", $"write the command into {path}"));
            return null;
        }

        var fault = Refuse(diagnostics, path);
        if (node.Kind != NodeKind.File)
            return fault(0, 0, node.Fault ?? "is not a file", null);
        if (domain.Name.Value.Length > LongestName)
            return fault(0, 0, $"the name of the domain is longer than the {LongestName} characters that fit into the path of a socket", "give the program a shorter domain");
        var lines = node.Text.Split('\n').Select((text, index) => (Text: text.Trim(), Line: index + 1)).Where(line => line.Text.Length > 0 && line.Text[0] != '#').ToList();
        if (lines.Count == 0)
            return fault(0, 0, "holds no command", "write one line, such as: bin/server --bind unix:$SOCKET");
        var (command, number) = lines[0];
        if (lines.Count > 1)
            return fault(lines[1].Line, 1, "there may be one command only", "put the second one into a script, or start it from the first");
        if (command.Any(char.IsControl))
            return fault(number, 0, "the command holds a control character", null);
        if (CommandLine.Split(command, out var reason, out var column) is not { } words)
            return fault(number, column, reason, null);
        return words[0].StartsWith(SocketMark, StringComparison.Ordinal)
            ? ReadSocket(domain, words, number, portNode, diagnostics, fault)
            : ReadCommand(domain, words, number, portNode, diagnostics, fault);
    }

    private static App? ReadSocket(Domain domain, ValueList<string> words, int line, TreeNode port, ICollection<Diagnostic> diagnostics, Func<int, int, string, string?, App?> fault)
    {
        var relative = words[0][SocketMark.Length..];
        if (words.Count > 1)
            return fault(line, 1, "nothing may follow the socket", null);
        if (!IsPathBelow(relative))
            return fault(line, 1, $"'{relative}' is not a path below the domain's directory", "write it without a slash in front and without '..', such as unix:run/app.sock");
        var path = domain.PathOf(relative);
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestSocketPath)
            return fault(line, 1, $"the path of the socket is longer than {LongestSocketPath} bytes", null);
        if (port.Exists)
            diagnostics.Add(PortAlone.At(domain.PathOf(PortPath), "has no effect, because config/app names a socket", "remove it"));
        return new App { Socket = path };
    }

    private static App? ReadCommand(Domain domain, ValueList<string> words, int line, TreeNode portNode, ICollection<Diagnostic> diagnostics, Func<int, int, string, string?, App?> fault)
    {
        var program = words[0];
        // systemd gives signs in front of a program a meaning, one of them all rights (systemd.service(5)); a path of ours begins with a slash.
        if (program.Contains('/'))
            program = program[0] == '/' ? program : domain.PathOf(program.StartsWith("./", StringComparison.Ordinal) ? program[2..] : program);
        else if (program.Length == 0 || !char.IsAsciiLetterOrDigit(program[0]) || !program.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+'))
            return fault(line, 1, $"'{program}' is not the name of a program", "write its path, such as bin/server or /usr/bin/python3");
        if (program.EndsWith('/') || program.Split('/').Contains(".."))
            return fault(line, 1, $"'{words[0]}' is not the path of a program", null);
        int? port = null;
        if (portNode.Exists)
        {
            if (portNode.Kind != NodeKind.File || !int.TryParse(portNode.Text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1024 or > 65535)
                return Refuse(diagnostics, domain.PathOf(PortPath))(1, 1, "is not a port", "write a number from 1024 to 65535, such as 3000");
            port = number;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal) { [port is null ? "SOCKET" : "PORT"] = port?.ToString(CultureInfo.InvariantCulture) ?? SocketOf(domain.Name) };
        return new App { Command = words.Skip(1).Select(word => Expand(word, values)).Prepend(program).ToValueList(), Port = port };
    }

    private static string Expand(string word, Dictionary<string, string> values) =>
        values.Aggregate(word, (text, value) => text.Replace($"${{{value.Key}}}", value.Value, StringComparison.Ordinal).Replace($"${value.Key}", value.Value, StringComparison.Ordinal));

    private static bool IsPathBelow(string path) => path.Length > 0 && path.Split('/').All(part => part is not ("" or "." or "..")) && !path.Any(char.IsWhiteSpace);

    private static Func<int, int, string, string?, App?> Refuse(ICollection<Diagnostic> diagnostics, string path) => (line, column, message, hint) =>
    {
        diagnostics.Add(Unusable.At(path, message, hint, line, column));
        return null;
    };
}
