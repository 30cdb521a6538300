using System.Text;
using static Symbiosis.Bench.Trees.TreeEntry;

namespace Symbiosis.Bench.Trees;

/// <summary>
/// Makes up a host's <c>/srv</c>: the same seed and number give the same tree. Per 10 000 domains about 70 000 mailboxes and 154 000 files, as on the hosts the budgets were
/// measured on. One domain in a hundred is bad in one of the ways of <see cref="FaultyDomains"/>. Pure: <see cref="TreeWriter"/> puts it on disk.
/// </summary>
/// <param name="seed">What the tree depends on.</param>
/// <param name="count">Number of domain directories; links for aliases come on top.</param>
/// <param name="ownAddressPercent">How many domains of a hundred have an address of their own.</param>
internal sealed class TreeGenerator(ulong seed, int count, int ownAddressPercent = 4)
{
    private const int MostMailboxes = 20;

    // Hashing a plain password costs milliseconds, and on a real host it happens once in its life: so at most this many, or the benchmark would measure crypt(3).
    private const int MostPlainPasswords = 40;
    private const int PlainPasswordEvery = 70; // domains, that is about 500 mailboxes

    private static readonly byte[] _page = Encoding.UTF8.GetBytes("<!doctype html>\n<title>It works</title>\n<p>Made by the tree generator.</p>\n");
    private static readonly byte[] _style = "body { font-family: sans-serif }\n"u8.ToArray();
    private static readonly byte[] _message = "From: alice@example.org\r\nSubject: hello\r\n\r\nHow are you?\r\n"u8.ToArray();
    private static readonly string[] _firstNames =
        ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj", "olivia", "peggy", "rupert", "sybil", "trent", "victor", "walter", "zoe"];
    private static readonly string[] _roles = ["info", "sales", "office", "billing", "jobs", "press", "support", "shop", "team", "hello"];
    private static readonly string[] _quotas = ["200M", "1G", "2Gi", "500M\n", "1.5G", "10 G", "0"];
    private static readonly string[] _topLevels = ["example", "test", "invalid.example", "co.example"];

    private readonly int _count = count;

    /// <summary>All domains, in order of their number.</summary>
    public IEnumerable<IReadOnlyList<TreeEntry>> Domains => Enumerable.Range(0, _count).Select(EntriesOf);

    /// <summary>The name of the directory of a good domain.</summary>
    public string NameOf(int number)
    {
        if (IsWww(number))
            return "www." + NameOf(number - 1);
        var dice = DiceOf(number, salt: 1);
        return $"{dice.Pick<string>(_firstNames)}-{dice.Pick<string>(_roles)}-{number}.{dice.Pick<string>(_topLevels)}";
    }

    /// <summary>Everything of one domain: its directory and the aliases that lead to it, parents before children.</summary>
    public IReadOnlyList<TreeEntry> EntriesOf(int number)
    {
        if (number % 100 == 37)
            return FaultyDomains.EntriesOf(number / 100, NameOf(number));
        var dice = DiceOf(number, salt: 2);
        var name = NameOf(number);
        var entries = new List<TreeEntry> { new Folder(name) };
        var kind = IsWww(number) ? 0 : dice.Below(100);
        var hasSite = kind < 80;
        var hasMail = kind >= 28;
        if (hasSite)
            AddSite(entries, name, ref dice);
        AddConfig(entries, name, hasMail, ref dice);
        if (hasMail)
            AddMailboxes(entries, name, number, ref dice);
        if (!IsWww(number) && dice.Percent(15))
            entries.Add(new Link($"alias-{number}.example", name));
        return entries;
    }

    /// <summary>A hash as crypt(3) would print it (<c>$6$</c>, 16 characters of salt); nobody knows its password.</summary>
    internal static string MakeUpHash(ref Dice dice)
    {
        const string alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        Span<char> text = stackalloc char[16 + 1 + 86];
        foreach (ref var c in text)
            c = alphabet[(int)(dice.Next() & 63)];
        text[16] = '$';
        return string.Concat("{CRYPT}$6$", text);
    }

    private static bool IsWww(int number) => number % 50 == 49;

    private Dice DiceOf(int number, ulong salt) => new(seed * 0x100000001B3 + ((ulong)number << 8) + salt);

    private static void AddSite(List<TreeEntry> entries, string name, ref Dice dice)
    {
        entries.Add(new Folder($"{name}/public"));
        entries.Add(new Folder($"{name}/public/htdocs"));
        entries.Add(new Document($"{name}/public/htdocs/{(dice.Percent(20) ? "index.php" : "index.html")}", _page));
        entries.Add(new Document($"{name}/public/htdocs/style.css", _style));
        if (dice.Percent(80))
            entries.Add(new Document($"{name}/public/htdocs/robots.txt", "User-agent: *\n"u8.ToArray()));
        if (dice.Percent(5))
            entries.Add(new Folder($"{name}/public/cgi-bin"));
        if (dice.Percent(10))
            entries.Add(new Document($"{name}/public/htdocs/.htaccess", "Options +Indexes\n"u8.ToArray()));
    }

    private void AddConfig(List<TreeEntry> entries, string name, bool hasMail, ref Dice dice)
    {
        var config = new List<(string File, string Text)>();
        if (dice.Percent(ownAddressPercent))
            config.Add(("ip", $"198.51.100.{1 + dice.Below(250)}\n"));
        if (dice.Percent(10))
            config.Add(("ssl-only", ""));
        if (hasMail)
        {
            if (dice.Percent(60))
                config.Add(("mailbox-quota", dice.Pick<string>(_quotas)));
            if (dice.Percent(40))
                config.Add(("aliases", $"sales bob\n{dice.Pick<string>(_roles)}-list alice@example.org, bob\n# who left\nold: :fail: gone\n"));
            if (dice.Percent(25))
                config.Add(("default_forward", "catch@example.org\n"));
            if (dice.Percent(50))
                config.Add(("antispam", dice.Percent(50) ? "tag" : ""));
            if (dice.Percent(50))
                config.Add(("antivirus", ""));
            if (dice.Percent(2))
                config.Add(("mailbox-dont-encrypt-passwords", ""));
        }

        if (config.Count == 0 && dice.Percent(50))
            return; // a site may do without the directory
        entries.Add(new Folder($"{name}/config"));
        foreach (var (file, text) in config)
            entries.Add(new Document($"{name}/config/{file}", Encoding.UTF8.GetBytes(text)));
    }

    private static void AddMailboxes(List<TreeEntry> entries, string name, int number, ref Dice dice)
    {
        entries.Add(new Folder($"{name}/mailboxes"));
        var mailboxes = dice.Below(MostMailboxes + 1);
        for (var i = 0; i < mailboxes; i++)
        {
            var mailbox = $"{name}/mailboxes/{(i < _firstNames.Length ? _firstNames[i] : $"user{i}")}";
            entries.Add(new Folder(mailbox));
            var isPlain = i == 0 && number % PlainPasswordEvery == 3 && number / PlainPasswordEvery < MostPlainPasswords;
            if (isPlain)
                entries.Add(new Document($"{mailbox}/password", Encoding.UTF8.GetBytes($"correct horse {number}\n"), 0x180 /* 0600 */));
            else if (dice.Percent(97))
                entries.Add(new Document($"{mailbox}/password", Encoding.UTF8.GetBytes(MakeUpHash(ref dice) + "\n"), 0x180));
            if (dice.Percent(19))
                entries.Add(new Document($"{mailbox}/quota", Encoding.UTF8.GetBytes(dice.Pick<string>(_quotas))));
            if (dice.Percent(10))
                entries.Add(new Document($"{mailbox}/forward", "carol@example.org\n"u8.ToArray()));
            if (dice.Percent(8))
                entries.Add(new Document($"{mailbox}/sieve", "keep;\n"u8.ToArray()));
            if (dice.Percent(4))
                entries.Add(new Document($"{mailbox}/vacation", "I am on holiday.\n"u8.ToArray()));
            if (dice.Percent(20))
                AddMaildir(entries, mailbox);
        }
    }

    // Mail that was delivered: it must cost nothing, so it must be there.
    private static void AddMaildir(List<TreeEntry> entries, string mailbox)
    {
        entries.Add(new Folder($"{mailbox}/Maildir", 0x1C0 /* 0700 */));
        foreach (var part in (ReadOnlySpan<string>)["cur", "new", "tmp"])
            entries.Add(new Folder($"{mailbox}/Maildir/{part}", 0x1C0));
        entries.Add(new Document($"{mailbox}/Maildir/new/1700000000.M1P1.host", _message, 0x180));
    }
}
