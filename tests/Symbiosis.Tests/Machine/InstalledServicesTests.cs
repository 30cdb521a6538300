using Symbiosis.Machine;
using Symbiosis.Services;

namespace Symbiosis.Tests.Machine;

public sealed class InstalledServicesTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("symbiosis-test-");

    [Fact]
    public void A_service_is_on_while_its_package_has_left_a_mark()
    {
        var marks = Directory.CreateDirectory(_root.FullName + InstalledServices.Directory);
        Choose().ShouldBeEmpty();

        File.WriteAllText(Path.Combine(marks.FullName, "tls"), "");
        Choose().ShouldBe(["tls"]);
    }

    [Fact]
    public void Without_packages_all_services_are_on() =>
        Choose().ShouldBe(ServiceCatalog.All.Select(module => module.Name));

    public void Dispose() => _root.Delete(recursive: true);

    private IEnumerable<string> Choose() => InstalledServices.Choose(ServiceCatalog.All, new HostRoot(_root.FullName)).Select(module => module.Name);
}
