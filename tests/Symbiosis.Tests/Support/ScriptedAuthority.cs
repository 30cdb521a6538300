using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Symbiosis.Tests.Support;

/// <summary>A CA that speaks ACME (RFC 8555) without a network, checks what it is sent, and misbehaves as a test asks.</summary>
internal sealed class ScriptedAuthority(TimeProvider clock) : HttpMessageHandler
{
    public const string Directory = "https://ca.example/dir";

    private readonly List<JsonArray> _orders = [];
    private readonly HashSet<string> _nonces = new(StringComparer.Ordinal);
    private readonly List<string> _valid = [];
    private readonly Dictionary<int, string> _certificates = [];
    private readonly Dictionary<int, int> _polls = [];
    private int _nonce;

    /// <summary>How many requests are answered by <c>badNonce</c> first.</summary>
    public int BadNonces { get; set; }

    /// <summary>How many requests are answered by 503 first.</summary>
    public int Unavailable { get; set; }

    /// <summary>How many polls of a finalised order see <c>processing</c>.</summary>
    public int Processing { get; set; }

    /// <summary>True: nothing answers.</summary>
    public bool IsUnreachable { get; set; }

    /// <summary>True: every order is refused, for an hour.</summary>
    public bool IsRateLimited { get; set; }

    /// <summary>Names whose validation fails.</summary>
    public HashSet<string> BadNames { get; } = new(StringComparer.Ordinal);

    /// <summary>Window of renewal information, or null for none.</summary>
    public (DateTimeOffset Start, DateTimeOffset End)? Window { get; set; }

    /// <summary>Validity of certificates in days.</summary>
    public int Days { get; set; } = 90;

    /// <summary>Looks whether the answer to a challenge is there, by token; gives its content.</summary>
    public Func<string, string?> ReadAnswer { get; set; } = _ => null;

    /// <summary>True: certificates are for somebody else, to see that they are refused.</summary>
    public bool IsTreacherous { get; set; }

    /// <summary>Paths asked for, in order.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Bodies of new orders.</summary>
    public List<JsonNode> Orders { get; } = [];

    /// <summary>Bodies of new accounts.</summary>
    public List<JsonNode> Accounts { get; } = [];

    /// <summary>What clients did that RFC 8555 forbids.</summary>
    public List<string> Offences { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath; // requests have one
        lock (Log)
            Log.Add(path);
        if (IsUnreachable)
            throw new HttpRequestException("no route to host");
        if (Unavailable-- > 0)
            return Problem(HttpStatusCode.ServiceUnavailable, "serverInternal");
        if (path == "/dir")
            return Answer(new JsonObject
            {
                ["newNonce"] = "https://ca.example/nonce", ["newAccount"] = "https://ca.example/account", ["newOrder"] = "https://ca.example/order", ["renewalInfo"] = "https://ca.example/renewal",
                ["meta"] = new JsonObject { ["profiles"] = new JsonObject { ["tlsserver"] = "x" } },
            });
        if (path == "/nonce")
            return Answer(new JsonObject());
        if (path.StartsWith("/renewal/", StringComparison.Ordinal))
            return Window is { } window ? Answer(new JsonObject { ["suggestedWindow"] = new JsonObject { ["start"] = window.Start.ToString("O"), ["end"] = window.End.ToString("O") } }) : Problem(HttpStatusCode.NotFound, "malformed");
        if (request.Method != HttpMethod.Post)
            Offences.Add($"{request.Method} {path}");
        if (request.Content!.Headers.ContentType!.ToString() != "application/jose+json") // a POST has them
            Offences.Add($"content type of {path}");
        var jws = JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken))!;
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(jws["protected"]!.GetValue<string>()))!;
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(jws["payload"]!.GetValue<string>()));
        if (!_nonces.Remove(header["nonce"]!.GetValue<string>()))
            Offences.Add($"nonce of {path}");
        if (header["url"]!.GetValue<string>() != request.RequestUri.ToString())
            Offences.Add($"url of {path}");
        if (BadNonces-- > 0)
            return Problem(HttpStatusCode.BadRequest, "badNonce");
        lock (_orders)
            return Handle(path.Split('/', StringSplitOptions.RemoveEmptyEntries), payload.Length == 0 ? new JsonObject() : JsonNode.Parse(payload)!, header);
    }

    private HttpResponseMessage Handle(string[] path, JsonNode body, JsonNode header)
    {
        switch (path)
        {
            case ["account"]:
                if (header["jwk"] is null)
                    Offences.Add("a new account without its key");
                Accounts.Add(body);
                return Answer(new JsonObject { ["status"] = "valid" }, "https://ca.example/account/1");
            case ["order"]:
                if (IsRateLimited)
                    return Problem(HttpStatusCode.TooManyRequests, "rateLimited", retryAfterSeconds: 3600);
                Orders.Add(body);
                _orders.Add(body["identifiers"]!.AsArray());
                return Answer(Order(_orders.Count - 1), $"https://ca.example/order/{_orders.Count - 1}");
            case ["order", var number]:
                return Answer(Order(int.Parse(number)));
            case ["authorization", var name]:
                return Answer(new JsonObject
                {
                    ["status"] = BadNames.Contains(name) && _valid.Contains("tried " + name) ? "invalid" : _valid.Contains(name) ? "valid" : "pending",
                    ["identifier"] = new JsonObject { ["type"] = "dns", ["value"] = name },
                    ["challenges"] = new JsonArray(
                        new JsonObject { ["type"] = "dns-01", ["url"] = "https://ca.example/x", ["token"] = "x" },
                        new JsonObject { ["type"] = "http-01", ["url"] = $"https://ca.example/challenge/{name}", ["token"] = TokenOf(name), ["error"] = BadNames.Contains(name) ? new JsonObject { ["detail"] = $"no such host {name}" } : null }),
                });
            case ["challenge", var name]:
                var answer = ReadAnswer(TokenOf(name));
                if (answer is null || !answer.StartsWith(TokenOf(name) + ".", StringComparison.Ordinal))
                    BadNames.Add(name);
                _valid.Add(BadNames.Contains(name) ? "tried " + name : name);
                return Answer(new JsonObject { ["status"] = "processing" });
            case ["finalize", var number]:
                return Finalize(int.Parse(number), Base64Url.DecodeFromChars(body["csr"]!.GetValue<string>()));
            case ["certificate", var number]:
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(_certificates[int.Parse(number)] + TestAuthority.Shared.IntermediatePem + TestAuthority.Shared.RootPem) };
            default:
                return Problem(HttpStatusCode.NotFound, "malformed");
        }
    }

    private static string TokenOf(string name) => "t-" + name.Replace('.', '_');

    private HttpResponseMessage Finalize(int order, byte[] request)
    {
        var asked = CertificateRequest.LoadSigningRequest(request, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        var names = asked.CertificateExtensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames().ToList();
        if (!names.SequenceEqual(NamesOf(order)))
            Offences.Add($"the request is for {string.Join(' ', names)}");
        if (IsTreacherous)
        {
            using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var forged = new CertificateRequest("CN=other.example", other, HashAlgorithmName.SHA256);
            _certificates[order] = TestAuthority.Shared.Sign(forged, clock.GetUtcNow(), Days);
        }
        else
        {
            _certificates[order] = TestAuthority.Shared.Sign(asked, clock.GetUtcNow(), Days);
        }

        _polls[order] = Processing;
        return Answer(Order(order));
    }

    private JsonObject Order(int number)
    {
        var names = NamesOf(number);
        var status = _certificates.ContainsKey(number) ? _polls[number]-- > 0 ? "processing" : "valid"
            : names.Exists(name => _valid.Contains("tried " + name)) ? "invalid"
            : names.TrueForAll(_valid.Contains) ? "ready" : "pending";
        var order = new JsonObject { ["status"] = status, ["authorizations"] = new JsonArray([.. names.Select(name => JsonValue.Create($"https://ca.example/authorization/{name}"))]), ["finalize"] = $"https://ca.example/finalize/{number}" };
        if (status == "valid")
            order["certificate"] = $"https://ca.example/certificate/{number}";
        return order;
    }

    private List<string> NamesOf(int order) => _orders[order].Select(item => item!["value"]!.GetValue<string>()).ToList();

    private HttpResponseMessage Answer(JsonObject body, string? location = null)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body.ToJsonString()) };
        if (location is not null)
            response.Headers.Location = new Uri(location);
        return WithNonce(response);
    }

    private HttpResponseMessage Problem(HttpStatusCode status, string type, int? retryAfterSeconds = null)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(new JsonObject { ["type"] = "urn:ietf:params:acme:error:" + type, ["detail"] = "as scripted" }.ToJsonString()) };
        if (retryAfterSeconds is { } seconds)
            response.Headers.Add("Retry-After", seconds.ToString());
        return WithNonce(response);
    }

    private HttpResponseMessage WithNonce(HttpResponseMessage response)
    {
        lock (_nonces)
        {
            var nonce = $"n{_nonce++}";
            _nonces.Add(nonce);
            response.Headers.Add("Replay-Nonce", nonce);
        }

        return response;
    }
}

/// <summary>A clock whose timers fire at once and move it on: what waits for an hour takes no time.</summary>
internal sealed class HastyClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero)
            _now += dueTime;
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
