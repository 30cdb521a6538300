using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Symbiosis.Acme;
using Symbiosis.Model;

namespace Symbiosis.CertificateKeeping;

/// <summary>Looks whether a CA will be able to validate a name, before it is asked (TLS-50).</summary>
internal interface IPreflight
{
    /// <summary>Why a name cannot be validated, or null.</summary>
    Task<string?> FindFaultAsync(DomainName name, Host host, CancellationToken cancellationToken);
}

/// <summary>Asks the resolver and fetches a test token as the CA will: by the name's own http address.</summary>
internal sealed class HttpPreflight(IChallengePlace place) : IPreflight
{
    private const int MaxAddresses = 4;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    public async Task<string?> FindFaultAsync(DomainName name, Host host, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_patience);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(name.Value, limit.Token);
            // An inner address is only asked when it is ours: a customer's DNS must not send root to a neighbour.
            var usable = addresses.Where(address => AddressRule.IsPublic(address) || host.Addresses.Contains(address.ToString())).Take(MaxAddresses).ToList();
            if (usable.Count == 0)
                return addresses.Length == 0 ? "it does not resolve" : $"it resolves to {addresses[0]}, an internal address";
            return await FetchAsync(name, usable, limit.Token);
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode is SocketError.TryAgain ? "the resolver does not answer" : "it does not resolve";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"nothing answered within {_patience.TotalSeconds} seconds";
        }
    }

    // One address that cannot be reached is forgiven when another serves us; one that serves something else is not: a CA may well ask that.
    private async Task<string?> FetchAsync(DomainName name, List<IPAddress> addresses, CancellationToken cancellationToken)
    {
        var token = $"preflight-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
        using var answer = place.Put(token, token);
        string? fault = null;
        var isServed = false;
        foreach (var address in addresses)
        {
            using var handler = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                ConnectTimeout = TimeSpan.FromSeconds(4),
                ConnectCallback = (context, token) => AddressRule.ConnectAsync(address, context.DnsEndPoint.Port, token),
            };
            using var http = new HttpClient(handler) { MaxResponseContentBufferSize = 64 << 10, Timeout = TimeSpan.FromSeconds(5) };
            try
            {
                using var response = await http.GetAsync(new Uri($"http://{name}/.well-known/acme-challenge/{token}"), cancellationToken);
                if (response.StatusCode != HttpStatusCode.OK || (await response.Content.ReadAsStringAsync(cancellationToken)).Trim() != token)
                    return $"another server answers at {address}: http://{name}/.well-known/acme-challenge/ is not ours (status {(int)response.StatusCode})";
                isServed = true;
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                fault ??= $"port 80 of {address} does not answer";
            }
        }

        return isServed ? null : fault;
    }
}
