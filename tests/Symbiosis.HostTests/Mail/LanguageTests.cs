using System.Text;
using System.Text.RegularExpressions;
using Symbiosis.HostTests.Support;
using Symbiosis.Rendering;

namespace Symbiosis.HostTests.Mail;

/// <summary>The daemons themselves read back what our writers of their languages quoted.</summary>
public sealed class LanguageTests(Sites sites) : HostTest(sites)
{
    private static readonly string[] _hostile =
    [
        "plain", "${run{/bin/touch /tmp/escaped}}", "$sender_address", "}{", @"\\N\n\x41", "\"quoted\"", "a\"b", " edges ", "tab\tand\nline\r", "begin acl", "# remark", "x_HAVE_TLS", "50%", "%u %{user}",
        "</etc/shadow", "$mail_path", "} passdb {", "!include /etc/shadow", "a:b;c,d", "ümlaut", "'single'", "`tick`", "\u0001\u007f",
    ];

    [Theory, Releases]
    public async Task Exim_expands_every_literal_to_the_value(Debian release)
    {
        var host = (await SharedSiteAsync(release, MachineKind.Host)).Host;
        var values = _hostile.Concat(RandomTexts()).ToArray();

        var output = await host.RunAsync(["exim4", "-be", .. values.Select(value => "${str2b64:" + EximText.Literal(value) + "}")]);

        var read = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Encoding.UTF8.GetString(Convert.FromBase64String(line)));
        read.ShouldBe(values);
        (await host.TryRunAsync(["test", "-e", "/tmp/escaped"])).Succeeded.ShouldBeFalse();
    }

    [Theory, Releases]
    public async Task Dovecot_reads_every_quoted_value_back(Debian release)
    {
        var host = (await SharedSiteAsync(release, MachineKind.Host)).Host;
        var values = _hostile.Concat(RandomTexts()).Where(value => !value.Any(char.IsControl) && value.Trim(' ') == value).Distinct(StringComparer.Ordinal).ToArray();
        var version = release == Debian.Trixie ? "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" : "";
        foreach (var (value, number) in values.Select((value, number) => (value, number)))
            await host.WriteAsync($"/tmp/quoted/{number:d3}.conf", DovecotText.Of($"{DovecotText.Verbatim(version)}login_greeting = {value}\n").Value);

        var output = await host.ShellAsync("for file in /tmp/quoted/*.conf; do doveconf -h -c $file login_greeting; done");

        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Zip(values, (line, value) => Shown(line, value, release)).ShouldBe(values);
        output.Count(c => c == '\n').ShouldBe(values.Length);
    }

    // doveconf shows a value before variables in it are replaced, so two per cent signs stand for one; and version 2.4 quotes one with a "#" again.
    private static string Shown(string line, string value, Debian release)
    {
        if (release == Debian.Trixie && value.Contains('#'))
            line = Regex.Replace(line[1..^1], @"\\(?<escaped>.)", "${escaped}", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        return line.Replace("%%", "%", StringComparison.Ordinal);
    }

    // The same in every run, so that a failure can be repeated.
    private static IEnumerable<string> RandomTexts()
    {
        const string Alphabet = "ab$\\{}\"'%<>#:;!_HAVE \t=/`é";
        var random = new Random(20261121);
        return Enumerable.Range(0, 40).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]))).Where(text => text.Trim().Length > 0);
    }
}
