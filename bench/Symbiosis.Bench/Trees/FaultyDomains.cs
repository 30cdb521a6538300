using System.Text;
using static Symbiosis.Bench.Trees.TreeEntry;

namespace Symbiosis.Bench.Trees;

/// <summary>What customers and attackers really leave in a tree, one sort a domain. None of it may hang, slow down or stop a run, or touch another domain.</summary>
internal static class FaultyDomains
{
    private const long OneGiB = 1L << 30;
    private const uint Secret = 0x180; // 0600

    private static readonly Func<string, IReadOnlyList<TreeEntry>>[] _sorts =
    [
        // Names that are no domains (CORE-2, CORE-T6).
        name => [new Folder(name + "\n;evil")],
        name => [new Folder(name + "\t'\"`$(x)")],
        name => [new Folder(name + "\uDCFF\uDCFE")],
        name => [new Folder(name.ToUpperInvariant())],
        name => [new Folder(name + ".")],
        name => [new Folder("-" + name)],
        name => [new Folder($"10.0.{name.Length % 256}.{name.Sum(c => c) % 256}")],
        name => [new Folder(new string('a', 64) + "." + name)],
        name => [new Folder("." + name)],

        // Owners and links in /srv (CORE-3, CORE-7, CORE-8).
        name => Site(name, isRootOwned: true),
        name => [new Link(name, "gone.example")],
        name => [new Link(name, name + ".loop"), new Link(name + ".loop", name)],
        name => [new Link(name, "/etc")],
        name => [new Document(name, "not a directory\n"u8.ToArray())],

        // Directories that are something else (CORE-13, CORE-14, CORE-T19).
        name => [.. Site(name), new Document($"{name}/config", "a file\n"u8.ToArray())],
        name => [.. Site(name), new Link($"{name}/config", "/etc/cron.d")],
        name => [.. Site(name), new Fifo($"{name}/config")],
        name => [.. Site(name), new Link($"{name}/mailboxes", "/var/mail")],
        name => [.. Site(name), new Document($"{name}/mailboxes", default)],
        name => [new Folder(name), new Link($"{name}/public", "/var/www")],
        name => [.. Site(name), new Link($"{name}/public/logs", "/var/log")],

        // Values that cannot be read (CORE-15).
        name => [.. Config(name), new Fifo($"{name}/config/ip")],
        name => [.. Config(name), new Link($"{name}/config/ip", "ip")],
        name => [.. Config(name), new Link($"{name}/config/aliases", "/etc/shadow")],
        name => [.. Config(name), new Folder($"{name}/config/mailbox-quota")],
        name => [.. Config(name), new Document($"{name}/config/ip", default, SizeBytes: OneGiB)],
        name => [.. Mailbox(name, "bob"), new Document($"{name}/mailboxes/bob/password", "x"u8.ToArray(), Secret, OneGiB)],
        name => [.. Mailbox(name, "bob"), new Fifo($"{name}/mailboxes/bob/password")],
        name => [.. Mailbox(name, "bob"), new Folder($"{name}/mailboxes/bob/password")],
        name => [.. Mailbox(name, "bob"), new Link($"{name}/mailboxes/bob/password", "/etc/shadow")],
        name => [.. Mailbox(name, "bob"), new Link($"{name}/mailboxes/carol", "/root")],

        // Values that can be read and mean nothing (CORE-18 to CORE-20, CORE-27, CORE-53).
        name => [.. Mailbox(name, "bob"), new Document($"{name}/mailboxes/bob/password", default, Secret)],
        name => [.. Mailbox(name, "bob"), new Document($"{name}/mailboxes/bob/password", "yes\n"u8.ToArray(), Secret)],
        name => [.. Mailbox(name, "bob"), new Document($"{name}/mailboxes/bob/password", "{CRYPT}$9$odd$hash\n"u8.ToArray(), Secret)],
        name => [.. Mailbox(name, "bob"), new Document($"{name}/mailboxes/bob/password", new byte[] { 0xFF, 0xFE, 0x00, 0x0A, 0x3A }, Secret)],
        name => [.. Mailbox(name, "bob"), new Document($"{name}/mailboxes/bob/quota", "lots\n"u8.ToArray())],
        name => [.. Config(name), new Document($"{name}/config/mailbox-quota", "-5M\n"u8.ToArray())],
        name => [.. Config(name), new Document($"{name}/config/ip", "192.0.2.7\nbad 2001:db8::7 ::1 \u0007\n"u8.ToArray())],
        name => [.. Config(name), new Document($"{name}/config/ssl-only", "0\n"u8.ToArray())],
        name => [.. Config(name), new Document($"{name}/config/aliases", Encoding.UTF8.GetBytes("\"unclosed bob\n: nothing\n" + new string('a', 100_000)))],

        // Names inside (MAIL-3 to MAIL-5, unknown files).
        name => [.. Config(name), new Document($"{name}/config/mailbox-qouta", "1G\n"u8.ToArray()), new Document($"{name}/config/alaises", "a b\n"u8.ToArray())],
        name => [.. Config(name), new Document($"{name}/config/line\nbreak", default), new Document($"{name}/config/\uDCC3\uDC28", default)],
        name => [.. Mailbox(name, "Bob"), .. More(name, "a+b"), .. More(name, "x@y"), .. More(name, "new\nline"), .. More(name, "quo\"te'"), .. More(name, "\uDCFF")],
    ];

    /// <summary>How many sorts there are.</summary>
    public static int Sorts => _sorts.Length;

    /// <summary>The domain of one sort; the sorts come round again.</summary>
    public static IReadOnlyList<TreeEntry> EntriesOf(int sort, string name) => _sorts[sort % _sorts.Length](name);

    private static TreeEntry[] Site(string name, bool isRootOwned = false) =>
    [
        new Folder(name) { IsRootOwned = isRootOwned },
        new Folder($"{name}/public"),
        new Folder($"{name}/public/htdocs"),
        new Document($"{name}/public/htdocs/index.html", "<p>A faulty domain still has its page.</p>\n"u8.ToArray()),
    ];

    private static TreeEntry[] Config(string name) => [.. Site(name), new Folder($"{name}/config")];

    private static TreeEntry[] Mailbox(string name, string mailbox) =>
        [.. Site(name), new Folder($"{name}/mailboxes"), .. More(name, mailbox)];

    private static TreeEntry[] More(string name, string mailbox) => [new Folder($"{name}/mailboxes/{mailbox}")];
}
