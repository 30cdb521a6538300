using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Symbiosis.Acme;

/// <summary>What a CA offers (RFC 8555 §7.1.1).</summary>
/// <param name="NewNonce">Where nonces come from.</param>
/// <param name="NewAccount">Where accounts are made.</param>
/// <param name="NewOrder">Where orders are made.</param>
/// <param name="RenewalInfo">Where renewal information is (RFC 9773); null when there is none.</param>
/// <param name="Profiles">Names of the profiles offered.</param>
/// <param name="NeedsExternalAccount">True when accounts must be bound.</param>
internal sealed record AcmeDirectory(Uri NewNonce, Uri NewAccount, Uri NewOrder, Uri? RenewalInfo, IReadOnlyList<string> Profiles, bool NeedsExternalAccount);

/// <summary>An answer of a CA.</summary>
/// <param name="Body">The text.</param>
/// <param name="Location">Address of what was made, or null.</param>
/// <param name="RetryAt">When to ask again, or null.</param>
internal sealed record AcmeAnswer(string Body, Uri? Location, DateTimeOffset? RetryAt)
{
    /// <summary>The text as JSON; null when it is none.</summary>
    public JsonNode? Json => AcmeClient.ParseJson(Body);
}

/// <summary>
/// Speaks ACME (RFC 8555) with one CA for one account: directory, nonces, signed requests, and what has to be tried again. Nothing is asked without a bound: <c>badNonce</c> five times, a server that
/// fails or does not answer three times with growing delay. Not for several threads at once.
/// </summary>
/// <param name="http">Does the requests; its handler decides which addresses may be reached.</param>
/// <param name="directoryAddress">The CA.</param>
/// <param name="key">The account's key.</param>
/// <param name="clock">For delays.</param>
/// <param name="directory">What the CA offers, when that is known already.</param>
internal sealed class AcmeClient(HttpClient http, Uri directoryAddress, AccountKey key, TimeProvider clock, AcmeDirectory? directory = null)
{
    private const int MaxNonceRetries = 5;
    private const int MaxRetries = 3;

    /// <summary>No honest answer is longer.</summary>
    public const int MaxAnswerBytes = 256 << 10;

    private AcmeDirectory? _directory = directory;
    private string? _nonce;

    /// <summary>The account's address, once it is known.</summary>
    public Uri? Account { get; set; }

    /// <summary>The key.</summary>
    public AccountKey Key => key;

    /// <summary>The clock.</summary>
    public TimeProvider Clock => clock;

    /// <summary>What the CA offers.</summary>
    public async Task<AcmeDirectory> ReadDirectoryAsync(CancellationToken cancellationToken)
    {
        if (_directory is not null)
            return _directory;
        var json = (await TryAgainAsync(() => GetAsync(directoryAddress, cancellationToken), cancellationToken)).Json;
        var meta = (json as JsonObject)?["meta"];
        return _directory = new AcmeDirectory(
            json.Address("newNonce"),
            json.Address("newAccount"),
            json.Address("newOrder"),
            json.OptionalAddress("renewalInfo"),
            meta is JsonObject about && about["profiles"] is JsonObject profiles ? profiles.Select(profile => profile.Key).ToList() : [],
            meta is JsonObject required && required["externalAccountRequired"] is JsonValue flag && flag.GetValueKind() == JsonValueKind.True);
    }

    /// <summary>Makes sure there is an account for the key, agreeing to the terms (RFC 8555 §7.3). An account that exists is found again.</summary>
    public async Task<Uri> EnsureAccountAsync(string? email, ExternalAccount? external, CancellationToken cancellationToken)
    {
        if (Account is not null)
            return Account;
        var offer = await ReadDirectoryAsync(cancellationToken);
        if (offer.NeedsExternalAccount && external is null)
            throw new AcmeException("externalAccountRequired", "the CA asks for external account binding; put eab_kid and eab_hmac_key beside the endpoint");
        var request = new JsonObject { ["termsOfServiceAgreed"] = true };
        if (email is not null)
            request["contact"] = new JsonArray($"mailto:{email}");
        if (external is not null)
            request["externalAccountBinding"] = key.Bind(external, offer.NewAccount);
        var answer = await PostAsync(offer.NewAccount, request.ToJsonString(), cancellationToken, withKey: true);
        return Account = answer.Location ?? throw new AcmeException(AcmeException.Malformed, "the CA gave no address for the account");
    }

    /// <summary>Reads something the account may see (POST-as-GET, RFC 8555 §6.3).</summary>
    public Task<AcmeAnswer> ReadAsync(Uri address, CancellationToken cancellationToken) => PostAsync(address, "", cancellationToken);

    /// <summary>Sends a signed request.</summary>
    /// <exception cref="AcmeException">The CA refuses, or cannot be reached.</exception>
    public Task<AcmeAnswer> PostAsync(Uri address, string payload, CancellationToken cancellationToken, bool withKey = false) =>
        TryAgainAsync(() => PostOnceAsync(address, payload, withKey, cancellationToken), cancellationToken);

    /// <summary>Reads something public, such as renewal information.</summary>
    public async Task<AcmeAnswer> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Waits.</summary>
    public Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, clock, cancellationToken);

    internal static JsonNode? ParseJson(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<AcmeAnswer> PostOnceAsync(Uri address, string payload, bool withKey, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var header = new JsonObject { ["nonce"] = await TakeNonceAsync(cancellationToken), ["url"] = address.ToString() };
            if (withKey)
                header["jwk"] = key.PublicKey;
            else
                header["kid"] = (Account ?? throw new InvalidOperationException("there is no account yet")).ToString();
            using var request = new HttpRequestMessage(HttpMethod.Post, address)
            {
                Content = new StringContent(key.Sign(header, payload).ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/jose+json")),
            };
            // RFC 8555 §6.2: the type stands without parameters.
            request.Content.Headers.ContentType!.CharSet = null; // just set
            try
            {
                return await SendAsync(request, cancellationToken);
            }
            catch (AcmeException refused) when (refused.Type == "badNonce" && attempt < MaxNonceRetries)
            {
                // The refusal itself brought a new nonce (RFC 8555 §6.5).
            }
        }
    }

    private async Task<string> TakeNonceAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _nonce, null) is { } kept)
            return kept;
        using var request = new HttpRequestMessage(HttpMethod.Head, (await ReadDirectoryAsync(cancellationToken)).NewNonce);
        await SendAsync(request, cancellationToken);
        return Interlocked.Exchange(ref _nonce, null) ?? throw new AcmeException(AcmeException.Malformed, "the CA gave no nonce");
    }

    private async Task<AcmeAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Symbiosis", "1"));
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.Headers.TryGetValues("Replay-Nonce", out var nonces) && nonces.FirstOrDefault() is { Length: > 0 and < 1000 } nonce)
                _nonce = nonce;
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            var retryAt = RetryAt(response);
            if (response.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices)
                return new AcmeAnswer(body, AcmeJson.ParseAddress(response.Headers.Location?.OriginalString), retryAt);
            throw AcmeException.From((int)response.StatusCode, ParseJson(body), retryAt);
        }
        catch (HttpRequestException failure)
        {
            throw new AcmeException(AcmeException.Unreachable, $"{request.RequestUri!.Host} cannot be reached: {Innermost(failure)}") { IsPassing = true }; // a request has an address
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AcmeException(AcmeException.Unreachable, $"{request.RequestUri!.Host} does not answer") { IsPassing = true }; // a request has an address
        }
    }

    private async Task<AcmeAnswer> TryAgainAsync(Func<Task<AcmeAnswer>> request, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await request();
            }
            catch (AcmeException failure) when (failure.IsPassing && failure.Type != "rateLimited" && attempt < MaxRetries)
            {
                // Patience beyond half a minute is the business of the next run.
                var delay = TimeSpan.FromSeconds(1 << attempt);
                if (failure.RetryAt is { } at && at - clock.GetUtcNow() is var asked && asked > delay)
                {
                    if (asked > TimeSpan.FromSeconds(30))
                        throw;
                    delay = asked;
                }

                await WaitAsync(delay, cancellationToken);
            }
        }
    }

    // RFC 9110 §10.2.3: a date or a number of seconds.
    private DateTimeOffset? RetryAt(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Retry-After", out var values))
            return null;
        var text = values.FirstOrDefault();
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return clock.GetUtcNow().AddSeconds(Math.Min(seconds, 7 * 86400));
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
    }

    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return AcmeException.Shorten(exception.Message);
    }
}
