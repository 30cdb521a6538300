using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.Tests.Support;

/// <summary>The process is gone: nothing of it runs any more.</summary>
internal sealed class KilledException() : Exception("killed");

/// <summary>At which point of a change a process dies.</summary>
public enum Stop
{
    /// <summary>Before it.</summary>
    Before,

    /// <summary>In the middle of a write, with half of the bytes on disk.</summary>
    Halfway,
}

/// <summary>Files whose every change passes one place, where tests interfere.</summary>
internal abstract class FailingFiles(IHostFiles inner) : IHostFiles
{
    /// <summary>False for a file system such as ZFS on Debian 12.</summary>
    public bool CanExchange { get; init; } = true;

    /// <summary>Called with every change before it is made, and with how to make half of it.</summary>
    protected abstract void OnChange(HostPath path, Action? half);

    public string PathOf(HostPath path) => inner.PathOf(path);

    public FileStat? Stat(string path) => inner.Stat(path);

    public byte[]? Read(HostPath path, long offsetBytes = 0) => inner.Read(path, offsetBytes);

    public string? ReadLink(string path) => inner.ReadLink(path);

    public IReadOnlyList<string> List(HostPath directory) => inner.List(directory);

    public uint? FindUser(string name) => inner.FindUser(name);

    public uint? FindGroup(string name) => inner.FindGroup(name);

    public IReadOnlyList<HostPath> MakeDirectories(HostPath directory)
    {
        if (inner.Stat(directory.Value) is null)
            OnChange(directory, half: null);
        return inner.MakeDirectories(directory);
    }

    public void WriteNew(HostPath path, ReadOnlySpan<byte> content, IHostFiles.FileAttributes attributes)
    {
        var bytes = content.ToArray();
        OnChange(path, () => inner.WriteNew(path, bytes.AsSpan(0, bytes.Length / 2), attributes));
        inner.WriteNew(path, content, attributes);
    }

    public void Append(HostPath path, ReadOnlySpan<byte> content, bool isDurable)
    {
        var bytes = content.ToArray();
        OnChange(path, () => inner.Append(path, bytes.AsSpan(0, bytes.Length / 2), isDurable));
        inner.Append(path, content, isDurable);
    }

    public void Truncate(HostPath path, long lengthBytes)
    {
        OnChange(path, half: null);
        inner.Truncate(path, lengthBytes);
    }

    public void MakeLink(HostPath path, string target)
    {
        OnChange(path, half: null);
        inner.MakeLink(path, target);
    }

    public bool TryExchange(HostPath first, HostPath second)
    {
        OnChange(second, half: null);
        return CanExchange && inner.TryExchange(first, second);
    }

    public void MakeHardLink(HostPath existing, HostPath path)
    {
        OnChange(path, half: null);
        inner.MakeHardLink(existing, path);
    }

    public void MoveNew(HostPath from, HostPath to)
    {
        OnChange(to, half: null);
        inner.MoveNew(from, to);
    }

    public void Replace(HostPath from, HostPath to)
    {
        OnChange(to, half: null);
        inner.Replace(from, to);
    }

    public void Remove(HostPath path)
    {
        if (inner.Stat(path.Value) is not null)
            OnChange(path, half: null);
        inner.Remove(path);
    }

    public void RemoveEmptyDirectory(HostPath path)
    {
        OnChange(path, half: null);
        inner.RemoveEmptyDirectory(path);
    }

    public void Sync(IReadOnlyCollection<HostPath> paths) => inner.Sync(paths);
}

/// <summary>Dies at the nth change and stays dead.</summary>
internal sealed class MortalFiles(IHostFiles inner, int lives, Stop stop) : FailingFiles(inner)
{
    private int _changes;

    protected override void OnChange(HostPath path, Action? half)
    {
        if (_changes++ < lives)
            return;
        if (_changes == lives + 1 && stop == Stop.Halfway)
            half?.Invoke();
        throw new KilledException();
    }
}

/// <summary>Has no room for new files, directories or longer files from the nth such change on. Renaming and removing still work.</summary>
internal sealed class FullDisk(IHostFiles inner, int changesThatFit) : IHostFiles
{
    private int _changes;

    public string PathOf(HostPath path) => inner.PathOf(path);

    public FileStat? Stat(string path) => inner.Stat(path);

    public byte[]? Read(HostPath path, long offsetBytes = 0) => inner.Read(path, offsetBytes);

    public string? ReadLink(string path) => inner.ReadLink(path);

    public IReadOnlyList<string> List(HostPath directory) => inner.List(directory);

    public uint? FindUser(string name) => inner.FindUser(name);

    public uint? FindGroup(string name) => inner.FindGroup(name);

    public IReadOnlyList<HostPath> MakeDirectories(HostPath directory)
    {
        if (inner.Stat(directory.Value) is null)
            NeedRoom(directory);
        return inner.MakeDirectories(directory);
    }

    public void WriteNew(HostPath path, ReadOnlySpan<byte> content, IHostFiles.FileAttributes attributes)
    {
        if (_changes >= changesThatFit)
            inner.WriteNew(path, content[..(content.Length / 2)], attributes); // as write(2) does: what fits is written
        NeedRoom(path);
        inner.WriteNew(path, content, attributes);
    }

    public void Append(HostPath path, ReadOnlySpan<byte> content, bool isDurable)
    {
        if (_changes >= changesThatFit)
            inner.Append(path, content[..(content.Length / 2)], isDurable);
        NeedRoom(path);
        inner.Append(path, content, isDurable);
    }

    public void Truncate(HostPath path, long lengthBytes) => inner.Truncate(path, lengthBytes);

    public void MakeLink(HostPath path, string target)
    {
        NeedRoom(path);
        inner.MakeLink(path, target);
    }

    public bool TryExchange(HostPath first, HostPath second) => inner.TryExchange(first, second);

    public void MakeHardLink(HostPath existing, HostPath path) => inner.MakeHardLink(existing, path);

    public void MoveNew(HostPath from, HostPath to) => inner.MoveNew(from, to);

    public void Replace(HostPath from, HostPath to) => inner.Replace(from, to);

    public void Remove(HostPath path) => inner.Remove(path);

    public void RemoveEmptyDirectory(HostPath path) => inner.RemoveEmptyDirectory(path);

    public void Sync(IReadOnlyCollection<HostPath> paths) => inner.Sync(paths);

    private void NeedRoom(HostPath path)
    {
        if (_changes++ >= changesThatFit)
            throw new HostFileException("write", path, Errno.ENOSPC);
    }
}
