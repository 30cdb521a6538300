using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Tree;

/// <summary>Who may own a domain (CORE-3): a user and a group that exist and are no system accounts.</summary>
/// <param name="Users">Users and groups as they are now.</param>
/// <param name="MinimumId">Lowest number that is not a system account's; only tests change it.</param>
internal sealed record OwnerRule(UserDatabase Users, uint MinimumId = Owner.FirstPerson)
{
    /// <summary>The owner, or why there is none, in words.</summary>
    public Owner? Judge(uint uid, uint gid, out string? fault)
    {
        var userName = Users.UserName(uid);
        var groupName = Users.GroupName(gid);
        fault = FaultOf("user", "uid", uid, userName) ?? FaultOf("group", "gid", gid, groupName);
        return fault is null ? new Owner(uid, gid, userName!, groupName!) : null; // no fault: both exist
    }

    /// <summary>True for the number of a person: not a system account's, not nobody's, not a dynamic one.</summary>
    public bool IsPerson(uint id) => Owner.IsPerson(id, MinimumId);

    private string? FaultOf(string sort, string numberName, uint number, string? name) => (IsPerson(number), name) switch
    {
        (true, not null) => null,
        (true, null) => $"it belongs to the {sort} with {numberName} {number}, which does not exist",
        (false, null) => $"it belongs to the system {sort} with {numberName} {number}",
        (false, not null) => $"it belongs to the system {sort} {name} ({numberName} {number})",
    };
}
