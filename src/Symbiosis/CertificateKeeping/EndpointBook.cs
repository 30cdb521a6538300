using Symbiosis.Acme;
using Symbiosis.Services.Tls;

namespace Symbiosis.CertificateKeeping;

/// <summary>
/// What is known of every CA, and how many orders may be under way at each at once (TLS-50). A CA that cannot be reached is asked again after half a minute, then less and less often, by one domain
/// for all; one that says "too many" is left alone until the moment it names.
/// </summary>
internal sealed class EndpointBook(StateFiles files, TimeProvider clock)
{
    /// <summary>Orders under way at once at a CA that the administrator chose.</summary>
    public const int MaxOrders = 4;

    // All CAs that customers chose share these: a slow one holds up other customers' CAs at most, never the administrator's.
    private const int MaxTenantOrders = 2;

    private static readonly TimeSpan _firstDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _longestDelay = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<Uri, int> _underWay = [];
    private readonly Dictionary<Uri, EndpointState> _states = [];
    private int _tenantsUnderWay;

    /// <summary>What is known.</summary>
    public EndpointState Of(Uri directory)
    {
        lock (_lock)
            return _states.TryGetValue(directory, out var state) ? state : _states[directory] = files.ReadEndpoint(directory);
    }

    /// <summary>Takes a place for one order; null when all are taken.</summary>
    public IDisposable? TryEnter(ProviderOptions.Endpoint endpoint)
    {
        lock (_lock)
        {
            if (endpoint.IsTenants ? _tenantsUnderWay >= MaxTenantOrders : _underWay.GetValueOrDefault(endpoint.Directory) >= MaxOrders)
                return null;
            Count(endpoint, 1);
            return new Place(this, endpoint);
        }
    }

    /// <summary>The CA answered.</summary>
    public void NoteReachable(Uri directory)
    {
        if (Of(directory) is { BlockedUntil: not null } state)
            Change(directory, state with { BlockedUntil = null, Reason = null, Failures = 0 });
    }

    /// <summary>The CA has an account for a key.</summary>
    public void NoteAccount(Uri directory, string thumbprint, Uri account)
    {
        var state = Of(directory);
        if (state.Accounts.GetValueOrDefault(thumbprint) != account.ToString())
            Change(directory, state with { Accounts = new Dictionary<string, string>(state.Accounts, StringComparer.Ordinal) { [thumbprint] = account.ToString() } });
    }

    /// <summary>The CA does not know the account any more.</summary>
    public void ForgetAccount(Uri directory, string thumbprint)
    {
        var state = Of(directory);
        var accounts = new Dictionary<string, string>(state.Accounts, StringComparer.Ordinal);
        if (accounts.Remove(thumbprint))
            Change(directory, state with { Accounts = accounts });
    }

    /// <summary>The CA could not be reached, or wants to be left alone. Returns until when.</summary>
    public DateTimeOffset NoteFailure(Uri directory, AcmeException failure)
    {
        var state = Of(directory);
        var now = clock.GetUtcNow();
        var delay = TimeSpan.FromTicks(Math.Min(_longestDelay.Ticks, _firstDelay.Ticks << Math.Min(state.Failures, 10)));
        var until = failure.Type == "rateLimited" ? failure.RetryAt ?? now.AddHours(1) : failure.RetryAt > now + delay ? failure.RetryAt.Value : now + delay;
        Change(directory, state with { BlockedUntil = until, Reason = failure.Message, Failures = state.Failures + 1 });
        return until;
    }

    private void Change(Uri directory, EndpointState state)
    {
        lock (_lock)
        {
            _states[directory] = state;
            files.WriteEndpoint(directory, state);
        }
    }

    private void Count(ProviderOptions.Endpoint endpoint, int change)
    {
        if (endpoint.IsTenants)
            _tenantsUnderWay += change;
        else
            _underWay[endpoint.Directory] = _underWay.GetValueOrDefault(endpoint.Directory) + change;
    }

    private sealed class Place(EndpointBook book, ProviderOptions.Endpoint endpoint) : IDisposable
    {
        public void Dispose()
        {
            lock (book._lock)
                book.Count(endpoint, -1);
        }
    }
}
