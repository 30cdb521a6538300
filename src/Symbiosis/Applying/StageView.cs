using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;

namespace Symbiosis.Applying;

/// <summary>
/// What a daemon's checker looks at: the configuration as it would be when certain units went live. For a daemon with a configuration root that is a copy of the tree in which files that do
/// not change are links to the live ones; for others, the changed files under their own names.
/// </summary>
internal sealed class StageView
{
    private readonly IHostFiles _files;
    private readonly HostPath? _root;
    private readonly HostPath _stage;
    private readonly IReadOnlyList<Operation> _operations;
    private readonly Dictionary<string, string> _unitOfStagedPath = new(StringComparer.Ordinal);

    private StageView(IHostFiles files, Daemon daemon, IReadOnlyList<Operation> operations)
    {
        _files = files;
        _root = daemon.ConfigurationRoot;
        _stage = StateDirectory.Stage.Join(daemon.Name);
        _operations = operations;
    }

    /// <summary>Makes the view, showing the configuration as it is now.</summary>
    /// <param name="files">The host.</param>
    /// <param name="daemon">Whose configuration.</param>
    /// <param name="operations">All operations that concern the daemon.</param>
    public static StageView Make(IHostFiles files, Daemon daemon, IReadOnlyList<Operation> operations)
    {
        var view = new StageView(files, daemon, operations);
        Remove(files, view._stage);
        files.MakeDirectories(view._stage);
        if (view._root is not null)
            view.MirrorDirectory(view._root);
        foreach (var operation in operations)
            view._unitOfStagedPath[files.PathOf(view.PlaceOf(operation.Path))] = operation.Unit;
        return view;
    }

    /// <summary>Removes a view, or all of them.</summary>
    public static void Remove(IHostFiles files, HostPath stage)
    {
        if (Directory.Exists(files.PathOf(stage)))
            Directory.Delete(files.PathOf(stage), recursive: true); // links in it are removed, not followed
    }

    /// <summary>Where things lie, for the checker's command line.</summary>
    public StagedFiles Paths => new(path => _files.PathOf(IsInView(path) ? PlaceOf(path) : path));

    /// <summary>Shows the configuration as it would be with the operations of these units only.</summary>
    public void Show(IReadOnlySet<string> units)
    {
        foreach (var operation in _operations)
        {
            var place = PlaceOf(operation.Path);
            _files.Remove(place);
            if (units.Contains(operation.Unit))
                ShowNew(operation, place);
            else if (_root is not null)
                ShowLive(operation.Path, place);
        }
    }

    /// <summary>Units whose staged files are named in a text, such as a checker's complaint.</summary>
    public HashSet<string> FindUnitsNamedIn(string text) =>
        _unitOfStagedPath.Where(staged => MentionsPath(text, staged.Key)).Select(staged => staged.Value).ToHashSet(StringComparer.Ordinal);

    private static bool MentionsPath(string text, string path)
    {
        for (var at = text.IndexOf(path, StringComparison.Ordinal); at >= 0; at = text.IndexOf(path, at + 1, StringComparison.Ordinal))
        {
            var next = at + path.Length;
            // "a.conf" is not named by "a.conf.old" or "a.conf2", but it is by "a.conf:12" and by "a.conf."
            if (next == text.Length || !(char.IsAsciiLetterOrDigit(text[next]) || text[next] is '-' or '_' or '/' || (text[next] == '.' && next + 1 < text.Length && char.IsAsciiLetterOrDigit(text[next + 1]))))
                return true;
        }

        return false;
    }

    private bool IsInView(HostPath path) => (_root is not null && path.IsUnder(_root)) || _operations.Any(operation => operation.Kind == OperationKind.WriteFile && operation.Path == path);

    private HostPath PlaceOf(HostPath path) => StateDirectory.Mirror(_stage, path);

    private void ShowNew(Operation operation, HostPath place)
    {
        switch (operation.Change)
        {
            case PlannedChange.WriteFile write:
                _files.MakeDirectories(place.Parent);
                _files.WriteNew(place, write.Content.Span, new IHostFiles.FileAttributes(write.File.Mode, write.Uid, write.Gid, 0));
                break;
            case PlannedChange.MakeLink link when _root is not null:
                _files.MakeDirectories(place.Parent);
                _files.MakeLink(place, TargetInView(operation.Path, link.Target));
                break;
        }
    }

    private void ShowLive(HostPath path, HostPath place)
    {
        switch (_files.Stat(path.Value)?.Kind)
        {
            case null or FileKind.Directory:
                break;
            case FileKind.Link when _files.ReadLink(path.Value) is { } target:
                _files.MakeLink(place, TargetInView(path, target));
                break;
            default:
                _files.MakeLink(place, _files.PathOf(path));
                break;
        }
    }

    private void MirrorDirectory(HostPath directory)
    {
        _files.MakeDirectories(PlaceOf(directory));
        foreach (var name in _files.List(directory))
        {
            var path = directory.Join(name);
            if (_files.Stat(path.Value)?.Kind == FileKind.Directory)
                MirrorDirectory(path);
            else if (!name.StartsWith(Operation.SparePrefix, StringComparison.Ordinal))
                ShowLive(path, PlaceOf(path));
        }
    }

    // A link within the tree must lead to the staged copy of its target, a link out of it to the real one.
    private string TargetInView(HostPath link, string target)
    {
        var leadsTo = HostPath.Parse(LinkTarget.Resolve(link, target));
        return _root is not null && leadsTo.IsUnder(_root) ? _files.PathOf(PlaceOf(leadsTo)) : _files.PathOf(leadsTo);
    }
}
