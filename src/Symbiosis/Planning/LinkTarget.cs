using Symbiosis.Model;

namespace Symbiosis.Planning;

/// <summary>Compares the texts of symbolic links by where they lead, without asking the disk: <c>../sites-available/x</c> and its absolute form are the same.</summary>
internal static class LinkTarget
{
    /// <summary>True when both texts, written into a link at <paramref name="link"/>, lead to the same path.</summary>
    public static bool AreSame(HostPath link, string first, string second) => Resolve(link, first) == Resolve(link, second);

    /// <summary>True when the text leads to the path.</summary>
    public static bool LeadsTo(HostPath link, string target, HostPath path) => Resolve(link, target) == path.Value;

    /// <summary>The text that leads from a link to a path, as Debian's own tools write it: relative.</summary>
    public static string Relative(HostPath link, HostPath path)
    {
        var from = link.Parent.Value.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var to = path.Value.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var common = from.Zip(to).TakeWhile(pair => pair.First == pair.Second).Count();
        return string.Join('/', Enumerable.Repeat("..", from.Length - common).Concat(to.Skip(common)));
    }

    /// <summary>The absolute path the text leads to.</summary>
    public static string Resolve(HostPath link, string target)
    {
        var segments = new List<string>();
        var whole = target.StartsWith('/') ? target : link.Parent.Value + "/" + target;
        foreach (var segment in whole.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == "..")
                segments.RemoveRange(Math.Max(0, segments.Count - 1), Math.Min(1, segments.Count));
            else if (segment != ".")
                segments.Add(segment);
        }

        return "/" + string.Join('/', segments);
    }
}
