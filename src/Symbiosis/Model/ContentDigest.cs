using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Symbiosis.Model;

/// <summary>SHA-256 of a file's bytes (FIPS 180-4), as a value of 32 bytes.</summary>
public readonly record struct ContentDigest
{
    private const int SizeBytes = 32;

    private readonly ulong _a, _b, _c, _d;

    private ContentDigest(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    /// <summary>The digest of some bytes.</summary>
    public static ContentDigest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        SHA256.HashData(content, hash);
        return new ContentDigest(
            BinaryPrimitives.ReadUInt64BigEndian(hash),
            BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
    }

    /// <summary>Reads 64 lower-case hexadecimal digits, given as ASCII.</summary>
    public static bool TryParse(ReadOnlySpan<byte> hex, out ContentDigest digest)
    {
        digest = default;
        if (hex.Length != 2 * SizeBytes || !TryParseQuarter(hex, out var a) || !TryParseQuarter(hex[16..], out var b) || !TryParseQuarter(hex[32..], out var c) || !TryParseQuarter(hex[48..], out var d))
            return false;
        digest = new ContentDigest(a, b, c, d);
        return true;
    }

    // Plain arithmetic, compiled fully at once: the runtime's own vectorised decoder is slow until it is warm, and a short run reads 20 000 digests before that.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryParseQuarter(ReadOnlySpan<byte> hex, out ulong value)
    {
        value = 0;
        for (var i = 0; i < 16; i++)
        {
            var digit = hex[i] switch
            {
                >= (byte)'0' and <= (byte)'9' and var decimalDigit => decimalDigit - '0',
                >= (byte)'a' and <= (byte)'f' and var letter => letter - 'a' + 10,
                _ => -1,
            };
            if (digit < 0)
                return false;
            value = (value << 4) | (uint)digit;
        }

        return true;
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{_a:x16}{_b:x16}{_c:x16}{_d:x16}";
}
