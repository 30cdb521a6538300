using System.CommandLine;

namespace Symbiosis.Cli.Documents;

/// <summary>
/// What manual page and completion need to know of a verb, taken from the definitions that also parse the command line. Hidden verbs and options stay hidden.
/// </summary>
internal sealed record VerbDescription
{
    /// <summary>The words that select it: <c>domain create</c>; empty for the program itself.</summary>
    public required string Path { get; init; }

    public required string Summary { get; init; }

    public required IReadOnlyList<ArgumentDescription> Arguments { get; init; }

    public required IReadOnlyList<OptionDescription> Options { get; init; }

    public required IReadOnlyList<VerbDescription> Verbs { get; init; }

    /// <summary>Itself and everything below, in the order of the definitions.</summary>
    public IEnumerable<VerbDescription> Flatten() => Verbs.SelectMany(verb => verb.Flatten()).Prepend(this);

    public static VerbDescription Of(Command command) => Of(command, "");

    private static VerbDescription Of(Command command, string path) => new()
    {
        Path = path,
        Summary = command.Description ?? "",
        Arguments = [.. command.Arguments.Where(argument => !argument.Hidden).Select(argument => new ArgumentDescription(argument.Name, argument.Description ?? "", argument.Arity))],
        Options =
        [
            .. command.Options.Where(option => !option.Hidden).Select(option => new OptionDescription(
                [option.Name, .. option.Aliases.Where(alias => alias is ['-', not '?', ..]).Order(StringComparer.Ordinal)], // the library also takes /h and -?
                option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? null : option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant(),
                option.Description ?? "")),
        ],
        Verbs = [.. command.Subcommands.Where(verb => !verb.Hidden).Select(verb => Of(verb, path.Length == 0 ? verb.Name : $"{path} {verb.Name}"))],
    };
}

/// <summary>A word that is not an option.</summary>
internal sealed record ArgumentDescription(string Name, string Summary, ArgumentArity Arity)
{
    /// <summary>As in a synopsis: <c>NAME</c>, <c>[NAME]</c>, <c>[NAME...]</c>.</summary>
    public string Synopsis => (Arity.MinimumNumberOfValues, Arity.MaximumNumberOfValues) switch
    {
        (0, 1) => $"[{Name}]",
        (0, _) => $"[{Name}...]",
        (_, 1) => Name,
        _ => $"{Name}...",
    };
}

/// <summary>An option.</summary>
/// <param name="Names">The long name first.</param>
/// <param name="Value">Name of its value, or null for a switch.</param>
/// <param name="Summary">What it does.</param>
internal sealed record OptionDescription(IReadOnlyList<string> Names, string? Value, string Summary)
{
    /// <summary>As in a list of options: <c>--prefix, -p PREFIX</c>.</summary>
    public string Synopsis => string.Join(", ", Names) + (Value is null ? "" : " " + Value);
}
