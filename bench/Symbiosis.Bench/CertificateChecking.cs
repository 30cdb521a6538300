using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Symbiosis.CertificateKeeping;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services.Tls;
using Symbiosis.Tree;

namespace Symbiosis.Bench;

/// <summary>Checks the certificate sets of many domains (TLS-9), none of which is due: what a regular run of the service or of <c>symbiosis-ssl</c> costs when there is nothing to do.</summary>
internal static class CertificateChecking
{
    /// <summary>Makes a tree of so many domains with a set each, from a CA of two levels, and prints what looking at all of them costs.</summary>
    public static void Run(string work, int domains)
    {
        var root = Directory.CreateDirectory(Path.Combine(work, "certificates")).FullName;
        try
        {
            var (roots, intermediate, leaf, key) = Make();
            for (var i = 0; i < domains; i++)
            {
                var ssl = Directory.CreateDirectory($"{root}/srv/d{i}.example/config/ssl/sets/0").Parent!.Parent!.FullName; // just made
                File.WriteAllText($"{ssl}/sets/0/ssl.crt", leaf);
                File.WriteAllText($"{ssl}/sets/0/ssl.key", key);
                File.WriteAllText($"{ssl}/sets/0/ssl.bundle", intermediate);
                File.WriteAllText($"{ssl}/sets/0/ssl.combined", leaf + intermediate + key);
                File.CreateSymbolicLink($"{ssl}/current", "sets/0");
            }

            Directory.CreateDirectory($"{root}/etc/ssl/certs");
            File.WriteAllText($"{root}/etc/ssl/certs/ca-certificates.crt", roots + Others());
            Measure(root);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Measure(string root)
    {
        var users = UserDatabase.Parse("admin:x:1000:1000::/srv:/bin/sh\n", "admin:x:1000:\n");
        var tree = new CertificateTree(new TreeReaderOptions { Root = new HostRoot(root), ReadUsers = () => users, View = status => status with { Uid = 1000, Gid = 1000 } }, TimeProvider.System);
        var host = new Host { Name = DomainName.Parse("host.example.net"), Tree = new HostTree([]), Secret = new HostSecret(new byte[32]) };
        var before = Environment.CpuUsage;
        var watch = Stopwatch.StartNew();
        var scan = tree.Scan(host.Name);
        var good = 0;
        foreach (var entry in scan.Domains)
        {
            if (tree.Read(entry, host) is { Current: { } current } sets && SetCheck.FindFault(current, sets.Names, acceptsSelfSigned: false, TimeProvider.System.GetUtcNow()) is null)
                good++;
        }

        var cpu = Environment.CpuUsage;
        Console.WriteLine($"{scan.Domains.Count} sets, {good} good: {(cpu.TotalTime - before.TotalTime).TotalSeconds:F2} s of processor time, {watch.Elapsed.TotalSeconds:F2} s");
    }

    // Names by wildcard, so that one pair serves all domains; each is read, parsed and verified anew.
    private static (string Root, string Intermediate, string Leaf, string Key) Make()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var root = Authority("CN=Bench Root", rootKey).CreateSelfSigned(now.AddDays(-9), now.AddYears(9));
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var middle = Authority("CN=Bench Intermediate", middleKey).Create(root, now.AddDays(-8), now.AddYears(5), RandomNumberGenerator.GetBytes(12));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=bench", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("*.example");
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(middle.SubjectName, X509SignatureGenerator.CreateForECDsa(middleKey), now.AddDays(-7), now.AddDays(83), RandomNumberGenerator.GetBytes(12));
        return (root.ExportCertificatePem() + "\n", middle.ExportCertificatePem() + "\n", leaf.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    // As many roots as a Debian host trusts.
    private static string Others() => string.Concat(Enumerable.Range(0, 140).Select(i =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority($"CN=Other Root {i}", key).CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddYears(9));
        return root.ExportCertificatePem() + "\n";
    }));

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }
}
