using System.Text;
using System.Text.RegularExpressions;
using Symbiosis.Model;

namespace Symbiosis.Services.Web;

/// <summary>One line of a list of users (NET-8, NET-24).</summary>
internal abstract record UserLine(int Line)
{
    /// <summary><c>bob</c> or <c>bob@example.com</c>: a mailbox, with its password.</summary>
    public sealed record Mailbox(int Line, LocalPart Name) : UserLine(Line);

    /// <summary><c>@staff</c>: the mailboxes in <c>groups/staff</c>.</summary>
    public sealed record Group(int Line, string Name) : UserLine(Line);

    /// <summary><c>*</c>: all mailboxes of the domain.</summary>
    public sealed record Everybody(int Line) : UserLine(Line);

    /// <summary><c>name:password</c> or <c>name:hash</c>: somebody without a mailbox.</summary>
    /// <param name="Line">Number of the line.</param>
    /// <param name="Name">Name to log in with.</param>
    /// <param name="Hash">What Apache compares with, or null when the password stands there in clear.</param>
    /// <param name="Plain">The password in clear, or null.</param>
    public sealed record Outsider(int Line, string Name, string? Hash, StoredPassword.Plain? Plain) : UserLine(Line)
    {
        /// <inheritdoc />
        public override string ToString() => $"{Name}:[redacted]";
    }
}

/// <summary>Reads a list of users. A fault never quotes what could be a password.</summary>
/// <param name="Users">What was understood.</param>
/// <param name="Faults">Lines that are left out.</param>
internal sealed partial record UserLines(ValueList<UserLine> Users, ValueList<LineFault> Faults)
{
    private const int MaxLines = 10_000;

    /// <summary>Reads <c>protected/NAME/users</c>.</summary>
    public static UserLines ParseUsers(string text, DomainName domain) => Parse(text, (line, number) => ParseUser(line, number, domain));

    /// <summary>Reads <c>groups/NAME</c>: mailboxes only; a group may not contain groups.</summary>
    public static UserLines ParseGroup(string text, DomainName domain) => Parse(text, (line, number) => ParseUser(line, number, domain) switch
    {
        (UserLine.Mailbox or UserLine.Everybody, null) and var member => member,
        (null, { } fault) when !line.Contains(':') => (null, fault),
        _ => (null, "a group holds mailboxes only"),
    });

    /// <summary>The text with the passwords of some outsiders replaced; everything else stays as it is, byte for byte where it is UTF-8.</summary>
    public static string Replace(string text, IReadOnlyDictionary<int, string> lines)
    {
        var all = text.Split('\n');
        foreach (var (number, line) in lines)
            all[number - 1] = line + (all[number - 1].EndsWith('\r') ? "\r" : "");
        return string.Join('\n', all);
    }

    private static UserLines Parse(string text, Func<string, int, (UserLine? User, string? Fault)> parse)
    {
        var users = new List<UserLine>();
        var faults = new List<LineFault>();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (users.Count == MaxLines)
            {
                faults.Add(new LineFault(number, $"only the first {MaxLines} users are used"));
                break;
            }

            var (user, fault) = parse(line, number);
            if (user is not null)
                users.Add(user);
            else
                faults.Add(new LineFault(number, fault!)); // one of the two is there
        }

        return new UserLines(users.ToValueList(), faults.ToValueList());
    }

    private static (UserLine? User, string? Fault) ParseUser(string line, int number, DomainName domain)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
            return ParseOutsider(line[..colon].TrimEnd(), line[(colon + 1)..].Trim(), number);
        if (line.IndexOf('#', StringComparison.Ordinal) is > 0 and var comment)
            line = line[..comment].TrimEnd();
        if (line == "*")
            return (new UserLine.Everybody(number), null);
        if (line[0] == '@')
            return ObjectName().IsMatch(line[1..]) ? (new UserLine.Group(number, line[1..]), null) : (null, "the group is not one of this domain");
        var name = line;
        if (line.LastIndexOf('@') is > 0 and var at)
        {
            if (!line[(at + 1)..].Equals(domain.Value, StringComparison.OrdinalIgnoreCase))
                return (null, $"only mailboxes of {domain} can be named here");
            name = line[..at];
        }

        return LocalPart.TryParse(name.ToLowerInvariant(), out var mailbox) ? (new UserLine.Mailbox(number, mailbox), null) : (null, "it is neither a mailbox, @group, * nor name:password");
    }

    private static (UserLine? User, string? Fault) ParseOutsider(string name, string secret, int number)
    {
        if (!OutsiderName().IsMatch(name))
            return (null, "the name before the colon may hold 64 letters, digits, dots, dashes and underscores");
        if (AprHash().IsMatch(secret))
            return (new UserLine.Outsider(number, name, secret, null), null);
        return StoredPassword.Parse(Encoding.UTF8.GetBytes(secret)) switch
        {
            StoredPassword.Plain plain => (new UserLine.Outsider(number, name, null, plain), null),
            StoredPassword.Hash { IsCrypt: true } hash => (new UserLine.Outsider(number, name, hash.Value, null), null),
            StoredPassword.Hash => (null, "Apache cannot check a hash of this kind"),
            StoredPassword.Refused refused => (null, $"the password cannot be used: {refused.Reason}"),
            _ => (null, "there is no password behind the colon"),
        };
    }

    /// <summary>Names of areas and groups (NET-6).</summary>
    [GeneratedRegex(@"\A[a-z0-9][a-z0-9_-]{0,31}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    public static partial Regex ObjectName();

    // No '@': a name with one is a mailbox.
    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OutsiderName();

    // What htpasswd(1) makes by itself; only APR knows it.
    [GeneratedRegex(@"\A\$apr1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AprHash();
}
