using Symbiosis.Model;

namespace Symbiosis.Rendering;

/// <summary>
/// Something a service needs from another part of the host, said without naming that part: a port to open, a certificate, a record. The core merges the contributions of all domains.
/// </summary>
public abstract record Contribution
{
    private protected Contribution()
    {
    }
}

/// <summary>A port that the world may reach.</summary>
/// <param name="Number">Port number, 1 to 65535.</param>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="Service">What answers there, in one word.</param>
public sealed record OpenPort(int Number, string Protocol, string Service) : Contribution;

/// <summary>Names for which clients should find a certificate.</summary>
/// <param name="Owner">The domain whose certificate it is.</param>
/// <param name="Names">The host names.</param>
public sealed record WantedCertificate(DomainName Owner, ValueList<string> Names) : Contribution;

/// <summary>A record the domain's zone should hold.</summary>
public sealed record WantedRecord(string Name, string Type, string Data) : Contribution;

/// <summary>A name that belongs to a service's own merged output; the owning service reads back only its own.</summary>
/// <param name="Service">Name of the module that contributed it.</param>
/// <param name="Key">What it is about.</param>
/// <param name="Value">Its value.</param>
public sealed record OwnFact(string Service, string Key, string Value) : Contribution;
