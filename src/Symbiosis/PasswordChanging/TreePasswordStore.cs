using System.Security.Cryptography;
using System.Text;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services.Mail;
using Symbiosis.Tree;

namespace Symbiosis.PasswordChanging;

/// <summary>
/// Passwords of mailboxes and unix users. Who there is says the table of users that Dovecot logs in by, so one file is read and not all mailboxes; only the mailbox's own password counts there,
/// not the further ones. The new password is written into the tree with the ids of whom the mailbox belongs to, as a hash unless the domain keeps its passwords as typed.
/// </summary>
/// <param name="commands">Runs pwscore(1).</param>
/// <param name="tables">Directory of the tables.</param>
/// <param name="hostName">The realm of bare names.</param>
public sealed class TreePasswordStore(ICommandRunner commands, string tables, DomainName hostName) : IPasswordStore
{
    private const string StrengthTest = "/usr/bin/pwscore";
    private const int MostFlagBytes = 4096;
    private const uint OwnerOnly = 0x180; // 0600
    private const string SaltAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int SaltLength = 16;

    /// <inheritdoc />
    public bool IsPassword(string login, ReadOnlySpan<byte> password)
    {
        if (Find(login) is { } user)
            return Crypt.Check(StoredPassword.Parse(Encoding.UTF8.GetBytes(user.Hash)), password) == PasswordCheck.Accepted;

        // An unknown user takes as long as a known one.
        _ = Crypt.HashSha512("nobody"u8, "saltsaltsaltsalt");
        return false;
    }

    /// <inheritdoc />
    public async Task<string?> FindWeaknessAsync(string login, ReadOnlyMemory<byte> password, CancellationToken cancellationToken)
    {
        // With the name, a password made of it is refused as well (pwscore(1)).
        var name = new string([.. login.Split('@')[0].Where(char.IsAsciiLetterOrDigit)]);
        var outcome = await commands.RunAsync(
            new Command(StrengthTest, name.Length == 0 ? [] : [name]) { Input = Encoding.UTF8.GetString(password.Span) + "\n", Timeout = TimeSpan.FromSeconds(10) }, cancellationToken);
        if (outcome.Succeeded)
            return null;
        var reason = outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return outcome.End == CommandEnd.Exited && reason.Length > 0 ? reason[^1] : "the strength of the password cannot be tested now";
    }

    /// <inheritdoc />
    public string? Change(string login, ReadOnlySpan<byte> password)
    {
        if (Find(login) is not { } user)
            return "there is no such user";
        var hash = "{CRYPT}" + Crypt.HashSha512(password, RandomNumberGenerator.GetString(SaltAlphabet, SaltLength)) + "\n";
        if (user.Home.Split('/') is ["", "srv", var domain, "mailboxes", var mailbox])
        {
            var root = $"/srv/{domain}";
            return TreeAuthor.ReplaceFile(root, MailSettings.Password(mailbox), KeepsPlain(root) && IsPlain(password) ? Encoding.UTF8.GetString(password) + "\n" : hash, OwnerOnly)?.Reason;
        }

        var slash = user.Home.LastIndexOf('/');
        return slash <= 0 ? "the home is not usual" : TreeAuthor.ReplaceFile(user.Home[..slash], $"{user.Home[(slash + 1)..]}/.password", hash, OwnerOnly)?.Reason;
    }

    // MAIL-61. What cannot be read by the owner counts as not set, which hashes.
    private static bool KeepsPlain(string root) =>
        TreeAuthor.ReadFile(root, MailSettings.KeepPlainPasswords, MostFlagBytes) is { } text
        && new TreeNode(NodeKind.File) { Content = Encoding.UTF8.GetBytes(text) }.Value.IsSet;

    // Some passwords would be read back as something else: a hash, a switch, or without the spaces at their ends.
    private static bool IsPlain(ReadOnlySpan<byte> password) => StoredPassword.Parse(password) is StoredPassword.Plain plain && password.SequenceEqual(plain.Bytes);

    private (string Hash, string Home)? Find(string login)
    {
        var address = login.Contains('@', StringComparison.Ordinal) ? login : $"{login}@{hostName}";
        if (address.Split('@') is not [var name, var domainText] || !LocalPart.TryParse(name, out _) || !DomainName.TryParse(domainText, out var domain))
            return null;
        using var file = FileDescriptor.OpenRoot($"{tables}/{domain}", Fcntl.O_RDONLY, out _);
        if (file is null || file.Stat(out var status) != Errno.None)
            return null;
        var content = new byte[status.SizeBytes];
        return file.ReadFully(content, out _) is >= 0 and var count ? UserTable.FindUser(Encoding.UTF8.GetString(content, 0, count), address) : null;
    }
}
