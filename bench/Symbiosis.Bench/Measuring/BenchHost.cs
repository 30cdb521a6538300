using System.Globalization;
using System.Net;
using System.Text;
using Symbiosis.Applying;
using Symbiosis.Bench.Trees;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services;
using Symbiosis.Tree;

namespace Symbiosis.Bench.Measuring;

/// <summary>
/// A host in a directory: a generated <c>/srv</c>, the packages and accounts of a mail and web server, and daemons that accept every configuration. What is measured is our program, not
/// Apache's start; the daemons' own time is measured on real machines.
/// </summary>
/// <param name="root">Directory that stands for <c>/</c>.</param>
internal sealed class BenchHost(string root)
{
    /// <summary>Owner of all domains.</summary>
    public const uint Customer = 1000;

    // Of the documentation network (RFC 5737) that the generator gives to sites with addresses of their own.
    private static readonly IEnumerable<string> _addresses = Enumerable.Range(1, 254).Select(last => $"198.51.100.{last}");

    private static readonly string[] _packages =
        ["apache2 2.4.62-1~deb12u2", "dovecot-core 1:2.3.19.1+dfsg1-2.1+deb12u1", "exim4-daemon-heavy 4.96-15+deb12u6", "php8.2-fpm 8.2.26-1~deb12u1"];

    /// <summary>Where the domains are.</summary>
    public string Srv => root + "/srv";

    /// <summary>Makes the directory and everything in it.</summary>
    public TreeCounts Create(TreeGenerator generator)
    {
        foreach (var directory in (string[])["srv", "etc", "var/lib/dpkg", "home"])
            Directory.CreateDirectory($"{root}/{directory}");
        File.WriteAllText($"{root}/etc/hostname", "bench.example.net\n");
        File.WriteAllText($"{root}/var/lib/dpkg/status", PackageStatus());
        return TreeWriter.Write(generator, Srv, Customer, Customer);
    }

    /// <summary>The machine to apply to: real files below the directory, no programs, no network.</summary>
    /// <param name="told">Told of every command that would be run.</param>
    public ApplyHost Machine(Action<Command>? told = null)
    {
        var place = new HostRoot(root);
        return new ApplyHost(place, new HostFiles(place), new ObedientDaemons(told), new SilentProber(), TimeProvider.System);
    }

    /// <summary>The pipeline as the program builds it, for this directory.</summary>
    public Pipeline CreatePipeline(ApplyHost machine, ITreeObserver? observer = null)
    {
        var plan = ReadingPlan.For(ServiceCatalog.All.SelectMany(service => service.Settings));
        var options = new TreeReaderOptions { Root = machine.Root, Observer = observer, ReadUsers = ReadUsers };
        var hostReader = new HostReader(plan, [.. ServiceCatalog.All.SelectMany(service => service.Packages)], options, machine.Clock)
        {
            ReadNetwork = Network,
            AskResolver = static (_, _) => Task.FromResult<string?>(null),
        };
        return new Pipeline(hostReader, new TreeReader(plan, options), ServiceCatalog.All, machine);
    }

    // The tree belongs to a number that need not be an account on the machine that measures.
    private static UserDatabase ReadUsers() => UserDatabase.Parse("root:x:0:0::/root:\ncustomer:x:1000:1000::/home/customer:\n", "root:x:0:\ncustomer:x:1000:\n");

    private static NetworkState Network() => new(
        _addresses.Select(address => new InterfaceAddress(2, IPAddress.Parse(address), 24, IsGlobal: true, IsStable: true)).ToValueList(), [new DefaultRoute(2, 0)]);

    // As large as that of a server with a thousand packages: reading it is part of every run.
    private static string PackageStatus()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 1000; i++)
            text.Append(CultureInfo.InvariantCulture, $"Package: lib{i}\nStatus: install ok installed\nVersion: 1.{i}-1\nDescription: {new string('x', 900)}\n\n");
        foreach (var package in _packages)
            text.Append(CultureInfo.InvariantCulture, $"Package: {package.Split(' ')[0]}\nStatus: install ok installed\nVersion: {package.Split(' ')[1]}\n\n");
        return text.ToString();
    }

    // Every checker is content and every reload works. "active" is what systemctl show prints.
    private sealed class ObedientDaemons(Action<Command>? told) : ICommandRunner
    {
        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
        {
            told?.Invoke(command);
            return Task.FromResult(new CommandResult(command, CommandEnd.Exited, 0, "active\n", ""));
        }
    }

    private sealed class SilentProber : IProber
    {
        public Task<ProbeResult> ProbeAsync(Probe probe, TimeSpan deadline, CancellationToken cancellationToken) => Task.FromResult(new ProbeResult(ProbeEnd.Answered, probe.Expect));
    }
}
