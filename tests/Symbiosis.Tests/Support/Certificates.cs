using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;

namespace Symbiosis.Tests.Support;

/// <summary>Makes certificates and puts them where daemons find them (TLS-55).</summary>
internal static class Certificates
{
    /// <summary>Publishes a new pair in a directory: a set of its own, then the link that leads to it, as on a host.</summary>
    /// <param name="root">What stands for <c>/</c>.</param>
    /// <param name="name">Whose certificate it is.</param>
    /// <param name="names">Names in it.</param>
    /// <param name="notBefore">Begin of its validity.</param>
    /// <param name="notAfter">End of its validity.</param>
    /// <param name="key">The key put beside it; null for its own.</param>
    public static void Publish(string root, string name, string[] names, DateTimeOffset notBefore, DateTimeOffset notAfter, string? key = null)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var published = Path.Combine(root, "var/lib/symbiosis/tls");
        var set = Directory.CreateDirectory(Path.Combine(published, $".{name}.{Guid.NewGuid():n}"));
        var certificate = Make(own, names, notBefore, notAfter);
        File.WriteAllText(Path.Combine(set.FullName, "fullchain.pem"), certificate);
        File.WriteAllText(Path.Combine(set.FullName, "key.pem"), key ?? own.ExportPkcs8PrivateKeyPem());
        File.Delete(Path.Combine(published, name + "~"));
        File.CreateSymbolicLink(Path.Combine(published, name + "~"), set.Name);
        using var directory = FileDescriptor.OpenRoot(published, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY, out _) ?? throw new IOException(published);
        Stdio.renameat2(directory, name + "~", directory, name, flags: 0).ShouldBe(0); // File.Move would look through the link
    }

    private static string Make(ECDsa key, string[] names, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var request = new CertificateRequest("CN=" + names[0], key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        using var certificate = request.CreateSelfSigned(notBefore, notAfter);
        return certificate.ExportCertificatePem();
    }
}
