using System.CommandLine;
using Symbiosis.Cli.Output;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services.Mail;
using Symbiosis.Tree;

namespace Symbiosis.Cli.Verbs;

/// <summary><c>symbiosis mail dkim DOMAIN</c>: writes the two files that sign a domain's mail, as far as they are missing, and shows the record for its zone.</summary>
internal static class MailDkimVerb
{
    private const uint Readable = 0x1A4; // 0644
    private const uint Private = 0x180; // 0600

    // A line of a zone file holds strings of at most 255 bytes (RFC 1035 §3.3.14); what reads them joins them.
    private const int StringLength = 250;

    public static Command Create()
    {
        var name = new Argument<string>("DOMAIN") { Description = "The domain, such as example.com." };
        var selector = new Option<string?>("--selector") { Description = "Name of the key; default: the first label of the host's name." };
        var prefix = CommonOptions.Prefix();
        var command = new Command("dkim", "Make a key that signs the domain's mail, unless it has one, and show the DNS record that goes with it.") { name, selector, prefix };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(name), parsed.GetValue(selector) ?? "", parsed.GetRequiredValue(prefix), Terminal.StandardError, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string text, string selector, string prefix, Terminal errors, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(text, out var domain))
            return Fail(errors, ExitCode.Usage, $"'{Diagnostics.Printable.Text(text)}' is not a domain name: {DomainName.FindFault(text)}");
        var host = await HostNames.ReadAsync("", HostNames.AskSystemAsync, cancellationToken);
        if (selector.Length > 0 && DkimKey.SelectorOf(selector, host) != selector)
            return Fail(errors, ExitCode.Usage, $"'{Diagnostics.Printable.Text(selector)}' is not a selector: small letters, digits, '_', '-', and dots between them");
        var root = $"{prefix}/{domain}";
        if (!Directory.Exists(root))
            return Fail(errors, ExitCode.Failed, $"there is no {root}");
        if (TreeOwner.Find(prefix, domain.Value, errors) is not { } owner)
            return ExitCode.Failed;

        var failure = TreeAuthor.MakeDirectory(root, MailSettings.Config, owner.Uid, owner.Gid)
            ?? MakeUnlessThere(root, MailSettings.DkimKey, DkimKey.Generate, Private, owner)
            ?? MakeUnlessThere(root, MailSettings.Dkim, () => selector.Length == 0 ? "" : selector + "\n", Readable, owner);
        if (failure is not null)
            return Fail(errors, ExitCode.Failed, $"{failure.Path}: {failure.Reason}");

        // As the service reads them: the customer may have put anything there.
        var (facts, reader) = await HostPipeline.LookAsync(HostPipeline.Machine(), prefix, cancellationToken);
        var tree = reader.ScanDomains(facts.Name)[domain] is { } entry ? reader.ReadDomain(entry)?.Tree : null;
        if (tree?[MailSettings.DkimKey] is not { Kind: NodeKind.File } pem || tree[MailSettings.Dkim] is not { Kind: NodeKind.File } name)
            return Fail(errors, ExitCode.Failed, $"{root}/{MailSettings.DkimKey} or {root}/{MailSettings.Dkim} is not a file that is read; 'symbiosis plan {domain}' says why");
        if (DkimKey.Parse(pem.Text, DkimKey.SelectorOf(name.Text, host), out var fault) is not { } key)
            return Fail(errors, ExitCode.Failed, $"{root}/{MailSettings.DkimKey}: {fault}");
        var strings = key.Record.Chunk(StringLength).Select(part => $"\"{new string(part)}\"");
        await Console.Out.WriteLineAsync($"{key.Selector}._domainkey.{domain}. TXT {string.Join(' ', strings)}");
        return ExitCode.Success;
    }

    private static TreeAuthor.Failure? MakeUnlessThere(string root, string path, Func<string> content, uint mode, (uint Uid, uint Gid) owner) =>
        FileIdentity.Use(owner.Uid, owner.Gid, () => File.Exists($"{root}/{path}")) ? null : TreeAuthor.MakeFile(root, path, content(), mode, owner.Uid, owner.Gid);

    private static int Fail(Terminal errors, int code, string message)
    {
        errors.Line(errors.Red($"symbiosis: {message}"));
        return code;
    }
}
