using Symbiosis.CertificateKeeping;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Tree;

namespace Symbiosis.Cli;

/// <summary>Puts together, for the real host, what looks after certificates.</summary>
internal sealed class CertificateHost : IDisposable
{
    private CertificateHost(CertificateTree tree, CertificateKeeper keeper, StateFiles states, ChallengeDirectory challenges, HookDirectory hooks) =>
        (Tree, Keeper, States, Challenges, Hooks) = (tree, keeper, states, challenges, hooks);

    public CertificateTree Tree { get; }

    public CertificateKeeper Keeper { get; }

    public StateFiles States { get; }

    public ChallengeDirectory Challenges { get; }

    public HookDirectory Hooks { get; }

    public static CertificateHost Create(string prefix, ICommandRunner commands, IHostFiles files)
    {
        var clock = TimeProvider.System;
        var root = new HostRoot();
        var tree = new CertificateTree(new TreeReaderOptions { Srv = HostPath.Parse(prefix) }, clock);
        var states = new StateFiles(root);
        var challenges = new ChallengeDirectory(root);
        var issuer = new CertificateIssuer(root, new EndpointBook(states, clock), challenges, new HttpPreflight(challenges), clock);
        return new CertificateHost(tree, new CertificateKeeper(tree, states, issuer, clock, () => files.FindGroup("ssl-cert")), states, challenges, new HookDirectory(root, commands));
    }

    public void Dispose() => Keeper.Dispose();

    public CertificateService Service(Action<string> report) => new(Tree, Keeper, Challenges, Hooks, TimeProvider.System, report);
}
