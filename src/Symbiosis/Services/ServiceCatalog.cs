using Symbiosis.Model;

namespace Symbiosis.Services;

/// <summary>The services of the program, written out. Adding one is a folder and a line.</summary>
public static class ServiceCatalog
{
    /// <summary>All modules, in the order their output is shown.</summary>
    public static ValueList<IServiceModule> All { get; } =
    [
        new Mail.MailModule(),
        new Tls.TlsModule(),
        new Web.WebModule(),
    ];
}
