using System.Text;

namespace Symbiosis.Tree;

/// <summary>
/// The declared settings as a tree of directories, made once: what to open below a domain, below a home, and on the host. Reading follows it, so nothing undeclared is ever opened, and
/// the number of opens does not depend on how many domains there are.
/// </summary>
internal sealed class ReadingPlan
{
    private ReadingPlan(PlanDirectory domain, PlanDirectory home, PlanDirectory host)
    {
        Domain = domain;
        Home = home;
        Host = host;
    }

    /// <summary>What is read below <c>/srv/DOMAIN</c>.</summary>
    public PlanDirectory Domain { get; }

    /// <summary>What is read below a unix user's home.</summary>
    public PlanDirectory Home { get; }

    /// <summary>What is read below <c>/</c>.</summary>
    public PlanDirectory Host { get; }

    /// <summary>Makes the plan for some settings. Later declarations of the same path by another service are the same setting.</summary>
    /// <exception cref="ArgumentException">A path is malformed: a bug in a module.</exception>
    public static ReadingPlan For(IEnumerable<Setting> settings)
    {
        var domain = new Draft("", isStatic: true);
        var home = new Draft("", isStatic: true);
        var host = new Draft("", isStatic: true);

        // A domain always has these three, whether or not a service looks inside.
        domain.At("config").IsDirectory = true;
        domain.At("public").IsDirectory = true;
        domain.At("mailboxes").At("*").IsDirectory = true;

        // Accounts decide who may own a domain and who has mail (CORE-3, MAIL-58): a change of them is one of the host.
        host.At("etc").At("passwd").Form = SettingForm.DaemonReads;
        host.At("etc").At("group").Form = SettingForm.DaemonReads;

        // What the host's facts are read from besides settings: only watched.
        foreach (var path in (string[])["etc/passwd", "etc/group", "etc/hosts", "etc/hostname", "var/lib/dpkg/status", "var/lib/symbiosis/tls"])
            _ = path.Split('/').Aggregate(host, (draft, part) => draft.At(part));

        foreach (var setting in settings)
        {
            var (root, path) = setting.Path switch
            {
                ['~', '/', .. var below] => (home, below),
                ['/', .. var below] => (host, below),
                var below => (domain, below),
            };
            var parts = path.Split('/');
            if (parts.Any(part => part is "" or "." or ".."))
                throw new ArgumentException($"'{setting.Path}' is not the path of a setting", nameof(settings));
            var draft = root;
            foreach (var part in parts)
                draft = draft.At(part);
            // Existence is the least one can ask; another service may ask for more.
            if (draft.Form is null or SettingForm.DaemonReads or SettingForm.Directory)
                draft.Form = setting.Form;
        }

        return new ReadingPlan(domain.Build(reportsUnknownIn: "config"), home.Build(), host.Build(keyPrefix: "/"));
    }

    private sealed class Draft(string name, bool isStatic)
    {
        private readonly SortedDictionary<string, Draft> _below = new(StringComparer.Ordinal);

        public SettingForm? Form { get; set; }

        public bool IsDirectory { get; set; }

        public Draft At(string part)
        {
            if (!_below.TryGetValue(part, out var draft))
                _below[part] = draft = new Draft(part, isStatic && part != "*");
            return draft;
        }

        public PlanDirectory Build(string? reportsUnknownIn = null, string keyPrefix = "")
        {
            var entries = new List<PlanEntry>();
            PlanDirectory? any = null;
            foreach (var (part, draft) in _below)
            {
                var key = isStatic && part != "*" ? keyPrefix + part : null;
                var inside = draft._below.Count > 0 || draft.IsDirectory ? draft.Build(reportsUnknownIn: null, keyPrefix: key is null ? "" : key + "/") : null;
                if (part == "*")
                    any = inside;
                else
                    entries.Add(new PlanEntry(part, draft.Form, inside, key));
                inside?.ReportsUnknown = part == reportsUnknownIn;
            }

            return new PlanDirectory(name, [.. entries], any);
        }
    }
}

/// <summary>One directory of a <see cref="ReadingPlan"/>.</summary>
internal sealed class PlanDirectory
{
    // Opening this many names one by one costs as much as listing the directory.
    private const int ListFrom = 4;

    private readonly Dictionary<string, PlanEntry>.AlternateLookup<ReadOnlySpan<char>> _byName;

    public PlanDirectory(string name, PlanEntry[] entries, PlanDirectory? any)
    {
        Name = name;
        Entries = entries;
        Any = any;
        _byName = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Name of the directory, <c>*</c> for any, empty for the root.</summary>
    public string Name { get; }

    /// <summary>Declared names in it, sorted.</summary>
    public PlanEntry[] Entries { get; }

    /// <summary>What is read in every directory in it: the plan of one mailbox, for <c>mailboxes</c>.</summary>
    public PlanDirectory? Any { get; }

    /// <summary>True for <c>config</c>, where a name nobody declared is reported.</summary>
    public bool ReportsUnknown { get; set; }

    /// <summary>True when its entries are listed; otherwise the declared names are tried one by one. Homes may be large and are never listed.</summary>
    public bool IsListed => Any is not null || ReportsUnknown || (Name == "*" && Entries.Length >= ListFrom);

    /// <summary>The declared name, or null.</summary>
    public PlanEntry? Find(ReadOnlySpan<char> name) => _byName.TryGetValue(name, out var entry) ? entry : null;
}

/// <summary>One declared name in a <see cref="PlanDirectory"/>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Form">How it is read; null for a directory that is only on the way.</param>
/// <param name="Inside">What is read in it, when it is a directory on the way.</param>
/// <param name="Key">Its path in the snapshot, when no <c>*</c> is on the way.</param>
internal sealed record PlanEntry(string Name, SettingForm? Form, PlanDirectory? Inside, string? Key)
{
    /// <summary>The name as the kernel wants it.</summary>
    public byte[] NulTerminatedName { get; } = [.. Encoding.UTF8.GetBytes(Name), 0];
}
