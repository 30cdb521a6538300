using System.Buffers.Text;
using System.Security.Cryptography;
using Symbiosis.Acme;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;
using Symbiosis.Services.Tls;

namespace Symbiosis.CertificateKeeping;

/// <summary>What came of asking a CA.</summary>
internal abstract record Issuance
{
    private protected Issuance()
    {
    }

    /// <summary>A certificate, for these names.</summary>
    public sealed record Issued(NewSet Set, ValueList<DomainName> Names) : Issuance;

    /// <summary>Nothing was asked, because the CA must not or cannot be asked now.</summary>
    /// <param name="Until">When to try again.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="IsBlocked">True when the CA is at fault, false when other orders of ours are under way.</param>
    public sealed record Waits(DateTimeOffset Until, string Reason, bool IsBlocked = true) : Issuance;

    /// <summary>No name can be validated, or the CA refuses.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Until">When to try again; null for the usual back-off.</param>
    /// <param name="IsPassing">True when the CA stumbled and nothing is wrong with the domain.</param>
    public sealed record Failed(string Reason, DateTimeOffset? Until, bool IsPassing = false) : Issuance;

    /// <summary>Every name that can be validated is covered already.</summary>
    public sealed record Nothing : Issuance;
}

/// <summary>A request for a certificate.</summary>
/// <param name="Sets">The domain.</param>
/// <param name="Covered">Names of the current certificate that is still good for a while; when no more can be had, no order is made. Empty when a new one is needed in any case.</param>
/// <param name="Replaces">Renewal identifier of the certificate to be replaced, or null.</param>
/// <param name="IgnoresBackOff">True to try names again that failed lately.</param>
internal sealed record IssueRequest(DomainSets Sets, ValueList<string> Covered, string? Replaces, bool IgnoresBackOff);

/// <summary>
/// Gets certificates from CAs: which names may be asked for, preflight, one order, dropping of names that fail (TLS-39), and what is remembered of it all (TLS-50).
/// </summary>
internal sealed class CertificateIssuer(HostRoot root, EndpointBook endpoints, ChallengeDirectory challenges, IPreflight preflight, TimeProvider clock) : IDisposable
{
    // The first order, one without the names it refused, and one more when the CA finds another.
    private const int MaxOrders = 3;

    private static readonly HostPath _accountKeyPath = HostPath.Parse("/etc/symbiosis/ssl/letsencrypt/account_key");

    private readonly SemaphoreSlim _accountLock = new(1, 1);

    /// <summary>Makes the client for a CA; tests replace it.</summary>
    public Func<ProviderOptions.Endpoint, HttpClient> MakeHttp { get; init; } = DefaultHttp;

    /// <summary>Until when a CA must not be asked; null when it may.</summary>
    public DateTimeOffset? BlockedUntil(ProviderOptions.Endpoint endpoint) => endpoints.Of(endpoint.Directory).BlockedUntil is { } until && until > clock.GetUtcNow() ? until : null;

    /// <summary>Why a domain's CA cannot be asked now, or null.</summary>
    public string? WhyBlocked(ProviderOptions options) => options.FindEndpoint(out _) is { } endpoint && BlockedUntil(endpoint) is not null ? endpoints.Of(endpoint.Directory).Reason : null;

    /// <summary>Asks for a certificate. Changes <paramref name="names"/>, what is remembered of names.</summary>
    public async Task<Issuance> IssueAsync(IssueRequest request, Dictionary<string, NameState> names, Func<string, string, Action?>? besides, Host host, CancellationToken cancellationToken)
    {
        var options = request.Sets.Options;
        if (options.FindEndpoint(out var reason) is not { } endpoint)
            return new Issuance.Failed(reason!, null); // set when there is no endpoint
        if (endpoints.Of(endpoint.Directory) is { BlockedUntil: { } until } state && until > clock.GetUtcNow())
            return new Issuance.Waits(until, state.Reason ?? "the CA cannot be asked now");
        var wanted = request.Sets.Names.Where(WantedNames.IsPublic).Take(WantedNames.MaxNames).ToList();
        if (wanted.Count == 0)
            return new Issuance.Failed("no public CA gives certificates for such a name", null);
        using var place = endpoints.TryEnter(endpoint);
        if (place is null)
            return new Issuance.Waits(clock.GetUtcNow().AddSeconds(2), "other orders are under way", IsBlocked: false);
        using var http = MakeHttp(endpoint);
        try
        {
            // No account key is made for a CA that cannot be reached.
            using var unused = AccountKey.Create(isRsa: false, 0);
            var directory = await new AcmeClient(http, endpoint.Directory, unused, clock).ReadDirectoryAsync(cancellationToken);
            endpoints.NoteReachable(endpoint.Directory);
            using var key = await FindAccountKeyAsync(options, cancellationToken);
            var client = new AcmeClient(http, endpoint.Directory, key, clock, directory);

            var usable = await SelectAsync(wanted, names, request.IgnoresBackOff, host, cancellationToken);
            if (usable.Count == 0)
                return new Issuance.Failed(Describe(wanted, names), names.Where(name => wanted.Exists(one => one.Value == name.Key)).Select(name => (DateTimeOffset?)name.Value.Next).Min());
            if (request.Covered.Count > 0 && usable.TrueForAll(name => request.Covered.Any(pattern => WantedNames.Matches(pattern, name.Value))))
                return new Issuance.Nothing();
            await SignInAsync(client, endpoint, options, cancellationToken);
            return await OrderAsync(client, usable, names, request, new Besides(challenges, besides), cancellationToken);
        }
        catch (AcmeException failure) when (failure.Type is AcmeException.Unreachable)
        {
            return new Issuance.Waits(endpoints.NoteFailure(endpoint.Directory, failure), failure.Message);
        }
        catch (AcmeException failure) when (failure.Type is "rateLimited" || failure.RetryAt is not null)
        {
            return new Issuance.Waits(endpoints.NoteFailure(endpoint.Directory, failure), $"the CA asks to wait: {failure.Message}");
        }
        catch (AcmeException failure)
        {
            return new Issuance.Failed($"{failure.Message} ({failure.Type})", null, failure.IsPassing || failure.Type == "badNonce");
        }
    }

    /// <summary>Asks when the CA would like a certificate to be renewed. Null when it does not say, or cannot be asked now.</summary>
    public async Task<RenewalWindow?> AskRenewalAsync(ProviderOptions options, string renewalId, CancellationToken cancellationToken)
    {
        if (options.FindEndpoint(out _) is not { } endpoint || endpoints.Of(endpoint.Directory).BlockedUntil > clock.GetUtcNow())
            return null;
        using var place = endpoints.TryEnter(endpoint);
        if (place is null)
            return null;
        using var http = MakeHttp(endpoint);
        using var key = AccountKey.Create(isRsa: false, 0); // nothing is signed
        try
        {
            var window = await RenewalWindow.AskAsync(new AcmeClient(http, endpoint.Directory, key, clock), renewalId, cancellationToken);
            endpoints.NoteReachable(endpoint.Directory);
            return window;
        }
        catch (AcmeException failure)
        {
            if (failure.Type is AcmeException.Unreachable or "rateLimited")
                endpoints.NoteFailure(endpoint.Directory, failure);
            return null; // then the dates decide (TLS-49)
        }
    }

    /// <inheritdoc />
    public void Dispose() => _accountLock.Dispose();

    private async Task<List<DomainName>> SelectAsync(List<DomainName> wanted, Dictionary<string, NameState> names, bool ignoresBackOff, Host host, CancellationToken cancellationToken)
    {
        var usable = new List<DomainName>();
        foreach (var name in wanted)
        {
            if (!ignoresBackOff && names.TryGetValue(name.Value, out var known) && known.Next > clock.GetUtcNow())
                continue;
            if (await preflight.FindFaultAsync(name, host, cancellationToken) is { } fault)
                NoteFailure(names, name.Value, fault);
            else
                usable.Add(name);
        }

        return usable;
    }

    private async Task<Issuance> OrderAsync(AcmeClient client, List<DomainName> usable, Dictionary<string, NameState> names, IssueRequest request, Besides place, CancellationToken cancellationToken)
    {
        for (var order = 1; ; order++)
        {
            using var made = new NewCertificate(usable.ToValueList(), request.Sets.Options.Key);
            try
            {
                var chain = await new AcmeOrder(client, place).RunAsync(
                    new OrderRequest(usable.Select(name => name.Value).ToList(), request.Sets.Options.Profile, order == 1 ? request.Replaces : null), made.Request, cancellationToken);
                foreach (var name in usable)
                    names.Remove(name.Value);
                var (certificate, bundle) = Split(chain);
                return new Issuance.Issued(new NewSet(made.KeyPem, certificate, bundle, made.RequestPem), usable.ToValueList());
            }
            catch (AcmeNamesException refused)
            {
                var before = usable.Count;
                foreach (var (name, reason) in refused.Names)
                    NoteFailure(names, name, reason);
                usable = usable.Where(name => !refused.Names.ContainsKey(name.Value)).ToList();
                if (usable.Count == 0 || usable.Count == before || order == MaxOrders)
                    return new Issuance.Failed(string.Join("; ", refused.Names.Take(5).Select(name => $"{name.Key}: {name.Value}")), null);
                if (request.Covered.Count > 0 && usable.TrueForAll(name => request.Covered.Any(pattern => WantedNames.Matches(pattern, name.Value))))
                    return new Issuance.Nothing();
            }
        }
    }

    private async Task SignInAsync(AcmeClient client, ProviderOptions.Endpoint endpoint, ProviderOptions options, CancellationToken cancellationToken)
    {
        var thumbprint = client.Key.Thumbprint;
        if (endpoints.Of(endpoint.Directory).Accounts.TryGetValue(thumbprint, out var known))
        {
            client.Account = new Uri(known);
            return;
        }

        await _accountLock.WaitAsync(cancellationToken);
        try
        {
            ExternalAccount? external = null;
            if (options.Find("eab_kid") is { } id && options.Find("eab_hmac_key") is { } mac)
            {
                if (!Base64Url.IsValid(mac.Text.TrimEnd('=')))
                    throw new AcmeException("malformed", "eab_hmac_key is not base64url");
                external = new ExternalAccount(id.Text, Base64Url.DecodeFromChars(mac.Text.TrimEnd('=')));
            }

            endpoints.NoteAccount(endpoint.Directory, thumbprint, await client.EnsureAccountAsync(options.Email, external, cancellationToken));
        }
        finally
        {
            _accountLock.Release();
        }
    }

    // TLS-46: what somebody put there, else one for the whole host, made when it is needed first.
    private async Task<AccountKey> FindAccountKeyAsync(ProviderOptions options, CancellationToken cancellationToken)
    {
        if (options.Find("account_key") is { } set)
            return AccountKey.Parse(set.Text) ?? throw new AcmeException("badAccountKey", "account_key is not an RSA or ECDSA key in PEM");
        await _accountLock.WaitAsync(cancellationToken);
        try
        {
            var path = root.PathOf(_accountKeyPath);
            if (File.Exists(path))
                return AccountKey.Parse(await File.ReadAllTextAsync(path, cancellationToken)) ?? throw new AcmeException("badAccountKey", $"{_accountKeyPath} is not an RSA or ECDSA key in PEM");
            var made = AccountKey.Create(options.Key.IsRsa, options.Key.RsaBits);
            var directory = Path.GetDirectoryName(path)!; // an absolute path
            Directory.CreateDirectory(directory);
            var temporary = $"{directory}/.{Guid.NewGuid():N}";
            await using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(made.Pem), cancellationToken);
            if (Stdio.renameat2(Fcntl.AT_FDCWD, temporary, Fcntl.AT_FDCWD, path, Stdio.RENAME_NOREPLACE) == 0)
                return made;
            File.Delete(temporary); // a command was faster
            made.Dispose();
            return AccountKey.Parse(await File.ReadAllTextAsync(path, cancellationToken)) ?? throw new AcmeException("badAccountKey", $"{_accountKeyPath} is not an RSA or ECDSA key in PEM");
        }
        finally
        {
            _accountLock.Release();
        }
    }

    private void NoteFailure(Dictionary<string, NameState> names, string name, string reason)
    {
        var failures = (names.GetValueOrDefault(name)?.Failures ?? 0) + 1;
        names[name] = new NameState(failures, clock.GetUtcNow() + DomainState.DelayAfter(failures), reason);
    }

    private static string Describe(List<DomainName> wanted, Dictionary<string, NameState> names) =>
        string.Join("; ", wanted.Where(name => names.ContainsKey(name.Value)).Take(3).Select(name => $"{name}: {names[name.Value].Reason}"));

    // TLS-48: by PEM blocks; a root that signs itself is of no use to anybody.
    private static (string Certificate, string Bundle) Split(string chain)
    {
        var blocks = new List<string>();
        var rest = chain.AsSpan();
        while (blocks.Count < 20 && PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is "CERTIFICATE")
                blocks.Add(PemEncoding.WriteString("CERTIFICATE", Convert.FromBase64String(rest[fields.Base64Data].ToString())) + "\n");
            rest = rest[fields.Location.End..];
        }

        return blocks.Count == 0 ? throw new AcmeException(AcmeException.Malformed, "the CA sent no certificate") : (blocks[0], string.Concat(blocks.Skip(1)));
    }

    private static HttpClient DefaultHttp(ProviderOptions.Endpoint endpoint)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (endpoint.IsTenants)
        {
            handler.UseProxy = false;
            handler.ConnectCallback = AddressRule.ConnectPublicAsync;
        }

        return new HttpClient(handler, disposeHandler: true) { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = AcmeClient.MaxAnswerBytes };
    }

    private sealed class Besides(ChallengeDirectory challenges, Func<string, string, Action?>? elsewhere) : IChallengePlace
    {
        public IDisposable Put(string token, string content) => challenges.Put(token, content, elsewhere);
    }
}
