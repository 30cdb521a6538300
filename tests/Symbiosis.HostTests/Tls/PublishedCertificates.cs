using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Tls;

/// <summary>Publishes certificates of a CA of its own by hand, where daemons find them (TLS-55), and looks at what clients in the world see.</summary>
internal static class PublishedCertificates
{
    /// <summary>Where clients in the world find the certificate of the CA.</summary>
    public const string Authority = "/root/test-ca.pem";

    /// <summary>"Within 30 s" of the rules, on a busy computer.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(45);

    // An intermediate CA, so that a chain that is not complete shows.
    private const string Publish = """
        tls=/var/lib/symbiosis/tls; name=$1; shift
        mkdir -p /root/ca; cd /root/ca
        key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
        if ! test -e middle.pem; then
          openssl req -x509 $key -keyout root.key -out root.pem -subj '/CN=Test root' -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign
          openssl req $key -keyout middle.key -out middle.csr -subj '/CN=Test intermediate'
          printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >middle.ext
          openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -CAcreateserial -days 3650 -extfile middle.ext -out middle.pem
        fi
        set=$tls/.$name.$(date +%s%N); mkdir "$set"
        openssl req $key -keyout "$set/key.pem" -out leaf.csr -subj "/CN=$1"
        names=$(printf 'DNS:%s,' "$@")
        printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' "${names%,}" >leaf.ext
        openssl x509 -req -in leaf.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 30 -extfile leaf.ext -out leaf.pem
        cat leaf.pem middle.pem >"$set/fullchain.pem"; cp middle.pem "$set/chain.pem"; cat "$set/fullchain.pem" "$set/key.pem" >"$set/combined.pem"
        chgrp -R ssl-cert "$set"; chmod 750 "$set"; chmod 640 "$set/key.pem" "$set/combined.pem"
        ln -s "${set##*/}" "$tls/.$name.link"; mv -T "$tls/.$name.link" "$tls/$name"
        openssl x509 -in leaf.pem -noout -fingerprint -sha256 >&3
        """;

    /// <summary>Makes and publishes a certificate of a domain. Returns its fingerprint, as openssl writes it.</summary>
    public static async Task<string> PublishCertificateAsync(this Site site, string domain, params string[] names)
    {
        var outcome = await site.Host.TryRunAsync(["bash", "-euo", "pipefail", "-c", "exec 3>&1 >/dev/null 2>/tmp/publish.log\n" + Publish, "publish", domain, .. names]);
        if (!outcome.Succeeded)
            throw new CommandFailedException(outcome);
        await site.World.WriteAsync(Authority, await site.Host.ReadAsync("/root/ca/root.pem"));
        return Fingerprint(outcome.Output);
    }

    /// <summary>What a client sees that asks a port for a name; empty when the handshake fails.</summary>
    /// <param name="name">The name asked for (SNI), or null for none.</param>
    /// <param name="port">A port, or <c>port:protocol</c> for STARTTLS.</param>
    /// <param name="more">More arguments of <c>openssl s_client</c>.</param>
    public static async Task<string> ShownAsync(this Site site, string? name, string port, params string[] more)
    {
        var parts = port.Split(':');
        string[] arguments = ["-connect", "192.0.2.1:" + parts[0], .. parts.Length > 1 ? ["-starttls", parts[1]] : Array.Empty<string>(), .. name is null ? ["-noservername"] : new[] { "-servername", name }, .. more];
        var outcome = await site.World.TryRunAsync(["bash", "-c", """timeout 20 openssl s_client "$@" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256""", "ask", .. arguments]);
        return outcome.Succeeded ? Fingerprint(outcome.Output) : "";
    }

    /// <summary>Fetches a page over https by its name, with the CA as the only one that is trusted. An apply may reload Apache meanwhile; like a browser it asks again then.</summary>
    public static async Task<string> FetchAsync(this Site site, string url, params string[] more) =>
        await site.World.UntilAsync(Soon, ["curl", "-sS", "--max-time", "10", "--cacert", Authority, .. more, url]);

    private static string Fingerprint(string output) => output[(output.IndexOf('=') + 1)..].Trim();
}
