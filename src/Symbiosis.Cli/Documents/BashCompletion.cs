using System.Text;

namespace Symbiosis.Cli.Documents;

/// <summary>Completion for bash, as bash-completion loads it from <c>/usr/share/bash-completion/completions/symbiosis</c>. The program itself is not started to complete a word.</summary>
internal static class BashCompletion
{
    public static string Render(VerbDescription program)
    {
        var script = new StringBuilder("""
            # Completion of symbiosis(1) for bash. Made from the program's definitions.

            # Names come from a tree that customers write to: only what looks like a domain is offered, and nothing is expanded.
            _symbiosis_domains() {
                local directory name
                for directory in /srv/*.*/; do
                    name=${directory#/srv/}
                    name=${name%/}
                    [[ $name == "$1"* && $name != *[!a-z0-9._-]* ]] && COMPREPLY+=("$name")
                done
            }

            _symbiosis_words() {
                local word
                for word in "${@:2}"; do
                    [[ $word == "$1"* ]] && COMPREPLY+=("$word")
                done
            }

            _symbiosis() {
                local current=${COMP_WORDS[COMP_CWORD]} verb='' word
                COMPREPLY=()
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case "$verb $word" in

            """);
        foreach (var verb in program.Flatten().Skip(1))
            script.Append($"            ' {verb.Path}') verb=' {verb.Path}' ;;\n");
        script.Append("""
                    esac
                done
                case $verb in

            """);
        foreach (var verb in program.Flatten())
        {
            script.Append(verb.Path.Length == 0 ? "        '')\n" : $"        ' {verb.Path}')\n");
            script.Append($"            _symbiosis_words \"$current\" {string.Join(' ', Words(verb))}\n");
            if (verb.Arguments.Any(argument => argument.Name is "DOMAIN"))
                script.Append("            _symbiosis_domains \"$current\"\n");
            if (verb.Arguments.Any(argument => argument.Name is "FILE"))
                script.Append("            compopt -o default\n");
            script.Append("            ;;\n");
        }

        return script.Append("""
                esac
                return 0
            }

            complete -F _symbiosis symbiosis

            """).ToString();
    }

    private static IEnumerable<string> Words(VerbDescription verb) =>
        verb.Verbs.Select(below => below.Path[(below.Path.LastIndexOf(' ') + 1)..])
            .Concat(verb.Options.SelectMany(option => option.Names).Where(name => name.StartsWith("--", StringComparison.Ordinal)))
            .Append("--help").Distinct(StringComparer.Ordinal);
}
