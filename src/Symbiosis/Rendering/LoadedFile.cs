using Symbiosis.Model;

namespace Symbiosis.Rendering;

/// <summary>
/// A file that a daemon reads only when it starts or reloads, and that changes without any rendered text changing: a certificate that was renewed. The plan reloads the daemon when the
/// version is another than the one taken into use last (TLS-54), whoever edited the configuration that names the file (TLS-T28).
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Version">What tells one content from the next, such as a fingerprint; null when the file is only made by the same apply.</param>
/// <param name="Daemon">The daemon that reads it.</param>
/// <param name="Because">Why it does.</param>
public sealed record LoadedFile(HostPath Path, string? Version, string Daemon, string Because)
{
    /// <summary>Where clients must see it afterwards, when it is a certificate.</summary>
    public ValueList<ShownCertificate> Shown { get; init; }

    /// <summary>Name of the module that asked for it; the core fills it in.</summary>
    public string Service { get; init; } = "";
}
