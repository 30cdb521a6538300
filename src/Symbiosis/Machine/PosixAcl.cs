using System.Buffers.Binary;
using Symbiosis.Machine.Native;

namespace Symbiosis.Machine;

/// <summary>Rights in an access list, with the values the kernel uses.</summary>
[Flags]
internal enum AclRights
{
    None = 0,
    Execute = 1,
    Write = 2,
    Read = 4,
}

/// <summary>
/// A POSIX access list (acl(5)) as the kernel keeps it in the attribute <c>system.posix_acl_access</c> (<c>linux/posix_acl_xattr.h</c>): version 2, then entries of tag, rights and id,
/// in the order of their tags. A file without one has its permission bits.
/// </summary>
internal sealed class PosixAcl
{
    private const string Attribute = "system.posix_acl_access";
    private const int Version = 2;
    private const int HeaderBytes = 4;
    private const int EntryBytes = 8;
    private const int MaxEntries = 1024;
    private const uint NoId = uint.MaxValue;

    private readonly List<Entry> _entries;

    private PosixAcl(IEnumerable<Entry> entries) => _entries = [.. entries];

    private enum Tag : ushort
    {
        Owner = 0x01,
        User = 0x02,
        OwningGroup = 0x04,
        Group = 0x08,
        Mask = 0x10,
        Other = 0x20,
    }

    private readonly record struct Entry(Tag Tag, AclRights Rights, uint Id);

    /// <summary>The users it names, with what is left of their rights after the mask.</summary>
    public IEnumerable<(uint Uid, AclRights Rights)> Users => _entries.Where(entry => entry.Tag == Tag.User).Select(entry => (entry.Id, entry.Rights & Mask));

    private AclRights Mask => _entries.Where(entry => entry.Tag == Tag.Mask).Select(entry => entry.Rights).DefaultIfEmpty(AclRights.Read | AclRights.Write | AclRights.Execute).First();

    /// <summary>The access list of an open file or directory, or null when it has none.</summary>
    public static PosixAcl? Of(FileDescriptor file)
    {
        var value = new byte[HeaderBytes + (32 * EntryBytes)];
        var length = SysXattr.fgetxattr(file, Attribute, value);
        if (length < 0 && FileDescriptor.LastError() == Errno.ERANGE)
        {
            value = new byte[HeaderBytes + (MaxEntries * EntryBytes)];
            length = SysXattr.fgetxattr(file, Attribute, value);
        }

        return length < 0 ? null : Parse(value.AsSpan(0, (int)length));
    }

    /// <summary>The access list that says what permission bits say.</summary>
    public static PosixAcl FromMode(UnixFileMode mode) => new(
    [
        new Entry(Tag.Owner, (AclRights)(((int)mode >> 6) & 7), NoId),
        new Entry(Tag.OwningGroup, (AclRights)(((int)mode >> 3) & 7), NoId),
        new Entry(Tag.Other, (AclRights)((int)mode & 7), NoId),
    ]);

    /// <summary>Reads the kernel's form; null when it is of another version or damaged.</summary>
    public static PosixAcl? Parse(ReadOnlySpan<byte> value)
    {
        if (value.Length < HeaderBytes || (value.Length - HeaderBytes) % EntryBytes != 0 || BinaryPrimitives.ReadInt32LittleEndian(value) != Version)
            return null;
        var entries = new List<Entry>();
        for (value = value[HeaderBytes..]; !value.IsEmpty; value = value[EntryBytes..])
        {
            entries.Add(new Entry(
                (Tag)BinaryPrimitives.ReadUInt16LittleEndian(value), (AclRights)BinaryPrimitives.ReadUInt16LittleEndian(value[2..]), BinaryPrimitives.ReadUInt32LittleEndian(value[4..])));
        }

        return new PosixAcl(entries);
    }

    /// <summary>
    /// The same list with one user let in. Nobody else gets more than before: a chmod that cut the mask cut everybody's rights, so they are cut for good before the mask is widened.
    /// </summary>
    public PosixAcl WithUser(uint uid, AclRights rights)
    {
        var mask = Mask;
        var entries = _entries
            .Where(entry => entry.Tag != Tag.Mask && !(entry.Tag == Tag.User && entry.Id == uid))
            .Select(entry => entry.Tag is Tag.User or Tag.Group or Tag.OwningGroup ? entry with { Rights = entry.Rights & mask } : entry)
            .Append(new Entry(Tag.User, rights, uid))
            .ToList();
        var union = entries.Where(entry => entry.Tag is Tag.User or Tag.Group or Tag.OwningGroup).Aggregate(AclRights.None, (all, entry) => all | entry.Rights);
        return new PosixAcl(entries.Append(new Entry(Tag.Mask, union, NoId)).OrderBy(entry => entry.Tag).ThenBy(entry => entry.Id));
    }

    /// <summary>The same list without any right for those it does not name.</summary>
    public PosixAcl WithoutOthers() => new(_entries.Select(entry => entry.Tag == Tag.Other ? entry with { Rights = AclRights.None } : entry));

    /// <summary>The kernel's form.</summary>
    public byte[] ToBytes()
    {
        var value = new byte[HeaderBytes + (_entries.Count * EntryBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(value, Version);
        var rest = value.AsSpan(HeaderBytes);
        foreach (var entry in _entries)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)entry.Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], (ushort)entry.Rights);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], entry.Id);
            rest = rest[EntryBytes..];
        }

        return value;
    }

    /// <summary>Gives the list to an open file or directory.</summary>
    public Errno SetOn(FileDescriptor file) => SysXattr.fsetxattr(file, Attribute, ToBytes()) == 0 ? Errno.None : FileDescriptor.LastError();
}
