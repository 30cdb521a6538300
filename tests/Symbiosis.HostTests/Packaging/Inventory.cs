using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Packaging;

/// <summary>All that installing something can leave behind: files with owner, mode and content, enabled units, diversions, overrides, groups of the daemons' users.</summary>
internal sealed class Inventory
{
    // Content is compared where configuration and state live; below /usr the size tells enough.
    private const string Script = """
        find /etc /usr /boot /opt /home /var/lib /var/spool /var/www -xdev ! -type f -printf 'file %p\t%M %U:%G %l\n'
        find /usr /boot /opt -xdev -type f -printf 'file %p\t%M %U:%G %s\n'
        find /etc /home /var/lib /var/spool /var/www -xdev -type f -printf 'file %p\t%M %U:%G\n'
        find /etc /home /var/lib /var/spool /var/www -xdev -type f -exec sha256sum {} + | sed -E 's/^([0-9a-f]+)  (.*)$/content \2\t\1/'
        systemctl list-unit-files --no-legend | awk '{ print "unit " $1 "\t" $2 }'
        systemctl list-units --all --no-legend --plain --type=service --state=active | awk '{ print "running " $1 "\t" $4 }'
        dpkg-divert --list | sed 's/$/\tdiverted/; s/^/diversion /'
        dpkg-statoverride --list | awk '{ print "override " $4 "\t" $1 " " $2 " " $3 }'
        for user in Debian-exim dovecot dovenull www-data; do printf 'groups %s\t%s\n' $user "$(id -nG $user)"; done
        """;

    private readonly SortedDictionary<string, string> _entries = new(StringComparer.Ordinal);

    /// <summary>Looks at a machine.</summary>
    public static async Task<Inventory> TakeAsync(DebianMachine machine)
    {
        var inventory = new Inventory();
        foreach (var line in (await machine.ShellAsync(Script)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split('\t', 2);
            inventory._entries[parts[0]] = parts[1];
        }

        inventory._entries.Count.ShouldBeGreaterThan(10_000, "a Debian with its daemons has more");
        return inventory;
    }

    /// <summary>What is there now and was not, is gone, or differs: one line each.</summary>
    public IReadOnlyList<string> DifferencesFrom(Inventory before)
    {
        var differences = new List<string>();
        foreach (var key in before._entries.Keys.Union(_entries.Keys).Order(StringComparer.Ordinal))
        {
            var was = before._entries.GetValueOrDefault(key);
            var now = _entries.GetValueOrDefault(key);
            if (was != now)
                differences.Add($"{key}: {was ?? "(absent)"} -> {now ?? "(absent)"}");
        }

        return differences;
    }
}
