using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>Unix users as mail users of the host's own name (MAIL-58), with the dotted files of their homes.</summary>
internal sealed class UnixUsers
{
    public UnixUsers(Host host, DovecotConfig dovecot, PlainPasswords passwords)
    {
        var account = new MailAccount(host, dovecot, passwords);
        var users = new List<MailUser>();
        foreach (var user in host.Users.Where(user => LocalPart.TryParse(user.Name, out _) && user.Name is not ("root" or "admin") && UserTable.CanHold(user.Home)))
        {
            var address = $"{user.Name}@{host.Name}";
            var (hash, _) = account.ReadPassword(user.Tree[".password"], user.Home, ".password", address);
            var quota = account.ReadQuota(user.Tree[".quota"]) ?? account.ReadQuota(host.Tree[MailSettings.HostQuota]) ?? [];
            users.Add(new MailUser(address, hash, user.Uid, user.Gid, user.Home) { Fields = [dovecot.DottedSieveField, .. quota] });
        }

        Users = users.ToValueList();
        Diagnostics = account.Diagnostics.ToValueList();
    }

    /// <summary>The users, named with the host's name.</summary>
    public ValueList<MailUser> Users { get; }

    /// <summary>What is wrong with their files.</summary>
    public ValueList<Diagnostic> Diagnostics { get; }
}
