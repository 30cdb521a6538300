using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>
/// One reading of one domain, home or host tree, along a <see cref="ReadingPlan"/>. Everything is opened relative to a directory that is open already, one name at a time, and judged by
/// its descriptor (CORE-14, CORE-15). Whatever is in the way becomes a node and a diagnostic; a name that is gone meanwhile is absent.
/// </summary>
internal sealed class UnitReading
{
    private const int MaxDepth = 8;
    private const int EntryBufferBytes = 32 << 10;

    private static readonly SearchValues<byte> _controls = SearchValues.Create([.. Enumerable.Range(0, 32).Append(127).Select(i => (byte)i)]);

    private readonly TreeReaderOptions _options;
    private readonly IObservedUnit? _observer;
    private readonly string _root;
    private readonly uint _owner;
    private readonly DomainName? _domain;
    private readonly Dictionary<string, TreeNode> _nodes = new(StringComparer.Ordinal);
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly List<string> _mailboxes = [];
    private readonly UserDatabase _users;
    private long _bytesLeft;

    /// <summary>Prepares a reading; nothing is opened yet.</summary>
    /// <param name="options">Limits.</param>
    /// <param name="users">For owners' names in messages.</param>
    /// <param name="root">Path of the tree's root, for messages.</param>
    /// <param name="owner">Owner of the tree.</param>
    /// <param name="domain">The domain it is, or null.</param>
    /// <param name="observer">Told of opened directories, or null.</param>
    public UnitReading(TreeReaderOptions options, UserDatabase users, string root, uint owner, DomainName? domain, IObservedUnit? observer)
    {
        _options = options;
        _users = users;
        _root = root;
        _owner = owner;
        _domain = domain;
        _observer = observer;
        _bytesLeft = options.MaxDomainBytes;
    }

    /// <summary>What was found wrong so far.</summary>
    public List<Diagnostic> Diagnostics => _diagnostics;

    /// <summary>Nodes read so far.</summary>
    public Dictionary<string, TreeNode> Nodes => _nodes;

    /// <summary>Reads everything planned below an open directory.</summary>
    public void Read(FileDescriptor root, PlanDirectory plan, string keyPrefix = "")
    {
        if (_domain is not null)
            NoteDirectory("", root, isLinked: false);
        ReadDirectory(root, plan, keyPrefix);
    }

    /// <summary>What was read of a domain or home, in an order that does not depend on the disk.</summary>
    public DomainTree ToTree()
    {
        _mailboxes.Sort(StringComparer.Ordinal);
        SortDiagnostics();
        return new DomainTree(new NodeTable(_nodes), _mailboxes.ToValueList(), _diagnostics.ToValueList());
    }

    /// <summary>What was read of the host.</summary>
    public HostTree ToHostTree()
    {
        SortDiagnostics();
        return new HostTree(new NodeTable(_nodes), _diagnostics.ToValueList());
    }

    private void SortDiagnostics() =>
        _diagnostics.Sort(static (left, right) => string.CompareOrdinal(left.Path, right.Path) is var order and not 0 ? order : string.CompareOrdinal(left.Kind.Id, right.Kind.Id));

    // keyPrefix: "" or ends with a slash.
    private void ReadDirectory(FileDescriptor directory, PlanDirectory plan, string keyPrefix)
    {
        _observer?.Opened(directory, plan);
        if (!plan.IsListed || !ReadListed(directory, plan, keyPrefix))
        {
            foreach (var entry in plan.Entries)
                ReadEntry(directory, entry, KeyOf(entry, keyPrefix), Dirent.DT_UNKNOWN);
        }
    }

    // False when there are too many entries: the declared names are then tried one by one.
    private bool ReadListed(FileDescriptor directory, PlanDirectory plan, string keyPrefix)
    {
        var limit = plan.Any is null ? _options.MaxEntries : _options.MaxMailboxes;
        List<string>? anyNames = plan.Any is null ? null : [];
        var buffer = ArrayPool<byte>.Shared.Rent(EntryBufferBytes);
        Span<char> characters = stackalloc char[256]; // NAME_MAX is 255 bytes
        try
        {
            var count = 0;
            int filled;
            while ((filled = directory.ReadEntries(buffer, out var error)) > 0)
            {
                for (var at = 0; at < filled;)
                {
                    var record = buffer.AsSpan(at);
                    at += BinaryPrimitives.ReadUInt16LittleEndian(record[Dirent.RecordLengthOffset..]);
                    var type = record[Dirent.TypeOffset];
                    var name = record[Dirent.NameOffset..];
                    name = name[..name.IndexOf((byte)0)];
                    if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
                        continue;
                    if (++count > limit)
                    {
                        if (plan.Any is not null || plan.ReportsUnknown)
                            Report(TreeDiagnostics.TooMany, PathOfDirectory(keyPrefix), $"there are more than {limit} entries");
                        if (plan.Any is not null)
                            _nodes[keyPrefix.TrimEnd('/')] = new TreeNode(NodeKind.Unreadable) { Fault = $"it has more than {limit} entries" };
                        return plan.Any is not null; // of mailboxes, none is better than some by chance
                    }

                    if (Utf8.ToUtf16(name, characters, out _, out var length, replaceInvalidSequences: false) != OperationStatus.Done || name.ContainsAny(_controls))
                    {
                        if (plan.Any is not null || plan.ReportsUnknown)
                            Report(TreeDiagnostics.BadName, PathOfDirectory(keyPrefix), $"the name \"{Escape(name)}\" is ignored: it is not UTF-8 or holds a control character");
                        continue;
                    }

                    var text = characters[..length];
                    if (plan.Find(text) is { } entry)
                        ReadEntry(directory, entry, KeyOf(entry, keyPrefix), type);
                    else if (text[0] == '.')
                        continue;
                    else if (anyNames is not null && type is Dirent.DT_DIR or Dirent.DT_LNK or Dirent.DT_UNKNOWN)
                        anyNames.Add(text.ToString());
                    else if (plan.ReportsUnknown)
                        ReportUnknown(text.ToString(), plan, keyPrefix);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (anyNames is not null)
        {
            foreach (var name in anyNames)
                ReadAny(directory, name, plan.Any!, keyPrefix); // anyNames exists only beside it
        }

        return true;
    }

    private void ReadAny(FileDescriptor parent, string name, PlanDirectory plan, string keyPrefix)
    {
        var key = keyPrefix + name;
        using var directory = OpenDirectory(parent, FileDescriptor.NulTerminated(name), key, isOptional: true);
        if (directory is null)
            return;
        if (keyPrefix == "mailboxes/")
            _mailboxes.Add(name);
        ReadDirectory(directory, plan, key + "/");
    }

    private void ReadEntry(FileDescriptor parent, PlanEntry entry, string key, byte type)
    {
        if (entry.Inside is { } inside)
        {
            using var directory = OpenDirectory(parent, entry.NulTerminatedName, key, isOptional: false);
            if (directory is not null)
                ReadDirectory(directory, inside, key + "/");

            // On the host, a directory that is only on the way says nothing: /var/lib/symbiosis appears by our own doing, and must not make the host differ.
            if (directory is not null && entry.Form is null && _domain is null)
                _nodes.Remove(key);
        }

        switch (entry.Form)
        {
            case null:
                break;
            case SettingForm.DirectoryOfTexts:
                ReadTexts(parent, entry.NulTerminatedName, key);
                break;
            case SettingForm.Directory or SettingForm.DaemonReads:
                if (entry.Inside is null)
                    Look(parent, entry, key);
                break;
            default:
                ReadFile(parent, entry.NulTerminatedName, key, entry.Form.Value, type);
                break;
        }
    }

    private void ReadTexts(FileDescriptor parent, ReadOnlySpan<byte> name, string key)
    {
        using var directory = OpenDirectory(parent, name, key, isOptional: false);
        if (directory is null)
            return;
        var left = _options.MaxEntries;
        ReadTextsBelow(directory, key, ref left, depth: 1);
        if (left < 0)
        {
            Report(TreeDiagnostics.TooMany, PathOf(key), $"there are more than {_options.MaxEntries} entries, or more than {MaxDepth} levels of directories");
            _nodes[key] = new TreeNode(NodeKind.Unreadable) { Fault = "it has too many entries" };
        }
    }

    private void ReadTextsBelow(FileDescriptor directory, string key, ref int left, int depth)
    {
        _observer?.Opened(directory, null);
        var names = new List<(string Name, byte Type)>();
        ListNames(directory, key, names, ref left);
        if (depth > MaxDepth)
            left = -1;
        foreach (var (name, type) in names)
        {
            if (left < 0)
                return;
            var below = $"{key}/{name}";
            var bytes = FileDescriptor.NulTerminated(name);
            if (type == Dirent.DT_DIR || (type is Dirent.DT_LNK or Dirent.DT_UNKNOWN && LeadsToDirectory(directory, bytes)))
            {
                using var inner = OpenDirectory(directory, bytes, below, isOptional: true);
                if (inner is not null)
                    ReadTextsBelow(inner, below, ref left, depth + 1);
            }
            else
            {
                ReadFile(directory, bytes, below, SettingForm.Text, type);
            }
        }
    }

    private void ListNames(FileDescriptor directory, string key, List<(string Name, byte Type)> names, ref int left)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(EntryBufferBytes);
        try
        {
            int filled;
            while ((filled = directory.ReadEntries(buffer, out _)) > 0)
            {
                for (var at = 0; at < filled && left >= 0;)
                {
                    var record = buffer.AsSpan(at);
                    at += BinaryPrimitives.ReadUInt16LittleEndian(record[Dirent.RecordLengthOffset..]);
                    var name = record[Dirent.NameOffset..];
                    name = name[..name.IndexOf((byte)0)];
                    if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
                        continue;
                    left--;
                    if (!Utf8.IsValid(name) || name.ContainsAny(_controls))
                        Report(TreeDiagnostics.BadName, PathOf(key), $"the name \"{Escape(name)}\" is ignored: it is not UTF-8 or holds a control character");
                    else
                        names.Add((Encoding.UTF8.GetString(name), record[Dirent.TypeOffset]));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool LeadsToDirectory(FileDescriptor directory, ReadOnlySpan<byte> name) =>
        directory.StatBelow(name, out var status, follow: true) == Errno.None && status.Sort == FileSort.Directory;

    // Opens a directory and notes it as a node. Null when it is absent, or unreadable and reported.
    private FileDescriptor? OpenDirectory(FileDescriptor parent, ReadOnlySpan<byte> name, string key, bool isOptional)
    {
        var flags = Fcntl.O_RDONLY | Fcntl.O_DIRECTORY;
        var directory = parent.OpenBelow(name, flags, out var error);
        var isLinked = false;
        if (error == Errno.ELOOP)
        {
            // In mailboxes/ a link to a file is no more of a mailbox than a file is.
            if (isOptional && !LeadsToDirectory(parent, name) && parent.StatBelow(name, out _, follow: true) == Errno.None)
                return null;
            directory = FollowLink(parent, name, key, flags, out error);
            isLinked = true;
            if (directory is null && error == Errno.None)
                return null; // reported
        }

        if (directory is not null)
        {
            NoteDirectory(key, directory, isLinked);
            return directory;
        }

        if (error == Errno.ENOENT || (isOptional && error == Errno.ENOTDIR))
            return null;
        if (error == Errno.ENOTDIR)
            Fail(key, TreeDiagnostics.WrongKind, "there is something else where a directory belongs", $"move it away and run mkdir {PathOf(key)}");
        else
            Fail(key, TreeDiagnostics.Unreadable, $"the directory cannot be opened ({error})", hint: null);
        return null;
    }

    private void NoteDirectory(string key, FileDescriptor directory, bool isLinked)
    {
        const UnixFileMode ForAll = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        if (directory.Stat(out var status) != Errno.None)
            return;
        status = _options.View?.Invoke(status) ?? status;
        _nodes[key] = new TreeNode(NodeKind.Directory)
        {
            Uid = status.Uid,
            Gid = status.Gid,
            Mode = status.Mode,
            IsLinked = isLinked,
            Acl = status.Mode.HasFlag(ForAll) ? [] : ReadAcl(directory),
        };
    }

    private ValueList<AccessEntry> ReadAcl(FileDescriptor file) =>
        PosixAcl.Of(file) is { } list
            ? list.Users.Where(user => _users.UserName(user.Uid) is not null).Select(user => new AccessEntry(_users.UserName(user.Uid)!, (UnixFileMode)user.Rights)).ToValueList() // just seen not to be null
            : [];

    // Existence, owner and mode only.
    private void Look(FileDescriptor parent, PlanEntry entry, string key)
    {
        var error = parent.StatBelow(entry.NulTerminatedName, out var status);
        if (error != Errno.None)
        {
            if (error is not (Errno.ENOENT or Errno.ENOTDIR))
                Fail(key, TreeDiagnostics.Unreadable, $"it cannot be looked at ({error})", hint: null);
            return;
        }

        var isLinked = status.Sort == FileSort.Link;
        if (isLinked)
        {
            using var place = LinkRule.Follow(parent, entry.NulTerminatedName, _owner, _options.View, out status, out var fault);
            if (place is null)
            {
                FailLink(key, fault, status);
                return;
            }

            _observer?.Followed(place);
        }
        else
        {
            status = _options.View?.Invoke(status) ?? status;
        }

        if (entry.Form == SettingForm.Directory && status.Sort != FileSort.Directory)
        {
            Fail(key, TreeDiagnostics.WrongKind, "there is something else where a directory belongs", $"move it away and run mkdir {PathOf(key)}");
            return;
        }

        NodeKind? kind = status.Sort switch { FileSort.Regular => NodeKind.File, FileSort.Directory => NodeKind.Directory, _ => null };
        if (kind is { } known)
            _nodes[key] = new TreeNode(known) { Uid = status.Uid, Gid = status.Gid, Mode = status.Mode, IsLinked = isLinked };
        else
            Fail(key, TreeDiagnostics.Unreadable, $"it is {Describe(status.Sort)}, not a regular file", "remove it");
    }

    private void ReadFile(FileDescriptor parent, ReadOnlySpan<byte> name, string key, SettingForm form, byte type)
    {
        if (type is Dirent.DT_FIFO or Dirent.DT_SOCK or Dirent.DT_CHR or Dirent.DT_BLK)
        {
            // Known without opening it: opening a device may do something (watchdog(4)).
            Fail(key, TreeDiagnostics.Unreadable, $"it is {Describe(type)}, not a regular file", "remove it");
            return;
        }

        var file = parent.OpenBelow(name, Fcntl.O_RDONLY, out var error);
        var isLinked = false;
        if (error == Errno.ELOOP)
        {
            file = FollowLink(parent, name, key, Fcntl.O_RDONLY, out error);
            isLinked = true;
            if (file is null && error == Errno.None)
                return; // reported
        }

        if (file is null)
        {
            if (error == Errno.ENXIO)
                Fail(key, TreeDiagnostics.Unreadable, "it is a socket, not a regular file", "remove it");
            else if (error is not (Errno.ENOENT or Errno.ENOTDIR))
                Fail(key, TreeDiagnostics.Unreadable, $"it cannot be opened ({error})", hint: null);
            return;
        }

        using (file)
            _nodes[key] = ReadOpenFile(file, key, form, isLinked) ?? _nodes[key]; // null: Fail() has put it there
    }

    private TreeNode? ReadOpenFile(FileDescriptor file, string key, SettingForm form, bool isLinked)
    {
        var error = file.Stat(out var status);
        if (error != Errno.None)
        {
            Fail(key, TreeDiagnostics.Unreadable, $"it cannot be looked at ({error})", hint: null);
            return null;
        }

        status = _options.View?.Invoke(status) ?? status;
        if (status.Sort != FileSort.Regular)
        {
            if (status.Sort == FileSort.Directory)
                Fail(key, TreeDiagnostics.WrongKind, "there is a directory where a file belongs", $"move it away; the setting is a file");
            else
                Fail(key, TreeDiagnostics.Unreadable, $"it is {Describe(status.Sort)}, not a regular file", "remove it");
            return null;
        }

        if (status.SizeBytes > _options.MaxFileBytes)
        {
            Fail(key, TreeDiagnostics.Unreadable, $"it has {status.SizeBytes} bytes, more than the {_options.MaxFileBytes} that are read", "is this the right file?");
            return null;
        }

        _bytesLeft -= status.SizeBytes;
        if (_bytesLeft < 0)
        {
            Fail(key, TreeDiagnostics.TooMany, $"all settings of the domain together have more than {_options.MaxDomainBytes} bytes", hint: null);
            return null;
        }

        byte[] content = [];
        if (status.SizeBytes > 0)
        {
            content = new byte[status.SizeBytes];
            var count = file.ReadFully(content, out error);
            if (count < 0)
            {
                Fail(key, TreeDiagnostics.Unreadable, $"it cannot be read ({error})", hint: null);
                return null;
            }

            if (count < content.Length)
                Array.Resize(ref content, count); // truncated meanwhile; an event will tell
        }

        var node = new TreeNode(NodeKind.File) { Content = content, Uid = status.Uid, Gid = status.Gid, Mode = status.Mode, IsLinked = isLinked };
        if (form is SettingForm.Flag or SettingForm.Size)
            SettingFormCheck.Check(node, form, PathOf(key), _domain, _diagnostics);
        return node;
    }

    // Null and Errno.None: the fault is reported.
    private FileDescriptor? FollowLink(FileDescriptor parent, ReadOnlySpan<byte> name, string key, int flags, out Errno error)
    {
        using var place = LinkRule.Follow(parent, name, _owner, _options.View, out var target, out var fault);
        error = Errno.None;
        if (place is null)
        {
            FailLink(key, fault, target);
            return null;
        }

        if (target.Sort == FileSort.Regular)
            _observer?.Followed(place);
        if (target.Sort is not (FileSort.Regular or FileSort.Directory))
        {
            Fail(key, TreeDiagnostics.Unreadable, $"the link leads to {Describe(target.Sort)}, not to a regular file", "remove it");
            return null;
        }

        return place.Reopen(flags, out error);
    }

    private void FailLink(string key, LinkFault fault, FileStatus target) =>
        Fail(
            key,
            TreeDiagnostics.RefusedLink,
            LinkRule.Describe(fault, _users.UserName(target.Uid) is { } user ? $"{user} (uid {target.Uid})" : $"uid {target.Uid}"),
            fault is LinkFault.ForeignTarget or LinkFault.ForeignLink ? "put a copy of the file there instead of the link" : "remove the link");

    private void Fail(string key, DiagnosticKind kind, string message, string? hint)
    {
        _nodes[key] = new TreeNode(NodeKind.Unreadable) { Fault = message };
        Report(kind, PathOf(key), message, hint);
    }

    private void ReportUnknown(string name, PlanDirectory plan, string keyPrefix)
    {
        if (ReservedNames.InConfig.Contains(name) || IsLeftover(name))
            return;
        var nearest = NameSuggestion.FindNearest(name, ReservedNames.InConfig.Concat(plan.Entries.Select(entry => entry.Name)));
        if (nearest is null)
            Report(TreeDiagnostics.NotRead, PathOf(keyPrefix + name), "nothing reads this file");
        else
            Report(TreeDiagnostics.Misspelt, PathOf(keyPrefix + name), "nothing reads this file", $"did you mean {nearest}?");
    }

    // What editors and dpkg leave beside a file, and vim's probe "4913".
    private static bool IsLeftover(string name) =>
        name[^1] is '~' or '#' || name == "4913" || name.EndsWith(".bak", StringComparison.Ordinal) || name.EndsWith(".orig", StringComparison.Ordinal) || name.EndsWith(".old", StringComparison.Ordinal)
        || name.EndsWith(".tmp", StringComparison.Ordinal) || name.EndsWith(".save", StringComparison.Ordinal) || name.Contains(".dpkg-", StringComparison.Ordinal) || name.EndsWith(".swp", StringComparison.Ordinal);

    private void Report(DiagnosticKind kind, string path, string message, string? hint = null) => _diagnostics.Add(kind.At(path, message, hint, domain: _domain));

    private string PathOf(string key) => key.StartsWith('/') ? key : $"{_root}/{key}";

    private string PathOfDirectory(string keyPrefix) => keyPrefix.Length == 0 ? _root : PathOf(keyPrefix.TrimEnd('/'));

    private static string KeyOf(PlanEntry entry, string keyPrefix) => entry.Key ?? keyPrefix + entry.Name;

    private static string Describe(FileSort sort) => sort switch
    {
        FileSort.Fifo => "a FIFO",
        FileSort.Socket => "a socket",
        FileSort.CharacterDevice or FileSort.BlockDevice => "a device",
        FileSort.Directory => "a directory",
        _ => "no file",
    };

    private static string Describe(byte type) => Describe(type switch { Dirent.DT_FIFO => FileSort.Fifo, Dirent.DT_SOCK => FileSort.Socket, _ => FileSort.CharacterDevice });

    // Bytes that are not printable ASCII as \xHH, so that the reader can find the name with ls -b.
    private static string Escape(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        foreach (var b in name)
            _ = b is >= 0x20 and < 0x7F and not (byte)'"' ? text.Append((char)b) : text.Append($"\\x{b:x2}");
        return text.ToString();
    }
}
