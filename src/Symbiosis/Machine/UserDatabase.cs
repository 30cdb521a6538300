using System.Collections.Concurrent;
using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>One line of <c>/etc/passwd</c> (passwd(5)).</summary>
internal sealed record Account(string Name, uint Uid, uint Gid, string Home);

/// <summary>
/// Users and groups, as they were when it was made. The files are read once; only a number that is not in them is asked of the name service, so a host without LDAP never waits for one.
/// </summary>
internal sealed class UserDatabase
{
    private readonly Dictionary<uint, string> _users = [];
    private readonly Dictionary<uint, string> _groups = [];
    private readonly ConcurrentDictionary<uint, string?> _otherUsers = new();
    private readonly ConcurrentDictionary<uint, string?> _otherGroups = new();
    private readonly bool _asksNameService;

    private UserDatabase(bool asksNameService) => _asksNameService = asksNameService;

    /// <summary>Accounts of <c>/etc/passwd</c>, in file order.</summary>
    public IReadOnlyList<Account> Accounts { get; private set; } = [];

    /// <summary>Reads <c>/etc/passwd</c> and <c>/etc/group</c> of this host.</summary>
    /// <exception cref="IOException">One of them cannot be read: then every owner would look unknown.</exception>
    public static UserDatabase Read() => Parse(File.ReadAllText("/etc/passwd"), File.ReadAllText("/etc/group"), asksNameService: true);

    /// <summary>Reads those of a host below a directory, if it has any, otherwise those of this host.</summary>
    public static UserDatabase Read(HostRoot root) =>
        !root.IsReal && File.Exists(root.Prefix + "/etc/passwd") && File.Exists(root.Prefix + "/etc/group")
            ? Parse(File.ReadAllText(root.Prefix + "/etc/passwd"), File.ReadAllText(root.Prefix + "/etc/group"))
            : Read();

    /// <summary>Makes a database from the text of the two files.</summary>
    public static UserDatabase Parse(string passwd, string group, bool asksNameService = false)
    {
        var database = new UserDatabase(asksNameService);
        var accounts = new List<Account>();
        foreach (var line in passwd.AsSpan().EnumerateLines())
        {
            if (line.ToString().Split(':') is not [var name, _, var uidText, var gidText, _, var home, ..] || !uint.TryParse(uidText, out var uid) || !uint.TryParse(gidText, out var gid))
                continue;
            accounts.Add(new Account(name, uid, gid, home));
            database._users.TryAdd(uid, name); // the first of several names wins, as in getpwuid(3)
        }

        foreach (var line in group.AsSpan().EnumerateLines())
        {
            if (line.ToString().Split(':') is [var name, _, var gidText, ..] && uint.TryParse(gidText, out var gid))
                database._groups.TryAdd(gid, name);
        }

        database.Accounts = accounts;
        return database;
    }

    /// <summary>Name of a user, or null when nobody has the number.</summary>
    public string? UserName(uint uid) =>
        _users.TryGetValue(uid, out var name) ? name : _asksNameService ? _otherUsers.GetOrAdd(uid, Pwd.getpwuid) : null;

    /// <summary>Name of a group, or null when none has the number.</summary>
    public string? GroupName(uint gid) =>
        _groups.TryGetValue(gid, out var name) ? name : _asksNameService ? _otherGroups.GetOrAdd(gid, Grp.getgrgid) : null;
}
