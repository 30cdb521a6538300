using System.CommandLine;
using System.Security.Cryptography;
using Symbiosis.Cli.Output;
using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis mailbox create ADDRESS</c>: writes the directory and the password file a person would make, and nothing else.</summary>
internal static class MailboxVerbs
{
    private const int GeneratedPasswordLength = 20;

    // No letters that look alike when somebody reads them out.
    private const string PasswordAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public static Command CreateVerb()
    {
        var address = new Argument<string>("ADDRESS") { Description = "The address, such as bob@example.com." };
        var prefix = CommonOptions.Prefix();
        var fromInput = new Option<bool>("--password-stdin") { Description = "Read the password from standard input instead of making one up." };
        var without = new Option<bool>("--no-password") { Description = "Make a mailbox that takes mail but allows no login yet." };
        var command = new Command("create", "Make /srv/DOMAIN/mailboxes/NAME with a password, which is printed once. It takes mail within a second.") { address, fromInput, without, prefix };
        command.SetAction(parsed => Create(
            parsed.GetRequiredValue(address),
            parsed.GetRequiredValue(prefix),
            parsed.GetValue(without) ? null : parsed.GetValue(fromInput) ? (Console.In.ReadLine() ?? "").Trim() : RandomNumberGenerator.GetString(PasswordAlphabet, GeneratedPasswordLength),
            announce: !parsed.GetValue(without) && !parsed.GetValue(fromInput),
            Terminal.StandardError));
        return command;
    }

    private static int Create(string text, string prefix, string? password, bool announce, Terminal errors)
    {
        if (text.Split('@') is not [var localPart, var domainText] || !DomainName.TryParse(domainText, out var domain) || !LocalPart.TryParse(localPart, out _))
        {
            var fault = text.Split('@') is [var local, var rest] ? LocalPart.FindFault(local) ?? DomainName.FindFault(rest) : "it is not NAME@DOMAIN";
            errors.Line(errors.Red($"symbiosis: '{Diagnostics.Printable.Text(text)}' is not an address for a mailbox: {fault}"));
            return ExitCode.Usage;
        }

        if (password is "")
        {
            errors.Line(errors.Red("symbiosis: the password on standard input is empty"));
            return ExitCode.Usage;
        }

        if (!Directory.Exists($"{prefix}/{domain}"))
        {
            errors.Line(errors.Red($"symbiosis: there is no {prefix}/{domain}; make it with: symbiosis domain create {domain}"));
            return ExitCode.Failed;
        }

        var root = $"{prefix}/{domain}";
        var mailbox = $"mailboxes/{localPart}";
        if (Directory.Exists($"{root}/{mailbox}"))
        {
            errors.Line(errors.Red($"symbiosis: {root}/{mailbox} exists already; to change its password write the file password in it"));
            return ExitCode.Failed;
        }

        if (TreeOwner.Find(prefix, domain.Value, errors) is not { } owner)
            return ExitCode.Failed;
        var failure = TreeAuthor.MakeDirectory(root, mailbox, owner.Uid, owner.Gid)
            ?? (password is null ? null : TreeAuthor.MakeFile(root, $"{mailbox}/password", password + "\n", mode: 0x180, owner.Uid, owner.Gid));
        if (failure is not null)
        {
            errors.Line(errors.Red($"symbiosis: {failure.Path}: {failure.Reason}"));
            return ExitCode.Failed;
        }

        if (announce)
            Console.Out.WriteLine($"password of {text}: {password}");
        return ExitCode.Success;
    }
}
