namespace Symbiosis.Model;

/// <summary>Bytes as a value: equal when they hold the same. Records that hold it compare by content, which a <see cref="ReadOnlyMemory{T}"/> would not.</summary>
public readonly struct ByteString(ReadOnlyMemory<byte> bytes) : IEquatable<ByteString>
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory { get; } = bytes;

    /// <summary>The bytes, for reading on the spot.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>How many there are.</summary>
    public int Length => Memory.Length;

    /// <summary>True when there are none.</summary>
    public bool IsEmpty => Memory.IsEmpty;

    /// <summary>Takes an array that nobody changes any more.</summary>
    public static implicit operator ByteString(byte[] bytes) => new(bytes);

    /// <summary>Takes memory that nobody changes any more.</summary>
    public static implicit operator ByteString(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>The bytes.</summary>
    public static implicit operator ReadOnlyMemory<byte>(ByteString bytes) => bytes.Memory;

    /// <summary>The bytes.</summary>
    public static implicit operator ReadOnlySpan<byte>(ByteString bytes) => bytes.Span;

    /// <inheritdoc />
    public bool Equals(ByteString other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is ByteString other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Says only how many: the content may be a password.</summary>
    public override string ToString() => $"{Length} bytes";

    /// <summary>Content equality.</summary>
    public static bool operator ==(ByteString left, ByteString right) => left.Equals(right);

    /// <summary>Content inequality.</summary>
    public static bool operator !=(ByteString left, ByteString right) => !left.Equals(right);
}
