using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Symbiosis.Model;

/// <summary>SHA-256 of a file's bytes (FIPS 180-4), as a value of 32 bytes.</summary>
public readonly record struct ContentDigest
{
    private const int SizeBytes = 32;

    private readonly ulong _a, _b, _c, _d;

    private ContentDigest(ReadOnlySpan<byte> bytes)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>The digest of some bytes.</summary>
    public static ContentDigest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        SHA256.HashData(content, hash);
        return new ContentDigest(hash);
    }

    /// <summary>Reads 64 hexadecimal digits, given as ASCII.</summary>
    public static bool TryParse(ReadOnlySpan<byte> hex, out ContentDigest digest)
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        var whole = hex.Length == 2 * SizeBytes && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        digest = whole ? new ContentDigest(bytes) : default;
        return whole;
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{_a:x16}{_b:x16}{_c:x16}{_d:x16}";
}
