using Symbiosis.Diagnostics;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>What the reader of the tree reports. The manual explains each in the chapter "tree".</summary>
public static class TreeDiagnostics
{
    /// <summary>A directory that cannot be a domain because of its name (CORE-2).</summary>
    public static readonly DiagnosticKind BadDomainName = new("TREE001", Severity.Warning, "A directory in /srv is ignored because its name is not a domain name");

    /// <summary>A directory that is no domain because of its owner (CORE-3).</summary>
    public static readonly DiagnosticKind BadOwner = new("TREE002", Severity.Warning, "A directory in /srv is ignored because it belongs to a system user or group, or to nobody known");

    /// <summary>A directory in <c>/srv</c> that could not be looked at.</summary>
    public static readonly DiagnosticKind UnreadableDomain = new("TREE003", Severity.Error, "A directory in /srv cannot be opened");

    /// <summary>All or nothing (CORE-5).</summary>
    public static readonly DiagnosticKind NothingLeft = new("TREE004", Severity.Error, "There are directories with domain names in /srv, but none of them may be a domain, so nothing is changed");

    /// <summary>A file that is there but cannot be read (CORE-15).</summary>
    public static readonly DiagnosticKind Unreadable = new("TREE005", Severity.Error, "A setting is not a regular file, is larger than 1 MiB, or cannot be read");

    /// <summary>A name in <c>config/</c> that is nearly one the program knows.</summary>
    public static readonly DiagnosticKind Misspelt = new("TREE006", Severity.Warning, "Nothing reads a file in config/, and its name is close to one that is read");

    /// <summary>A link that is not followed (CORE-14).</summary>
    public static readonly DiagnosticKind RefusedLink = new("TREE007", Severity.Error, "A symbolic link is not followed, because it and what it leads to do not belong to the same user");

    /// <summary>A directory where a file belongs, or the other way round.</summary>
    public static readonly DiagnosticKind WrongKind = new("TREE008", Severity.Error, "There is a file where a directory belongs, or a directory where a file belongs");

    /// <summary>A name that cannot be shown or stored (style section 7).</summary>
    public static readonly DiagnosticKind BadName = new("TREE009", Severity.Warning, "A name is ignored because it is not UTF-8 or holds a control character");

    /// <summary>More than any honest tree has.</summary>
    public static readonly DiagnosticKind TooMany = new("TREE010", Severity.Error, "A directory holds more entries, or a domain more bytes of settings, than are read");

    /// <summary>A flag that is probably meant to be off (CORE-19).</summary>
    public static readonly DiagnosticKind DoubtfulFlag = new("TREE011", Severity.Warning, "A switch is on although its text looks like off");

    /// <summary>Not a size (CORE-27).</summary>
    public static readonly DiagnosticKind NotASize = new("TREE012", Severity.Warning, "A size cannot be understood and counts as not set");

    /// <summary>Which M is meant (CORE-26).</summary>
    public static readonly DiagnosticKind PowerOfTen = new("TREE013", Severity.Note, "A size is written with a power of ten; the plan shows both readings");

    /// <summary>A name in <c>config/</c> that nothing reads and that resembles nothing.</summary>
    public static readonly DiagnosticKind NotRead = new("TREE014", Severity.Note, "Nothing reads a file in config/");

    /// <summary>The secret of the host can be read by others.</summary>
    public static readonly DiagnosticKind ExposedSecret = new("TREE015", Severity.Warning, "The secret from which salts are derived can be read by others than root");

    /// <summary>The host's own name is no host name (CORE-61).</summary>
    public static readonly DiagnosticKind BadHostName = new("TREE016", Severity.Warning, "The host's name is not a valid host name; localhost is used");

    /// <summary>More directories than the kernel lets us watch.</summary>
    public static readonly DiagnosticKind WatchLimit = new("TREE017", Severity.Warning, "Not every directory can be watched; the tree is read again every minute instead");

    /// <summary>A command names something else than a domain.</summary>
    public static readonly DiagnosticKind NoSuchDomain = new("TREE018", Severity.Error, "A command names a domain that does not exist");

    /// <summary>All of them, by id.</summary>
    public static ValueList<DiagnosticKind> All { get; } =
    [
        BadDomainName, BadOwner, UnreadableDomain, NothingLeft, Unreadable, Misspelt, RefusedLink, WrongKind, BadName, TooMany, DoubtfulFlag, NotASize, PowerOfTen, NotRead, ExposedSecret,
        BadHostName, WatchLimit, NoSuchDomain,
    ];
}
