using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Mail;

/// <summary>One domain's mail: reads its tree and renders its tables.</summary>
internal sealed class MailDomain(Domain domain, Host host, DovecotConfig? dovecot, bool isEximInstalled, PlainPasswords passwords)
{
    private const string EximUser = "Debian-exim";

    private readonly List<RenderedFile> _files = [];
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly List<Contribution> _contributions = [];
    private readonly List<TreeChange> _treeChanges = [];
    private readonly List<LoadedFile> _loads = [];

    public DomainRendering Render()
    {
        if (domain.Tree.MailboxNames.Count > 0)
            _contributions.Add(MailModule.FactOfMailboxes);
        if (dovecot is not null)
        {
            RenderUsers(dovecot);
            RenderServerNames(dovecot);
        }

        if (isEximInstalled)
        {
            RenderAliasDomains();
            RenderAliases();
            RenderPolicy();
            _files.AddRange(MailCertificate.RenderExim(domain));
            CheckForwards();
            CheckAccess();
        }

        return new DomainRendering
        {
            Files = _files.ToValueList(),
            Loads = _loads.ToValueList(),
            Contributions = _contributions.ToValueList(),
            Diagnostics = _diagnostics.ToValueList(),
            TreeChanges = _treeChanges.ToValueList(),
        };
    }

    // One table for each name of the domain. Users of an alias domain log in as themselves: the field "user" says who they are (MAIL-9, MAIL-65).
    private void RenderUsers(DovecotConfig language)
    {
        var mailboxes = ReadMailboxes(language);
        var because = $"mailboxes of {domain.Directory} (MAIL-170)";
        if (mailboxes.Count > 0 || domain.Name == host.Name)
            AddUsers(domain.Name, mailboxes, language, because);
        foreach (var alias in domain.Aliases)
        {
            var users = mailboxes.Select(user => user with { LoginName = user.LoginName[..user.LoginName.IndexOf('@')] + "@" + alias, CanonicalName = user.LoginName }).ToList();
            if (users.Count > 0 || alias == host.Name)
                AddUsers(alias, users, language, $"{because}, which {MailPaths.Tree}/{alias} leads to (MAIL-9)");
        }
    }

    private void RenderServerNames(DovecotConfig language)
    {
        if (MailCertificate.RenderDovecot(domain, language) is not { } file)
            return;
        _files.Add(file);
        _loads.Add(MailCertificate.LoadOf(domain.Name, domain.Certificate, MailCertificate.NamesOf(domain).First(name => name[0] != '*'), host));
    }

    private void AddUsers(DomainName name, List<MailUser> users, DovecotConfig language, string because)
    {
        if (name == host.Name)
        {
            // MAIL-58: unix users share the name, and a mailbox of the same address wins.
            var unix = new UnixUsers(host, language, passwords);
            _diagnostics.AddRange(unix.Diagnostics);
            var taken = users.Select(user => user.LoginName).ToHashSet(StringComparer.Ordinal);
            users = [.. users, .. unix.Users.Where(user => !taken.Contains(user.LoginName))];
            _contributions.Add(MailModule.FactOfHostUsers);
        }

        _files.Add(MailModule.UserTableFile(name, users, because));
    }

    private List<MailUser> ReadMailboxes(DovecotConfig language)
    {
        var account = new MailAccount(host, language, passwords);
        var users = new List<MailUser>();
        var furtherPasswords = FindAppPasswordFiles();
        var keepsPlain = domain.Tree[MailSettings.KeepPlainPasswords].Value.IsSet;
        var domainQuota = account.ReadQuota(domain.Tree[MailSettings.DomainQuota]) ?? account.ReadQuota(host.Tree[MailSettings.HostQuota]) ?? [];
        foreach (var name in domain.Tree.MailboxNames)
        {
            var directory = domain.Tree[MailSettings.Mailbox(name)];
            var path = domain.PathOf(MailSettings.Mailbox(name));
            if (LocalPart.FindFault(name) is { } fault)
            {
                _diagnostics.Add(MailDiagnostics.UnusableName.At(path, $"is no name for a mailbox: {fault}", "rename the directory"));
                continue;
            }

            if (directory.IsLinked)
            {
                _diagnostics.Add(MailDiagnostics.LinkedMailbox.At(path, "is a link, and Exim takes none for a mailbox", "make it a directory; for another address of a mailbox write config/aliases"));
                continue;
            }

            if (!Owner.IsPerson(directory.Uid) || !Owner.IsPerson(directory.Gid))
            {
                _diagnostics.Add(MailDiagnostics.SystemOwner.At(
                    path,
                    $"belongs to a system account (uid {directory.Uid}, gid {directory.Gid}); mail for it waits",
                    $"chown -R {domain.Owner.UserName}:{domain.Owner.GroupName} {path}"));
                continue;
            }

            var address = $"{name}@{domain.Name}";
            var passwordPath = MailSettings.Password(name);
            var password = domain.Tree[passwordPath];
            var (hash, better) = account.ReadPassword(password, domain.Directory.Value, passwordPath, address);
            KeepSecret(passwordPath, password, better, keepsPlain);
            var quota = account.ReadQuota(domain.Tree[MailSettings.Quota(name)]) ?? domainQuota; // MAIL-53
            users.Add(new MailUser(address, hash, directory.Uid, directory.Gid, path)
            {
                Fields = quota,
                AppPasswords = ReadAppPasswords(account, name, address, furtherPasswords[name], keepsPlain),
            });
        }

        _diagnostics.AddRange(account.Diagnostics);
        return users;
    }

    // Once for all mailboxes: looking below each of very many directories would look at everything as often. Most domains have none.
    private ILookup<string, string> FindAppPasswordFiles()
    {
        var directories = domain.Tree.MailboxNames.Where(name => domain.Tree[MailSettings.AppPasswords(name)].Kind == NodeKind.Directory).ToHashSet(StringComparer.Ordinal);
        var paths = directories.Count == 0 ? [] : domain.Tree.Nodes.Keys.Where(path => path.Contains("/passwords.d/", StringComparison.Ordinal));
        return paths.Select(path => (Path: path, Mailbox: path.Split('/')[1]))
            .Where(file => directories.Contains(file.Mailbox))
            .ToLookup(file => file.Mailbox, file => file.Path, StringComparer.Ordinal);
    }

    private ValueList<AppPassword> ReadAppPasswords(MailAccount account, string mailbox, string address, IEnumerable<string> paths, bool keepsPlain)
    {
        var directory = MailSettings.AppPasswords(mailbox);
        var found = new List<AppPassword>();
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            var label = path[(directory.Length + 1)..];
            var node = domain.Tree[path];
            if (label.StartsWith('.') || label.EndsWith('~'))
                continue; // what an editor leaves, and our own temporary files
            if (AppPassword.FindFault(label) is { } fault)
            {
                _diagnostics.Add(MailDiagnostics.BadAppPassword.At(domain.PathOf(path), $"nobody can log in with it: of its name, {fault}", "rename it, for example phone"));
                continue;
            }

            if (found.Count == AppPassword.MostPerMailbox)
            {
                _diagnostics.Add(MailDiagnostics.BadAppPassword.At(domain.PathOf(directory), $"holds more than {AppPassword.MostPerMailbox} passwords; {label} and those after it do not count", "remove those that are not used"));
                break;
            }

            // The salt must differ from that of the mailbox's own password, should both be the same.
            var (hash, better) = account.ReadPassword(node, domain.Directory.Value, path, $"{address} {label}");
            if (!domain.Tree[directory].IsLinked)
                KeepSecret(path, node, better, keepsPlain);
            if (hash is not null)
                found.Add(new AppPassword(label, hash));
        }

        return found.ToValueList();
    }

    // MAIL-61: a plain password becomes its hash. CORE-23: and only its owner may read the file.
    private void KeepSecret(string path, TreeNode password, string? better, bool keepsPlain)
    {
        const UnixFileMode NotForOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (password.Kind != NodeKind.File || password.IsLinked || domain.Tree[MailSettings.Mailboxes].IsLinked)
            return; // no link is followed for writing
        if (better is not null && !keepsPlain)
        {
            _treeChanges.Add(new TreeChange.ReplaceSecret(domain.Name, path, password.Content, better, "a password is stored as {CRYPT} and its hash (MAIL-61)"));
        }
        else if ((password.Mode & NotForOthers) != UnixFileMode.None)
        {
            _diagnostics.Add(MailDiagnostics.ReadablePassword.At(domain.PathOf(path), "can be read by others than its owner", "it becomes mode 0600"));
            if (password.Content.Span.SequenceEqual(Encoding.UTF8.GetBytes(password.Text))) // bytes that are not text would not survive being written as text
                _treeChanges.Add(new TreeChange.ReplaceSecret(domain.Name, path, password.Content, password.Text, "only its owner may read a password (CORE-23)"));
        }
    }

    // The host's own name is never an alias for Exim: root@HOST must stay root's. Exim finds its mailboxes through the link.
    private void RenderAliasDomains() => _files.AddRange(domain.Aliases.Where(alias => alias != host.Name).Select(alias => MailModule.EximTable(
        MailPaths.AliasDomains.Join(alias.Value), domain.Name.Value + "\n", $"{MailPaths.Tree}/{alias} leads to {domain.Directory} (MAIL-9)")));

    private void RenderAliases()
    {
        var node = domain.Tree[MailSettings.Aliases];
        var path = domain.PathOf(MailSettings.Aliases);
        if (node.Kind != NodeKind.File)
            return; // absent, or reported by the reader
        var aliases = AliasFile.Parse(node.Text);
        _diagnostics.AddRange(aliases.Faults.Select(fault => MailDiagnostics.BadAlias.At(path, fault.Message, "write NAME: TARGET, TARGET", fault.Line)));
        _files.Add(MailModule.EximTable(MailPaths.AliasLists.Join(domain.Name.Value), AliasTable.Render(aliases.Entries), $"{path} (MAIL-30)"));
    }

    private void RenderPolicy()
    {
        var policy = new MailPolicy(domain, host);
        var text = policy.Render();
        _diagnostics.AddRange(policy.Diagnostics);
        if (text.Length == 0)
            return;
        foreach (var name in domain.Aliases.Prepend(domain.Name))
            _files.Add(MailModule.EximTable(MailPaths.Policies.Join(name.Value), text, $"limits, block lists and signatures of {domain.Directory} (MAIL-163)"));
        if (policy.Dkim is null)
            return;
        _files.Add(MailModule.EximTable(MailPaths.DkimKeys.Join(domain.Name.Value), domain.Tree[MailSettings.DkimKey].Text, $"{domain.PathOf(MailSettings.DkimKey)} (MAIL-122)"));
        _contributions.Add(new WantedRecord($"{policy.Dkim.Selector}._domainkey.{domain.Name}", "TXT", policy.Dkim.Record));
    }

    // MAIL-24: Exim does not read a file that anybody may write, and the mail waits.
    private void CheckForwards()
    {
        foreach (var path in domain.Tree.MailboxNames.Select(MailSettings.Forward).Append(MailSettings.DefaultForward))
        {
            if (domain.Tree[path].Exists && domain.Tree[path].Mode.HasFlag(UnixFileMode.OtherWrite))
                _diagnostics.Add(MailDiagnostics.WritableForward.At(domain.PathOf(path), "can be written by everybody, so it is not used; mail waits", $"chmod o-w {domain.PathOf(path)}"));
        }
    }

    // MAIL-162, MAIL-164: verification at RCPT time runs as Debian-exim and must see which mailboxes there are. For dsearch Exim opens the directory, so there searching is not enough.
    private void CheckAccess()
    {
        const UnixFileMode Search = UnixFileMode.OtherExecute;
        foreach (var (path, rights, letters) in new[] { ("", Search, "--x"), (MailSettings.Mailboxes, Search | UnixFileMode.OtherRead, "r-x"), (MailSettings.Config, Search, "--x") })
        {
            var node = domain.Tree[path];
            if (node.Kind != NodeKind.Directory || node.Permits(EximUser, rights))
                continue;
            var full = path.Length == 0 ? domain.Directory.Value : domain.PathOf(path);
            _diagnostics.Add(MailDiagnostics.Unsearchable.At(full, $"{EximUser} may not look into it, so mail is answered with a temporary error", $"an ACL entry is added: setfacl -m u:{EximUser}:{letters} {full}"));
            if (!node.IsLinked)
                _treeChanges.Add(new TreeChange.GrantAccess(domain.Name, path, EximUser, letters, "Exim looks for mailboxes there (MAIL-164)"));
        }
    }
}
