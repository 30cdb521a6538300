using Symbiosis.Bench.Trees;
using Symbiosis.Model;

namespace Symbiosis.Tests.Bench;

/// <summary>The tree that benchmarks and acceptance tests share must be the same on every machine, and of the size the budgets speak of.</summary>
public sealed class TreeGeneratorTests
{
    [Fact]
    public void The_same_seed_gives_the_same_tree()
    {
        Paths(new TreeGenerator(seed: 7, count: 200)).ShouldBe(Paths(new TreeGenerator(seed: 7, count: 200)));
        Paths(new TreeGenerator(seed: 7, count: 200)).ShouldNotBe(Paths(new TreeGenerator(seed: 8, count: 200)));
    }

    [Fact]
    public void A_larger_tree_begins_with_the_smaller_one() =>
        Paths(new TreeGenerator(seed: 7, count: 300)).Take(1000).ShouldBe(Paths(new TreeGenerator(seed: 7, count: 200)).Take(1000));

    [Fact]
    public void Ten_thousand_domains_have_70000_mailboxes_and_154000_files()
    {
        var counts = new TreeGenerator(seed: 1, count: 10_000).Domains.SelectMany(entries => entries).Aggregate(default(TreeCounts), (sum, entry) => sum + TreeCounts.Of(entry));

        counts.Mailboxes.ShouldBeInRange(68_000, 72_000);
        counts.Files.ShouldBeInRange(150_000, 158_000);
    }

    [Fact]
    public void Every_good_name_is_a_domain_name_and_unique()
    {
        var generator = new TreeGenerator(seed: 1, count: 2000);
        var names = Enumerable.Range(0, 2000).Select(generator.NameOf).ToList();

        names.ShouldAllBe(name => DomainName.FindFault(name, true) == null);
        names.ShouldBeUnique();
    }

    [Fact]
    public void No_path_is_made_twice_and_parents_come_first()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in new TreeGenerator(seed: 1, count: 100 * FaultyDomains.Sorts).Domains.SelectMany(entries => entries))
        {
            if (entry.Path.LastIndexOf('/') is var slash and > 0)
                seen.ShouldContain(entry.Path[..slash]);
            seen.Add(entry.Path).ShouldBeTrue(entry.Path);
        }
    }

    private static List<string> Paths(TreeGenerator generator) => generator.Domains.SelectMany(entries => entries).Select(entry => entry.Path).ToList();
}
