using Symbiosis.Machine.Native;

namespace Symbiosis.Bench.Measuring;

/// <summary>Changes the tree as its owner would over SFTP: each step has the owner's ids from the start, so no event is of a file of root.</summary>
internal sealed class Customer(string srv, uint id)
{
    /// <summary>Makes a directory and its missing parents below <c>/srv</c>.</summary>
    public void MakeDirectory(string path) => AsOwner(() => Directory.CreateDirectory($"{srv}/{path}"));

    /// <summary>Writes a file as an editor does: beside it, then renamed over it.</summary>
    public void Write(string path, string content) => AsOwner(() =>
    {
        var fresh = $"{srv}/{path}~";
        using (var file = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            file.Write(System.Text.Encoding.UTF8.GetBytes(content));
        File.Move(fresh, $"{srv}/{path}", overwrite: true);
    });

    // setfsuid(2) changes this thread only; a process without root's rights stays who it is.
    private void AsOwner(Action change)
    {
        _ = SysFsuid.setfsgid(id);
        _ = SysFsuid.setfsuid(id);
        try
        {
            change();
        }
        finally
        {
            _ = SysFsuid.setfsuid(0);
            _ = SysFsuid.setfsgid(0);
        }
    }
}
