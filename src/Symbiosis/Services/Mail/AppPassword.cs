namespace Symbiosis.Services.Mail;

/// <summary>
/// A further password of a mailbox, for one program or device: <c>mailboxes/NAME/passwords.d/LABEL</c>. Each logs in alone and is taken away alone.
/// </summary>
/// <param name="Label">The name of its file.</param>
/// <param name="Hash">The stored form, <c>{CRYPT}$6$...</c>.</param>
internal sealed record AppPassword(string Label, string Hash)
{
    /// <summary>
    /// How many a mailbox may have. Dovecot tries as many tables of passwords one after the other, each of which is a look-up in memory; only those that exist cost a hash.
    /// </summary>
    public const int MostPerMailbox = 10;

    private const int MaxLabelLength = 40;

    /// <summary>The name of a Dovecot password database, such as <c>app-1</c>; its number is the place of the password in the table of users.</summary>
    public static string DatabaseName(int place) => FormattableString.Invariant($"{DatabasePrefix}{place}");

    /// <summary>What all these names begin with.</summary>
    public const string DatabasePrefix = "app-";

    /// <summary>What stands in a table of users where a login name stands. Nobody logs in with it: a login name has no slash.</summary>
    public static string TableKey(int place, string loginName) => FormattableString.Invariant($"{place}/{loginName}");

    /// <summary>What is wrong with a label, in words, or null.</summary>
    public static string? FindFault(string label)
    {
        if (label.Length > MaxLabelLength)
            return $"it has more than {MaxLabelLength} characters";
        return label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? null : "it may hold only letters, digits, - and _";
    }
}
