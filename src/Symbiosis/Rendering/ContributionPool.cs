using Symbiosis.Model;

namespace Symbiosis.Rendering;

/// <summary>
/// What all domains contribute, each contribution with the number of times. Ten thousand domains want port 443; the one that comes or goes changes nothing for the host, and this finds that
/// out without looking at the others.
/// </summary>
internal sealed class ContributionPool
{
    private readonly Dictionary<Contribution, int> _counts = [];

    /// <summary>Exchanges what one domain contributed for what it contributes now. True when a contribution appeared that nobody made before, or the last of its kind went.</summary>
    public bool Exchange(ValueList<Contribution> before, ValueList<Contribution> now)
    {
        if (before == now)
            return false;
        var isChanged = false;
        foreach (var contribution in now)
        {
            var count = _counts.GetValueOrDefault(contribution);
            _counts[contribution] = count + 1;
            isChanged |= count == 0;
        }

        foreach (var contribution in before)
        {
            if (--_counts[contribution] > 0)
                continue;
            _counts.Remove(contribution);
            isChanged = true;
        }

        return isChanged;
    }

    /// <summary>Each contribution once, in an order that does not depend on who made it.</summary>
    public ValueList<Contribution> Distinct() => _counts.Keys.OrderBy(contribution => contribution.ToString(), StringComparer.Ordinal).ToValueList();
}
