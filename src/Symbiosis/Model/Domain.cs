using Symbiosis.Tree;

namespace Symbiosis.Model;

/// <summary>The user and group a domain directory belongs to (CORE-3).</summary>
/// <param name="Uid">User number, at least 1000.</param>
/// <param name="Gid">Group number, at least 1000.</param>
/// <param name="UserName">Name in the passwd database.</param>
/// <param name="GroupName">Name in the group database.</param>
public sealed record Owner(uint Uid, uint Gid, string UserName, string GroupName)
{
    /// <summary>Lowest number of a person; those below are system accounts.</summary>
    public const uint FirstPerson = 1000;

    /// <summary>The number of nobody and nogroup.</summary>
    public const uint Nobody = 65534;

    /// <summary>First of the numbers that systemd hands out to services for as long as they run (systemd.exec(5), DynamicUser=).</summary>
    public const uint FirstDynamic = 61184;

    /// <summary>Last of those numbers.</summary>
    public const uint LastDynamic = 65519;

    /// <summary>True for the number of a person: not a system account's, not nobody's, not a dynamic one (CORE-3).</summary>
    public static bool IsPerson(uint id, uint firstPerson = FirstPerson) => id >= firstPerson && id != Nobody && id is not (>= FirstDynamic and <= LastDynamic);
}

/// <summary>A hosted domain: a directory in <c>/srv</c> that obeys CORE-1 to CORE-3. Aliases are not domains but names of one.</summary>
public sealed record Domain
{
    /// <summary>The directory's name.</summary>
    public required DomainName Name { get; init; }

    /// <summary>The directory, such as <c>/srv/example.com</c>.</summary>
    public required HostPath Directory { get; init; }

    /// <summary>Who owns the directory.</summary>
    public required Owner Owner { get; init; }

    /// <summary>Symbolic links in <c>/srv</c> that lead here (CORE-7), sorted.</summary>
    public ValueList<DomainName> Aliases { get; init; }

    /// <summary>The alias list of CORE-9: aliases, <c>www.</c> forms unless a directory of that name exists; without the domain's own name; sorted.</summary>
    public ValueList<DomainName> OtherNames { get; init; }

    /// <summary>What its directory holds.</summary>
    public required DomainTree Tree { get; init; }

    /// <summary>The certificate that daemons show for its names, or null when none is usable: published, its key beside it, valid now, and for at least one of its names (TLS-8).</summary>
    public PublishedCertificate? Certificate { get; init; }

    /// <summary>Absolute path of something in the domain, for diagnostics.</summary>
    public string PathOf(string relativePath) => $"{Directory}/{relativePath}";
}
