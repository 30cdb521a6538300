namespace Symbiosis.Tree;

/// <summary>Finds the name somebody probably meant.</summary>
internal static class NameSuggestion
{
    /// <summary>
    /// The known name nearest to a wrong one, or null when none is near: at most one slip for four letters and at most three slips. Ties go to the first in bytewise order.
    /// </summary>
    public static string? FindNearest(string wrong, IEnumerable<string> known)
    {
        var limit = Math.Min(3, wrong.Length <= 3 ? 1 : (wrong.Length + 3) / 4);
        string? nearest = null;
        var nearestDistance = limit + 1;
        foreach (var name in known)
        {
            if (Math.Abs(name.Length - wrong.Length) > limit)
                continue;
            var distance = Distance(wrong, name);
            // Two or three letters in common are no likeness: "ip" is not a slip for "sip".
            if (distance >= Math.Min(name.Length, wrong.Length) - 1 && distance > 0)
                continue;
            if (distance < nearestDistance || (distance == nearestDistance && string.CompareOrdinal(name, nearest) < 0))
                (nearest, nearestDistance) = (name, distance);
        }

        return nearest;
    }

    /// <summary>
    /// How many slips of the pen lie between two names: a letter too many, one too few, a wrong one, or two neighbours swapped (optimal string alignment). Upper and lower case, and
    /// <c>-</c> and <c>_</c>, count as one slip in all, because whoever errs there errs everywhere.
    /// </summary>
    public static int Distance(string left, string right)
    {
        var a = Fold(left);
        var b = Fold(right);
        var folded = AlignmentDistance(a, b);
        return folded == 0 && left != right ? 1 : folded;
    }

    private static string Fold(string name) => name.ToLowerInvariant().Replace('_', '-');

    private static int AlignmentDistance(string a, string b)
    {
        var before = new int[b.Length + 1];
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(previous[j] + 1, current[j - 1] + 1), previous[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
            }

            (before, previous, current) = (previous, current, before);
        }

        return previous[b.Length];
    }
}
