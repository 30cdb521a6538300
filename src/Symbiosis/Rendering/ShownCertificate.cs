namespace Symbiosis.Rendering;

/// <summary>How TLS begins on a port.</summary>
public enum TlsStart
{
    /// <summary>With the connection: https, imaps, pop3s, submissions.</summary>
    AtOnce,

    /// <summary>SMTP: <c>EHLO</c>, <c>STARTTLS</c> (RFC 3207).</summary>
    Smtp,

    /// <summary>IMAP: <c>STARTTLS</c> (RFC 9051 §6.2.1).</summary>
    Imap,

    /// <summary>POP3: <c>STLS</c> (RFC 2595 §4).</summary>
    Pop3,

    /// <summary>ManageSieve: <c>STARTTLS</c> (RFC 5804 §2.2).</summary>
    ManageSieve,
}

/// <summary>A place where clients must see a certificate: asked for by name (SNI) at an address and port.</summary>
/// <param name="Name">The name a client asks for.</param>
/// <param name="Address">Address without brackets.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Start">How TLS begins there.</param>
public sealed record ShownCertificate(string Name, string Address, int Port, TlsStart Start)
{
    /// <inheritdoc />
    public override string ToString() => $"{Name} on {(Address.Contains(':') ? $"[{Address}]" : Address)}:{Port}";
}
