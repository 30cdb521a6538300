namespace Symbiosis.Bench.Trees;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers on every runtime, which <see cref="Random"/> does not promise.</summary>
internal struct Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="end"/> - 1.</summary>
    public int Below(int end) => (int)(Next() % (uint)end);

    /// <summary>True in so many cases of a hundred.</summary>
    public bool Percent(int of100) => Below(100) < of100;

    /// <summary>One of several.</summary>
    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];
}
