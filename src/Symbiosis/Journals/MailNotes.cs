using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services.Mail;

namespace Symbiosis.Journals;

/// <summary>
/// Notes in the tree what Dovecot says of it: when a further password was used last. It writes with the ids of whom the mailbox belongs to and follows no link. What cannot be noted is left:
/// nobody's mail depends on it.
/// </summary>
/// <param name="clock">For the pause when the journal cannot be followed.</param>
/// <param name="srv">Directory of the domains.</param>
/// <param name="tables">Directory of the tables of users.</param>
public sealed class MailNotes(TimeProvider clock, string srv, string tables)
{
    /// <summary>Mail programs log in many times in a minute; a file that says when it was does not need to be more exact than that.</summary>
    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(1);

    private const int MostBytes = 64 << 10;
    private const uint OwnerOnly = 0x180; // 0600

    // Forgotten when there are many: then some are noted once more than needed.
    private const int MostRemembered = 10_000;

    private readonly Dictionary<(string LoginName, int Place), DateTimeOffset> _noted = [];

    /// <summary>Follows the journal until cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var entry in new JournalFollower("dovecot.service", clock).ReadAsync(cancellationToken))
            Take(entry);
    }

    /// <summary>Notes what one message says, if it says anything.</summary>
    public void Take(JournalEntry entry)
    {
        if (AppPasswordUse.Parse(entry.Message) is { } use)
            Note(use);
    }

    private void Note(AppPasswordUse use)
    {
        var key = (use.LoginName, use.Place);
        if (_noted.TryGetValue(key, out var last) && use.Time - last < _interval)
            return;
        if (use.LoginName.Split('@') is not [var name, var domainName] || !LocalPart.TryParse(name, out _) || !DomainName.TryParse(domainName, out var domain))
            return;
        if (ReadTable(domain) is not var (table, changed) || changed > use.Time)
            return; // rewritten since: the place may be another password's by now
        if (UserTable.FindAppPassword(table, use.Place, use.LoginName) is not var (label, mailbox) || mailbox.Split('@') is not [var owner, var ownDomain])
            return;
        if (!LocalPart.TryParse(owner, out _) || !DomainName.TryParse(ownDomain, out _))
            return;
        if (_noted.Count >= MostRemembered)
            _noted.Clear();
        _noted[key] = use.Time;
        var labels = Enumerable.Range(1, AppPassword.MostPerMailbox).Select(place => UserTable.FindAppPassword(table, place, use.LoginName)?.Label).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var root = $"{srv}/{ownDomain}";
        var path = MailSettings.AppPasswordUses(owner);
        var old = TreeAuthor.ReadFile(root, path, MostBytes) ?? "";
        var text = use.AddTo(old, label, labels);
        if (text != old)
            _ = TreeAuthor.ReplaceFile(root, path, text, OwnerOnly); // a full disk or a closed directory: the next login tries again, ignoring
    }

    private (string Text, DateTimeOffset Changed)? ReadTable(DomainName domain)
    {
        using var file = FileDescriptor.OpenRoot($"{tables}/{domain}", Fcntl.O_RDONLY, out _);
        if (file is null || file.ChangeTime() is not { } changed || file.Stat(out var status) != Errno.None)
            return null;
        var content = new byte[status.SizeBytes];
        return file.ReadFully(content, out _) is >= 0 and var count ? (System.Text.Encoding.UTF8.GetString(content, 0, count), changed) : null;
    }
}
