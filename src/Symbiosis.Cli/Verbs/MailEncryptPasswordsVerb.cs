using System.CommandLine;
using Symbiosis.Cli.Output;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Services.Mail;
using Symbiosis.Tree;

namespace Symbiosis.Cli.Verbs;

/// <summary>
/// <c>symbiosis mail encrypt-passwords</c>, once <c>symbiosis-email-encrypt-passwords</c> (MAIL-61). The service does it within seconds of a change; this is for a host where it is stopped, and
/// says which passwords are still plain.
/// </summary>
internal static class MailEncryptPasswordsVerb
{
    public static Command Create()
    {
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Print a line for each mailbox." };
        var prefix = CommonOptions.Prefix();
        var command = new Command("encrypt-passwords", "Replace the plain passwords of mailboxes by their hashes, and apply whatever else the tree asks for.") { verbose, prefix };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(prefix), parsed.GetValue(verbose), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string prefix, bool isVerbose, CancellationToken cancellationToken)
    {
        var request = new PlanRequest([], prefix, Force: false);
        if (request.FindFault() is { } fault)
        {
            Terminal.StandardError.Line(Terminal.StandardError.Red($"symbiosis: {fault}"));
            return fault.ExitCode;
        }

        if (isVerbose)
        {
            var (host, reader) = await HostPipeline.LookAsync(HostPipeline.Machine(), prefix, cancellationToken);
            foreach (var domain in reader.ReadDomains(reader.ScanDomains(host.Name).Domains.ToList()))
            {
                foreach (var name in domain.Tree.MailboxNames.ToList())
                    await Console.Out.WriteLineAsync($"{Printable.Text($"{name}@{domain.Name}")}: {Describe(domain, name)}");
            }
        }

        return await ApplyVerb.ApplyQuietlyAsync(request, cancellationToken);
    }

    private static string Describe(Domain domain, string mailbox)
    {
        var node = domain.Tree[MailSettings.Password(mailbox)];
        if (node.Kind != NodeKind.File)
            return "no password";
        return StoredPassword.Parse(node.Content.Span) switch
        {
            StoredPassword.Plain when domain.Tree[MailSettings.KeepPlainPasswords].Value.IsSet => "plain, and stays so (config/mailbox-dont-encrypt-passwords)",
            StoredPassword.Plain => "plain, is replaced by its hash",
            StoredPassword.Hash => "a hash already",
            _ => "no usable password",
        };
    }
}
