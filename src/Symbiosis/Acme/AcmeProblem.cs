using System.Text.Json.Nodes;

namespace Symbiosis.Acme;

/// <summary>A CA refused something, or did not answer as RFC 8555 says.</summary>
internal sealed class AcmeException(string type, string detail) : Exception(detail)
{
    /// <summary>Types of this program, for failures that are no problem document.</summary>
    public const string Unreachable = "unreachable", Malformed = "malformedAnswer", TimedOut = "timedOut";

    private const string Namespace = "urn:ietf:params:acme:error:";

    /// <summary>The error type without its namespace (RFC 8555 §6.7), such as <c>rateLimited</c>.</summary>
    public string Type { get; } = type.StartsWith(Namespace, StringComparison.Ordinal) ? type[Namespace.Length..] : type;

    /// <summary>When to come back, if the CA said so.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>True when trying the same once more may help.</summary>
    public bool IsPassing { get; init; }

    /// <summary>Names that are at fault, with the reason of each (RFC 8555 §6.7.1).</summary>
    public IReadOnlyDictionary<string, string> Names { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Reads a problem document (RFC 7807).</summary>
    public static AcmeException From(int status, JsonNode? problem, DateTimeOffset? retryAt)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in problem.Items("subproblems"))
        {
            if ((part as JsonObject)?["identifier"].Text("value") is { } name)
                names[name] = Shorten(part.Text("detail") ?? part.Text("type") ?? "refused");
        }

        return new AcmeException(problem.Text("type") ?? $"http{status}", Shorten(problem.Text("detail") ?? $"the CA answered with HTTP status {status}"))
        {
            RetryAt = retryAt,
            IsPassing = status is >= 500 and < 600,
            Names = names,
        };
    }

    // A stranger's text goes into our messages; nobody reads a page of it.
    internal static string Shorten(string text) => text.Length <= 300 ? text : text[..300] + "…";
}

/// <summary>Reading of JSON that a stranger sent: what is missing or of another kind is null.</summary>
internal static class AcmeJson
{
    /// <summary>A member that is a string.</summary>
    public static string? Text(this JsonNode? node, string member) => node is JsonObject found && found[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The elements of a member that is an array; none when it is not.</summary>
    public static IEnumerable<JsonNode?> Items(this JsonNode? node, string member) => node is JsonObject found && found[member] is JsonArray items ? items.Take(1000) : [];

    /// <summary>A member that is an https address.</summary>
    /// <exception cref="AcmeException">It is not.</exception>
    public static Uri Address(this JsonNode? node, string member) => node.OptionalAddress(member) ?? throw new AcmeException(AcmeException.Malformed, $"the CA's answer lacks an https address '{member}'");

    /// <summary>A member that is an https address, or null.</summary>
    public static Uri? OptionalAddress(this JsonNode? node, string member) => ParseAddress(node.Text(member));

    /// <summary>An https address, or null.</summary>
    public static Uri? ParseAddress(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps ? uri : null;
}
