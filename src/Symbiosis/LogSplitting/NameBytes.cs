using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Symbiosis.LogSplitting;

/// <summary>Compares names as the bytes they came as. The hash has a secret: whoever asks for names he chose must not make the table slow.</summary>
internal sealed class NameBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    private readonly ulong _secret = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
    private readonly ulong _secret2 = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = _secret ^ (ulong)alternate.Length;
        while (alternate.Length >= sizeof(ulong))
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(alternate));
            alternate = alternate[sizeof(ulong)..];
        }

        var rest = 0UL;
        foreach (var b in alternate)
            rest = (rest << 8) | b;
        hash = Mix(hash, rest);
        return (int)(hash ^ (hash >> 32));
    }

    // Both halves of a product of 128 bits, as in wyhash.
    private ulong Mix(ulong hash, ulong part)
    {
        var high = Math.BigMul(hash ^ part, _secret2, out ulong low);
        return high ^ low ^ _secret;
    }
}
