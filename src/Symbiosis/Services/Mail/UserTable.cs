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
        }

        return text.ToString();
    }

    /// <summary>True when a text can stand in the table.</summary>
    public static bool CanHold(string text) => text.Length > 0 && text[0] != '#' && !text.AsSpan().ContainsAny(':', ' ', '%') && !ControlCharacters.AreIn(text);

    private static string Field(string text) => CanHold(text) ? text : throw new ArgumentException("a passwd-file cannot hold this text", nameof(text));

    // The last field takes the rest of the line, so colons do no harm.
    private static string LastField(string text) => text.Contains(' ') || ControlCharacters.AreIn(text) ? throw new ArgumentException("a passwd-file cannot hold this text", nameof(text)) : text;
}
