using Symbiosis.Rendering;
using static Symbiosis.Rendering.EximExpression;
using static Symbiosis.Services.Mail.EximTree;

namespace Symbiosis.Services.Mail;

/// <summary>
/// Which mail is signed as whose (MAIL-120, MAIL-121). The domain is that of From, as DMARC wants it (RFC 7489 §3.1), and only mail of somebody who may speak for that domain is signed:
/// not what strangers send through a forward file, and not what another tenant writes.
/// </summary>
internal static class EximDkim
{
    private static readonly EximText FromDomain = Raw("${domain:$h_from:}");

    /// <summary>The domain that signs, or nothing.</summary>
    public static EximText Signer { get; } = WithEntry(MailPaths.DkimKeys, FromDomain, If(MaySpeakFor(Raw("$value")), Raw("$value")), EximText.Empty);

    /// <summary>Its key.</summary>
    public static EximText KeyFile { get; } = EximText.Of($"{MailPaths.DkimKeys}/{Raw("$dkim_domain")}");

    // Programs on the host: system accounts, and the owner of the domain. People who log in: those of the domain, and of others that belong to its owner; a unix user owns none.
    // Clients that need no login are trusted.
    private static EximText MaySpeakFor(EximText domain)
    {
        var login = Raw("${lc:${domain:$authenticated_id}}");
        return Or(
            And(Not(Defined("sender_host_address")), Or(Compare(Raw("$originator_uid"), "<", Raw("1000")), Equal(Raw("$originator_uid"), OwnerOf(domain)))),
            And(Defined("acl_m_symbiosis_submission"), Not(Defined("authenticated_id"))),
            And(
                Defined("authenticated_id"),
                Or(Equal(login, domain), And(Not(EqualText(login, Raw("$primary_hostname"))), Matches(login, Regex("^[^/]+$")), Equal(OwnerOf(login), OwnerOf(domain))))));
    }

    // "none" for a name that is not in the tree, which equals no number.
    private static EximText OwnerOf(EximText domain)
    {
        var directory = EximText.Of($"{MailPaths.Tree}/{domain}");
        return If(Exists(directory), Extract("uid", Stat(directory)), Raw("none"));
    }
}
