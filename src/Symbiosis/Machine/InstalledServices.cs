using Symbiosis.Model;
using Symbiosis.Services;

namespace Symbiosis.Machine;

/// <summary>
/// Which services this host shall have: the package of each leaves a file of its name in <c>/usr/lib/symbiosis/services</c>. A daemon alone says nothing: Apache may be there for something
/// else, and must then be left alone.
/// </summary>
public static class InstalledServices
{
    /// <summary>Where packages leave their marks.</summary>
    public static HostPath Directory { get; } = HostPath.Parse("/usr/lib/symbiosis/services");

    /// <summary>The modules of the installed services, in the order of the catalog. All of them where there is no such directory: the program was not installed by packages.</summary>
    public static ValueList<IServiceModule> Choose(ValueList<IServiceModule> catalog, HostRoot root)
    {
        var directory = root.PathOf(Directory);
        return System.IO.Directory.Exists(directory) ? catalog.Where(module => File.Exists(Path.Combine(directory, module.Name))).ToValueList() : catalog;
    }
}
