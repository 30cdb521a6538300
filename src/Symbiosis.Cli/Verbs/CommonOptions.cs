using System.CommandLine;

namespace Symbiosis.Cli.Verbs;

/// <summary>Options that several verbs share, with one wording.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document for machines instead of text." };

    public static Option<bool> Force() => new("--force", "-f")
    {
        Description = "Also replace files that were edited by hand, and accept that many domains vanished at once.",
    };

    public static Argument<string[]> Domains() => new("DOMAIN")
    {
        Description = "Only these domains. Links that were removed by hand are restored for domains named here.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Option<string> Prefix() => new("--prefix", "-p")
    {
        Description = "Directory that holds the domains.",
        DefaultValueFactory = _ => "/srv",
    };
}
