using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.Tree;

/// <summary>Why a symbolic link is not followed.</summary>
internal enum LinkFault
{
    None,

    /// <summary>It leads nowhere.</summary>
    Dangling,

    /// <summary>It leads to itself, or there are more than forty on the way (path_resolution(7)).</summary>
    Loop,

    /// <summary>A link on the way belongs to neither root nor the owner of the tree.</summary>
    ForeignLink,

    /// <summary>What it leads to belongs to somebody else than the link.</summary>
    ForeignTarget,

    /// <summary>The kernel refused.</summary>
    Unreadable,
}

/// <summary>
/// Follows a symbolic link in a tenant's tree by the rule of CORE-14, which is that of Apache's SymLinksIfOwnerMatch: the link belongs to root or to the owner of the tree, and what it
/// finally leads to belongs to the same user as the link. Every step is taken on descriptors, so that nobody can swap a name between the look and the step, and as
/// <c>O_PATH</c>, so that nothing happens to a device on the way.
/// </summary>
internal static class LinkRule
{
    private const int MaxLinks = 40;

    // Forty links of four thousand bytes each would keep a run busy for seconds; honest paths are short.
    private const int MaxSteps = 256;

    /// <summary>The object the link leads to, opened as a place (<c>O_PATH</c>), or null with the reason.</summary>
    /// <param name="directory">The directory that holds the link.</param>
    /// <param name="name">Name of the link, NUL-terminated.</param>
    /// <param name="owner">Owner of the tree. Null for a link that only root and admin could make (in <c>/srv</c>): its own owner does not matter, but every further link must belong to root, to
    /// the owner of the first, or to the owner of the target.</param>
    /// <param name="view">How owners are seen; tests without root replace it.</param>
    /// <param name="target">What the object is.</param>
    /// <param name="fault">Why there is none.</param>
    public static FileDescriptor? Follow(FileDescriptor directory, ReadOnlySpan<byte> name, uint? owner, Func<FileStatus, FileStatus>? view, out FileStatus target, out LinkFault fault)
    {
        var steps = new Stack<byte[]>();
        steps.Push(name.ToArray());
        var links = new List<uint>();
        var stepsTaken = 0;
        FileDescriptor? current = null; // null: still in the given directory, which is not ours to close
        target = default;
        try
        {
            while (steps.TryPop(out var step))
            {
                if (++stepsTaken > MaxSteps)
                {
                    fault = LinkFault.Loop;
                    return null;
                }

                var next = (current ?? directory).OpenPlace(step, out var error);
                if (next is null)
                {
                    fault = FaultOf(error);
                    return null;
                }

                using var opened = new Holder(next);
                if (next.Stat(out target) is not Errno.None)
                {
                    fault = LinkFault.Unreadable;
                    return null;
                }

                target = view?.Invoke(target) ?? target;
                if (target.Sort != FileSort.Link)
                {
                    current?.Dispose();
                    current = opened.Take();
                    continue;
                }

                links.Add(target.Uid);
                if (links.Count > MaxLinks || next.ReadLink() is not { } text)
                {
                    fault = LinkFault.Loop;
                    return null;
                }

                if (text is [(byte)'/', ..])
                {
                    current?.Dispose();
                    current = FileDescriptor.OpenRoot("/", Fcntl.O_PATH | Fcntl.O_DIRECTORY, out _) ?? throw new InvalidOperationException("the root directory is gone");
                }

                PushSteps(steps, text);
                if (steps.Count == 0)
                    steps.Push([(byte)'.', 0]); // the link led to "/" or ".": look at that, not at the link
            }

            fault = Judge(links, owner, target);
            return fault == LinkFault.None ? Interlocked.Exchange(ref current, null) : null;
        }
        finally
        {
            current?.Dispose();
        }
    }

    /// <summary>Opens an absolute path whose every link belongs to root, to the owner of the first, or to the owner of what it leads to. For homes: their paths come from root, but users
    /// may be able to swap the last steps.</summary>
    public static FileDescriptor? OpenPath(FileDescriptor root, string path, Func<FileStatus, FileStatus>? view)
    {
        var current = root.OpenPlace([(byte)'.', 0], out _);
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (current is null)
                return null;
            using var parent = current;
            current = Follow(parent, FileDescriptor.NulTerminated(name), owner: null, view, out _, out _);
        }

        return current;
    }

    // The first link decides who must own the target. Links of root further on are part of the system (/home -> /data/home); one of a tenant must not lead to what is not his,
    // even when root's link led there first.
    private static LinkFault Judge(List<uint> links, uint? owner, FileStatus target)
    {
        if (links.Count == 0)
            return LinkFault.None; // it was replaced by something else in between, which is what we opened
        if (owner is null)
        {
            foreach (var link in links)
            {
                if (link != 0 && link != links[0] && link != target.Uid)
                    return LinkFault.ForeignLink;
            }

            return LinkFault.None;
        }

        foreach (var link in links)
        {
            if (link != 0 && link != owner)
                return LinkFault.ForeignLink;
            if (link != 0 && link != target.Uid)
                return LinkFault.ForeignTarget;
        }

        return links[0] == target.Uid ? LinkFault.None : LinkFault.ForeignTarget;
    }

    // "a//b/./c" means "a/b/c"; a slash at the end asks for a directory, which the caller checks anyway.
    private static void PushSteps(Stack<byte[]> steps, ReadOnlySpan<byte> path)
    {
        while (!path.IsEmpty)
        {
            var slash = path.LastIndexOf((byte)'/');
            var part = path[(slash + 1)..];
            if (!part.IsEmpty && !part.SequenceEqual("."u8))
                steps.Push([.. part, 0]);
            path = slash < 0 ? default : path[..slash];
        }
    }

    private static LinkFault FaultOf(Errno error) => error switch
    {
        Errno.ENOENT or Errno.ENOTDIR => LinkFault.Dangling,
        Errno.ELOOP => LinkFault.Loop,
        _ => LinkFault.Unreadable,
    };

    /// <summary>What is wrong, in words.</summary>
    public static string Describe(LinkFault fault, string targetOwner) => fault switch
    {
        LinkFault.Dangling => "the link leads to nothing",
        LinkFault.Loop => "the link leads back to itself",
        LinkFault.ForeignLink => "the link belongs to neither root nor the owner of the domain",
        LinkFault.ForeignTarget => $"the link leads to something that belongs to {targetOwner}, not to the owner of the link",
        _ => "the link cannot be followed",
    };

    // Closes the descriptor unless it was taken over.
    private ref struct Holder(FileDescriptor descriptor)
    {
        private FileDescriptor? _descriptor = descriptor;

        public FileDescriptor Take()
        {
            var taken = _descriptor!; // taken once
            _descriptor = null;
            return taken;
        }

        public readonly void Dispose() => _descriptor?.Dispose();
    }
}
