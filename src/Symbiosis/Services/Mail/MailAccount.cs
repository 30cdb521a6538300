using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Services.Mail;

/// <summary>What a password file and quota files make of a user, the same for mailboxes and unix users.</summary>
internal sealed class MailAccount(Host host, DovecotConfig dovecot, PlainPasswords passwords)
{
    public List<Diagnostic> Diagnostics { get; } = [];

    /// <summary>The hash for the users table, or null when nobody can log in; what the file should hold instead, or null when it is right.</summary>
    /// <param name="node">The password file.</param>
    /// <param name="directory">The domain or home it is read in, for diagnostics.</param>
    /// <param name="file">Its path there.</param>
    /// <param name="address">Whose it is.</param>
    public (string? Hash, string? Better) ReadPassword(TreeNode node, string directory, string file, string address)
    {
        if (node.Kind != NodeKind.File)
            return (null, null);
        var stored = StoredPassword.Parse(node.Content.Span);
        switch (stored)
        {
            case StoredPassword.Plain plain:
                var made = passwords.Hash(host.Secret, address, plain);
                return (made, made + "\n");
            case StoredPassword.Hash hash:
                if (hash.IsWeak)
                    ReportWeakHash(Path(), address);
                return (hash.WithPrefix, node.Content.Span.StartsWith("{"u8) ? null : hash.WithPrefix + "\n"); // CORE-32: a bare hash gets the prefix
            case StoredPassword.None none:
                Diagnostics.Add(MailDiagnostics.NoUsablePassword.At(Path(), $"nobody can log in as {address}: {none.Reason}", "write a password, or remove the file"));
                return (null, null);
            case StoredPassword.Refused refused:
                Diagnostics.Add(MailDiagnostics.RefusedPassword.At(Path(), $"nobody can log in as {address}: {refused.Reason}", "write the password in clear; it is hashed at once"));
                return (null, null);
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        string Path() => $"{directory}/{file}"; // only for those few that are wrong
    }

    /// <summary>
    /// What a quota file says, as fields for the users table, or null when it says nothing and the next file is asked (MAIL-53). What is no size was reported when it was read, and counts
    /// as no limit.
    /// </summary>
    public ValueList<string>? ReadQuota(TreeNode node)
    {
        if (node.Value is not SettingValue.Text(var text)) // CORE-20: an empty file sets nothing
            return null;
        return ByteSize.TryParse(text, out var size) && !size.IsUnlimited ? [dovecot.QuotaField(size)] : [];
    }

    private void ReportWeakHash(string path, string address)
    {
        var message = dovecot.RefusesWeakHashes
            ? $"nobody can log in as {address}: Dovecot refuses hashes of this kind as too weak"
            : $"the hash of {address} is too weak for Dovecot 2.4; after an upgrade to Debian 13 nobody can log in with it";
        Diagnostics.Add(MailDiagnostics.WeakHash.At(path, message, "write the password in clear; it is hashed at once"));
    }
}
