using System.Globalization;
using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>A user as Dovecot knows one (MAIL-170).</summary>
/// <param name="LoginName">The whole address, lower case.</param>
/// <param name="Password">The hash with its prefix, or null when nobody can log in.</param>
/// <param name="Uid">Whom the mail belongs to.</param>
/// <param name="Gid">Its group.</param>
/// <param name="Home">The mailbox directory, or a unix user's home.</param>
internal sealed record MailUser(string LoginName, string? Password, uint Uid, uint Gid, string Home)
{
    /// <summary>The name logs and limits see, when <see cref="LoginName"/> is one of an alias domain (MAIL-65).</summary>
    public string? CanonicalName { get; init; }

    /// <summary>Further fields, such as the quota.</summary>
    public ValueList<string> Fields { get; init; }

    /// <summary>Further passwords, at most <see cref="AppPassword.MostPerMailbox"/>.</summary>
    public ValueList<AppPassword> AppPasswords { get; init; }
}

/// <summary>
/// A passwd-file of Dovecot: <c>name:password:uid:gid::home::fields</c>. It has no quoting, so a text with a colon, a control character or a space is refused, not escaped.
/// </summary>
internal static class UserTable
{
    /// <summary>Matches no password: <c>!</c> is no hash of crypt(3).</summary>
    private const string NoPassword = "{CRYPT}!";

    // About what a line has: the hash 113, address and home 40 each, a quota 32.
    private const int LineLength = 256;

    /// <summary>Renders the users, sorted by name.</summary>
    /// <exception cref="ArgumentException">A field cannot be written; typed names and checked hashes never cause it.</exception>
    public static string Render(IReadOnlyCollection<MailUser> users)
    {
        var text = new StringBuilder(users.Count * LineLength);
        foreach (var user in users.OrderBy(user => user.LoginName, StringComparer.Ordinal))
        {
            text.Append(Field(user.LoginName)).Append(':').Append(Field(user.Password ?? NoPassword)).Append(':')
                .Append(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}::").Append(Field(user.Home)).Append("::");
            if (user.CanonicalName is { } canonical)
                text.Append("user=").Append(LastField(canonical)).Append(" userdb_user=").Append(canonical);
            foreach (var field in user.Fields)
                text.Append(text[^1] == ':' ? "" : " ").Append(LastField(field));
            text.Append('\n');
            AppendAppPasswords(text, user);
        }

        return text.ToString();
    }

    // A line for each further password: the database app-1 looks for "1/bob@example.com". It names only who it is; everything else stands in the line of the user.
    private static void AppendAppPasswords(StringBuilder text, MailUser user)
    {
        for (var i = 0; i < user.AppPasswords.Count; i++)
        {
            text.Append(Field(AppPassword.TableKey(i + 1, user.LoginName))).Append(':').Append(Field(user.AppPasswords[i].Hash))
                .Append("::::::user=").Append(LastField(user.CanonicalName ?? user.LoginName)).Append(' ').Append(LabelField).Append(LastField(user.AppPasswords[i].Label)).Append('\n');
        }
    }

    /// <summary>The label and the canonical name of the further password at a place, as a rendered table holds it; null when there is none.</summary>
    public static (string Label, string Mailbox)? FindAppPassword(string table, int place, string loginName)
    {
        var start = AppPassword.TableKey(place, loginName) + ":";
        foreach (var line in table.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith(start, StringComparison.Ordinal))
                continue;
            var fields = line[(line.LastIndexOf(':') + 1)..].ToString().Split(' ');
            if (fields is [['u', 's', 'e', 'r', '=', .. var mailbox], var label] && label.StartsWith(LabelField, StringComparison.Ordinal))
                return (label[LabelField.Length..], mailbox);
        }

        return null;
    }

    /// <summary>The hash and home of a login name, as a rendered table holds them; null when it is not there.</summary>
    public static (string Hash, string Home)? FindUser(string table, string loginName)
    {
        foreach (var line in table.AsSpan().EnumerateLines())
        {
            if (line.Length > loginName.Length && line[loginName.Length] == ':' && line.StartsWith(loginName, StringComparison.Ordinal))
                return line.ToString().Split(':') is [_, var hash, _, _, _, var home, ..] ? (hash, home) : null;
        }

        return null;
    }

    private const string LabelField = "app_password=";

    /// <summary>True when a text can stand in the table.</summary>
    public static bool CanHold(string text) => text.Length > 0 && text[0] != '#' && !text.AsSpan().ContainsAny(':', ' ', '%') && !ControlCharacters.AreIn(text);

    private static string Field(string text) => CanHold(text) ? text : throw new ArgumentException("a passwd-file cannot hold this text", nameof(text));

    // The last field takes the rest of the line, so colons do no harm.
    private static string LastField(string text) => text.Contains(' ') || ControlCharacters.AreIn(text) ? throw new ArgumentException("a passwd-file cannot hold this text", nameof(text)) : text;
}
