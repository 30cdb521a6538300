using System.Text;

namespace Symbiosis.Cli.Documents;

/// <summary>Completion for zsh, as zsh loads it from <c>/usr/share/zsh/vendor-completions/_symbiosis</c>: one function a verb (zshcompsys(1), <c>_arguments</c>).</summary>
internal static class ZshCompletion
{
    public static string Render(VerbDescription program)
    {
        var script = new StringBuilder("""
            #compdef symbiosis
            # Completion of symbiosis(1) for zsh. Made from the program's definitions.

            # Only what looks like a domain: customers write to the tree.
            _symbiosis_domains() {
                local -a domains
                domains=(/srv/*.*(N-/:t))
                domains=(${(M)domains:#[a-z0-9]([a-z0-9._-])#})
                compadd -a domains
            }

            """);
        foreach (var verb in program.Flatten())
            Append(script, verb);
        return script.Append("\n_symbiosis \"$@\"\n").ToString();
    }

    private static void Append(StringBuilder script, VerbDescription verb)
    {
        script.Append($"\n{Function(verb)}() {{\n    setopt local_options extended_glob\n");
        if (verb.Verbs.Count > 0)
            script.Append("    local curcontext=$curcontext state\n");
        script.Append(verb.Verbs.Count > 0 ? "    _arguments -C" : "    _arguments");
        foreach (var option in verb.Options)
        {
            foreach (var name in option.Names)
                script.Append($" \\\n        {Quote($"{name}[{Plain(option.Summary)}]{(option.Value is null ? "" : $":{Plain(option.Value)}:")}")}");
        }

        foreach (var argument in verb.Arguments)
        {
            var action = argument.Name switch { "DOMAIN" => "_symbiosis_domains", "FILE" => "_files", _ => "" };
            script.Append($" \\\n        {Quote($"{(argument.Arity.MaximumNumberOfValues > 1 ? "*" : "")}:{Plain(argument.Name)}:{action}")}");
        }

        if (verb.Verbs.Count == 0)
        {
            script.Append("\n}\n");
            return;
        }

        script.Append("""
             \
                    '1: :->verb' '*:: :->rest'
                case $state in
                    verb)
                        local -a verbs=(

            """);
        foreach (var below in verb.Verbs)
            script.Append($"                {Quote($"{Name(below)}:{below.Summary}")}\n");
        script.Append("""
                        )
                        _describe verb verbs
                        ;;
                    rest)
                        case $words[1] in

            """);
        foreach (var below in verb.Verbs)
            script.Append($"                {Name(below)}) {Function(below)} ;;\n");
        script.Append("""
                        esac
                        ;;
                esac
            }

            """);
    }

    private static string Name(VerbDescription verb) => verb.Path[(verb.Path.LastIndexOf(' ') + 1)..];

    private static string Function(VerbDescription verb) => verb.Path.Length == 0 ? "_symbiosis" : "_symbiosis_" + verb.Path.Replace(' ', '_');

    // Brackets and colons end a description in the language of _arguments.
    private static string Plain(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal)
        .Replace("]", @"\]", StringComparison.Ordinal).Replace(":", @"\:", StringComparison.Ordinal);

    private static string Quote(string text) => "'" + text.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
}
