using System.Net;
using System.Text.RegularExpressions;
using Symbiosis.Model;

namespace Symbiosis.Services.Mail;

/// <summary>What the lines of an access list name (MAIL-92).</summary>
internal enum AccessSubject
{
    /// <summary><c>by_ip</c>: an address or network.</summary>
    Ip,

    /// <summary><c>by_hostname</c>: the client's verified name: <c>name</c>, <c>*.domain</c> or <c>^regex</c>.</summary>
    HostName,

    /// <summary><c>by_sender</c>: the envelope sender: <c>user@domain</c>, <c>*@domain</c>, <c>domain</c>, <c>*.domain</c> or <c>^regex</c>.</summary>
    Sender,
}

/// <summary>A line of an access list that cannot be used.</summary>
internal sealed record AccessFault(int Line, string Message);

/// <summary>
/// A black or white list of the host (MAIL-90 to MAIL-93), one item a line, <c>#</c> for comments. What goes into Exim's list files is written anew from items that were understood: in
/// Exim's own language a line could as well name another file or be expanded.
/// </summary>
internal sealed partial record AccessList(ValueList<string> Items, ValueList<AccessFault> Faults)
{
    private const int MaxRegexLength = 500;

    /// <summary>Reads a file. What cannot be used is left out and told.</summary>
    public static AccessList Parse(string text, AccessSubject subject)
    {
        var items = new List<string>();
        var faults = new List<AccessFault>();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            // A regular expression may hold the mark; elsewhere it ends the item.
            if (!line.StartsWith('^') && line.IndexOf('#', StringComparison.Ordinal) is >= 0 and var mark)
                line = line[..mark].TrimEnd();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (Translate(line, subject) is { } item)
                items.Add(item);
            else
                faults.Add(new AccessFault(number, $"'{line}' is not {Describe(subject)}"));
        }

        return new AccessList(items.Distinct(StringComparer.Ordinal).ToValueList(), faults.ToValueList());
    }

    /// <summary>The file for Exim, one item a line.</summary>
    public string Render() => string.Concat(Items.Select(item => item + "\n"));

    private static string? Translate(string line, AccessSubject subject) =>
        line.StartsWith('^')
            ? subject != AccessSubject.Ip && IsRegex(line) ? line : null
            : subject switch
            {
                AccessSubject.Ip => Network(line),
                AccessSubject.HostName => DomainPattern(line),
                _ => SenderPattern(line),
            };

    private static string? Network(string line)
    {
        // .NET also reads "1" and "0x7f.1" (inet_aton(3)) and scopes; only what is written in full counts.
        var address = line.Split('/')[0];
        if (address.Contains('%') || (!address.Contains(':') && address.Count(c => c == '.') != 3))
            return null;
        return IPAddress.TryParse(line, out var single) ? single.ToString() : IPNetwork.TryParse(line, out var network) ? network.ToString() : null;
    }

    // "*.example" are the names below example, not example itself.
    private static string? DomainPattern(string line)
    {
        var lower = line.ToLowerInvariant();
        var name = lower.StartsWith("*.", StringComparison.Ordinal) ? lower[2..] : lower;
        return DomainName.TryParse(name, out _) || IsTopLevel(name) ? lower : null;
    }

    private static string? SenderPattern(string line)
    {
        if (line.LastIndexOf('@') is not (>= 0 and var at))
            return DomainPattern(line);
        var localPart = line[..at].ToLowerInvariant();
        return (localPart == "*" || LocalPartPattern().IsMatch(localPart)) && DomainPattern(line[(at + 1)..]) is { } domain ? $"{localPart}@{domain}" : null;
    }

    private static bool IsTopLevel(string name) => name.Length > 1 && name.All(char.IsAsciiLetterLower);

    // Exim compiles it with PCRE2; the common part of both languages is all that is promised. It would expand "$name" and "\": \N keeps it from doing so, and must not be in it.
    private static bool IsRegex(string line)
    {
        if (line.Length > MaxRegexLength || line.Contains(@"\N", StringComparison.Ordinal) || ControlCharacters.AreIn(line))
            return false;
        try
        {
            _ = new Regex(line, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string Describe(AccessSubject subject) => subject switch
    {
        AccessSubject.Ip => "an address or a network",
        AccessSubject.HostName => "a host name, *.domain or ^regular expression",
        _ => "a sender: user@domain, *@domain, domain, *.domain or ^regular expression",
    };

    // Nothing that means something to Exim at the start of an item: "!", "+", "/", "@", "<".
    [GeneratedRegex(@"\A[a-z0-9_][a-z0-9.#$%&'*+=?^_`{|}~-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LocalPartPattern();
}
