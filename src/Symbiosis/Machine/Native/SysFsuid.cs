using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary>
/// <c>sys/fsuid.h</c>. Unlike <c>seteuid</c>, these change only the calling thread, and only what it may do to files, so another thread keeps its rights. They report the former id,
/// never an error (<c>setfsuid(2)</c>): call twice to see whether a change took place.
/// </summary>
internal static partial class SysFsuid
{
    [LibraryImport("libc")]
    public static partial uint setfsuid(uint uid);

    [LibraryImport("libc")]
    public static partial uint setfsgid(uint gid);
}
