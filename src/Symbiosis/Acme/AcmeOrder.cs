using System.Buffers.Text;
using System.Text.Json.Nodes;

namespace Symbiosis.Acme;

/// <summary>Where answers to http-01 challenges are put (RFC 8555 §8.3).</summary>
internal interface IChallengePlace
{
    /// <summary>Makes an answer readable under <c>/.well-known/acme-challenge/</c>. Disposing what is returned takes it away.</summary>
    IDisposable Put(string token, string content);
}

/// <summary>What is ordered.</summary>
/// <param name="Names">DNS names.</param>
/// <param name="Profile">A profile the CA offers, or null.</param>
/// <param name="Replaces">Renewal identifier of the certificate that is replaced (RFC 9773 §5), or null.</param>
internal sealed record OrderRequest(IReadOnlyList<string> Names, string? Profile, string? Replaces);

/// <summary>Names that could not be validated, with the CA's reason for each.</summary>
internal sealed class AcmeNamesException(IReadOnlyDictionary<string, string> names) : Exception("names could not be validated")
{
    /// <summary>The reasons.</summary>
    public IReadOnlyDictionary<string, string> Names => names;
}

/// <summary>
/// One order from its making to the certificate (RFC 8555 §7.1.6, §7.4): authorisations, http-01, finalisation, download. Polling honours Retry-After and ends after ninety seconds for each
/// of the two waits.
/// </summary>
internal sealed class AcmeOrder(AcmeClient client, IChallengePlace place)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    /// <summary>Gets a certificate. Returns the chain as PEM, certificate first.</summary>
    /// <param name="order">What is ordered.</param>
    /// <param name="request">The certificate request, DER, for the same names.</param>
    /// <param name="cancellationToken">Ends the wait; the order is left to expire.</param>
    /// <exception cref="AcmeNamesException">Some names are refused; an order without them may succeed.</exception>
    /// <exception cref="AcmeException">Anything else went wrong.</exception>
    public async Task<string> RunAsync(OrderRequest order, byte[] request, CancellationToken cancellationToken)
    {
        var made = await MakeAsync(order, cancellationToken);
        var address = made.Location ?? throw new AcmeException(AcmeException.Malformed, "the CA gave no address for the order");
        var json = made.Json;
        if (json.Text("status") is "pending" or null)
            await AuthorizeAsync(json.Items("authorizations").Select(item => AcmeJson.ParseAddress(item is JsonValue value && value.TryGetValue<string>(out var text) ? text : null)).OfType<Uri>().ToList(), cancellationToken);

        // An order whose names are valid becomes ready; a slow CA may need a moment.
        json = await PollAsync(address, json => json.Text("status") is not ("pending" or null), cancellationToken);
        if (json.Text("status") is "ready")
        {
            var finalize = json.Address("finalize");
            json = (await client.PostAsync(finalize, new JsonObject { ["csr"] = Base64Url.EncodeToString(request) }.ToJsonString(), cancellationToken)).Json;
            if (json.Text("status") is not "valid")
                json = await PollAsync(address, json => json.Text("status") is "valid" or "invalid", cancellationToken);
        }

        if (json.Text("status") is not "valid")
            throw AcmeException.From(200, (json as JsonObject)?["error"] ?? new JsonObject { ["detail"] = "the CA declared the order invalid" }, null);
        return (await client.ReadAsync(json.Address("certificate"), cancellationToken)).Body;
    }

    private async Task<AcmeAnswer> MakeAsync(OrderRequest order, CancellationToken cancellationToken)
    {
        var directory = await client.ReadDirectoryAsync(cancellationToken);
        var wanted = new JsonObject { ["identifiers"] = new JsonArray([.. order.Names.Select(name => new JsonObject { ["type"] = "dns", ["value"] = name })]) };
        if (order.Profile is { } profile)
        {
            if (!directory.Profiles.Contains(profile))
                throw new AcmeException("invalidProfile", directory.Profiles.Count == 0 ? "the CA offers no profiles" : $"the CA offers no profile '{profile}', only {string.Join(", ", directory.Profiles.Take(10))}");
            wanted["profile"] = profile;
        }

        if (order.Replaces is { } replaced && directory.RenewalInfo is not null)
            wanted["replaces"] = replaced;
        try
        {
            return await client.PostAsync(directory.NewOrder, wanted.ToJsonString(), cancellationToken);
        }
        catch (AcmeException refused) when (wanted.ContainsKey("replaces") && refused.Type is "alreadyReplaced" or "malformed" or "unauthorized")
        {
            // The predecessor counts as replaced already, or belongs to another account (RFC 9773 §5): an ordinary order then.
            wanted.Remove("replaces");
            return await client.PostAsync(directory.NewOrder, wanted.ToJsonString(), cancellationToken);
        }
        catch (AcmeException refused) when (refused.Names.Count > 0)
        {
            throw new AcmeNamesException(refused.Names);
        }
    }

    private async Task AuthorizeAsync(IReadOnlyList<Uri> authorizations, CancellationToken cancellationToken)
    {
        var failed = new Dictionary<string, string>(StringComparer.Ordinal);
        var waiting = new List<(Uri Address, string Name)>();
        var answers = new List<IDisposable>();
        try
        {
            foreach (var address in authorizations)
            {
                var json = (await client.ReadAsync(address, cancellationToken)).Json;
                var name = (json as JsonObject)?["identifier"].Text("value") ?? address.ToString();
                if (json.Text("status") is "valid")
                    continue; // reused (RFC 8555 §7.1.4)
                if (json.Items("challenges").FirstOrDefault(item => item.Text("type") == "http-01") is not { } challenge)
                {
                    failed[name] = "the CA offers no http-01 challenge for it";
                    continue;
                }

                var token = challenge.Text("token");
                if (token is not { Length: > 0 and <= 256 } || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                    throw new AcmeException(AcmeException.Malformed, "the CA's token is not base64url"); // RFC 8555 §8.3; it becomes a file name
                answers.Add(place.Put(token, client.Key.Authorize(token)));
                await client.PostAsync(challenge.Address("url"), "{}", cancellationToken);
                waiting.Add((address, name));
            }

            var end = client.Clock.GetUtcNow() + _patience;
            foreach (var (address, name) in waiting)
            {
                var json = await PollAsync(address, json => json.Text("status") is not ("pending" or "processing" or null), cancellationToken, end);
                if (json.Text("status") is not "valid")
                    failed[name] = json.Items("challenges").Select(item => (item as JsonObject)?["error"].Text("detail")).FirstOrDefault(detail => detail is not null) is { } detail ? AcmeException.Shorten(detail) : $"its authorisation is {json.Text("status")}";
            }
        }
        finally
        {
            answers.ForEach(answer => answer.Dispose());
        }

        if (failed.Count > 0)
            throw new AcmeNamesException(failed);
    }

    private async Task<JsonNode?> PollAsync(Uri address, Func<JsonNode?, bool> isDone, CancellationToken cancellationToken, DateTimeOffset? until = null)
    {
        var end = until ?? client.Clock.GetUtcNow() + _patience;
        for (var delay = TimeSpan.FromSeconds(1); ; delay *= 2)
        {
            var answer = await client.ReadAsync(address, cancellationToken);
            if (isDone(answer.Json))
                return answer.Json;
            var now = client.Clock.GetUtcNow();
            if (answer.RetryAt is { } at && at > now)
                delay = at - now;
            delay = delay > TimeSpan.FromSeconds(16) ? TimeSpan.FromSeconds(16) : delay;
            if (now + delay > end)
                throw new AcmeException(AcmeException.TimedOut, "the CA was not done after 90 seconds");
            await client.WaitAsync(delay, cancellationToken);
        }
    }
}

/// <summary>When a CA would like a certificate to be renewed (RFC 9773).</summary>
/// <param name="Start">Begin of the window.</param>
/// <param name="End">End of the window.</param>
/// <param name="AskAgainAt">When to look again.</param>
internal sealed record RenewalWindow(DateTimeOffset Start, DateTimeOffset End, DateTimeOffset AskAgainAt)
{
    private static readonly TimeSpan _usualInterval = TimeSpan.FromHours(6);

    /// <summary>Asks the CA. Null when it has nothing to say.</summary>
    public static async Task<RenewalWindow?> AskAsync(AcmeClient client, string renewalId, CancellationToken cancellationToken)
    {
        if ((await client.ReadDirectoryAsync(cancellationToken)).RenewalInfo is not { } directory)
            return null;
        var answer = await client.GetAsync(new Uri($"{directory.ToString().TrimEnd('/')}/{renewalId}"), cancellationToken);
        var window = (answer.Json as JsonObject)?["suggestedWindow"];
        if (!DateTimeOffset.TryParse(window.Text("start"), out var start) || !DateTimeOffset.TryParse(window.Text("end"), out var end) || end < start)
            return null;
        var now = client.Clock.GetUtcNow();
        var again = answer.RetryAt ?? now + _usualInterval;
        // RFC 9773 §4.3.2: neither more often than a minute nor less than a day.
        return new RenewalWindow(start, end, again < now.AddMinutes(1) ? now.AddMinutes(1) : again > now.AddDays(1) ? now.AddDays(1) : again);
    }

    /// <summary>One moment of the window, each as likely as the other (RFC 9773 §4.2).</summary>
    public DateTimeOffset Choose(Random random) => Start + (End - Start) * random.NextDouble();
}
