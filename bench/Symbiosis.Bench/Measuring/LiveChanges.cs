using System.Diagnostics;
using Symbiosis.Bench.Trees;

namespace Symbiosis.Bench.Measuring;

/// <summary>
/// Makes one change after the other in a watched tree and takes the time from the first system call of the customer until the table that daemons read is in place: events, quiet time,
/// reading, rendering, planning, writing and syncing.
/// </summary>
internal sealed class LiveChanges : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    private readonly string _state;
    private readonly Customer _customer;
    private readonly List<string> _mailDomains;
    private readonly FileSystemWatcher _tables;
    private readonly AutoResetEvent _tableChanged = new(initialState: false);

    public LiveChanges(string root, Customer customer)
    {
        _state = root + "/var/lib/symbiosis";
        _customer = customer;
        _mailDomains = [.. Directory.EnumerateDirectories(root + "/srv").Where(HasMailboxOfAlice).Select(domain => Path.GetFileName(domain)).Order(StringComparer.Ordinal)];
        _tables = new FileSystemWatcher(_state) { IncludeSubdirectories = true, EnableRaisingEvents = true };
        _tables.Created += (_, _) => _tableChanged.Set();
        _tables.Changed += (_, _) => _tableChanged.Set();
        _tables.Renamed += (_, _) => _tableChanged.Set();
    }

    /// <summary>One of the changes that are measured.</summary>
    /// <param name="Name">For the table.</param>
    /// <param name="Make">Makes the change with that number and returns how to see that it is live.</param>
    public sealed record Kind(string Name, Func<int, (Action Change, Func<bool> IsLive)> Make);

    /// <summary>The changes of issue 2: a mailbox, a password, a site.</summary>
    public IEnumerable<Kind> Kinds =>
    [
        new("new mailbox", number =>
        {
            var (domain, hash) = Choose(number, salt: 1);
            var mailbox = $"{domain}/mailboxes/new{number}";
            return (
                () =>
                {
                    _customer.MakeDirectory(mailbox);
                    _customer.Write(mailbox + "/password", hash + "\n");
                },
                () => Holds($"mail/users/{domain}", hash));
        }),
        new("changed password", number =>
        {
            var (domain, hash) = Choose(number, salt: 2);
            return (() => _customer.Write($"{domain}/mailboxes/alice/password", hash + "\n"), () => Holds($"mail/users/{domain}", hash));
        }),
        new("new site", number => (
            () =>
            {
                _customer.MakeDirectory($"new-{number}.example/public/htdocs");
                _customer.Write($"new-{number}.example/public/htdocs/index.html", "<p>new</p>\n");
            },
            () => File.Exists($"{_state}/web/names/new-{number}.example"))),
    ];

    /// <summary>Takes the times of one kind, sorted.</summary>
    public IReadOnlyList<TimeSpan> Measure(Kind kind, int tries)
    {
        var times = new List<TimeSpan>(tries);
        for (var number = 0; number < tries; number++)
        {
            var (change, isLive) = kind.Make(number);
            var watch = Stopwatch.StartNew();
            change();
            while (!isLive())
            {
                _tableChanged.WaitOne(TimeSpan.FromMilliseconds(5)); // the file decides; our own events may come late or twice
                if (watch.Elapsed > _limit)
                    throw new TimeoutException($"{kind.Name} {number} is not live after {_limit}");
            }

            times.Add(watch.Elapsed);
        }

        times.Sort();
        return times;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _tables.Dispose();
        _tableChanged.Dispose();
    }

    // A domain with mailboxes and a hash that nobody has yet.
    private (string Domain, string Hash) Choose(int number, ulong salt)
    {
        var dice = new Dice(((ulong)number << 8) + salt);
        return (_mailDomains[dice.Below(_mailDomains.Count)], TreeGenerator.MakeUpHash(ref dice));
    }

    private static bool HasMailboxOfAlice(string domain) => new FileInfo(domain).LinkTarget is null && File.Exists($"{domain}/mailboxes/alice/password");

    private bool Holds(string table, string text)
    {
        try
        {
            return File.ReadAllText($"{_state}/{table}").Contains(text, StringComparison.Ordinal);
        }
        catch (FileNotFoundException)
        {
            return false; // not yet
        }
    }
}
