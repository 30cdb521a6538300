namespace Symbiosis.Model;

/// <summary>An absolute path on the host, such as <c>/etc/exim4/exim4.conf</c>. It has no <c>..</c>, no empty segment and no control character.</summary>
public sealed record HostPath : IComparable<HostPath>
{
    private HostPath(string value) => Value = value;

    /// <summary>The path as text.</summary>
    public string Value { get; }

    /// <summary>The last segment.</summary>
    public string Name => Value[(Value.LastIndexOf('/') + 1)..];

    /// <summary>The directory that holds the path.</summary>
    public HostPath Parent => new(Value.LastIndexOf('/') is var slash and > 0 ? Value[..slash] : "/");

    /// <summary>Reads an absolute path.</summary>
    /// <exception cref="FormatException">The text is not an absolute, clean path.</exception>
    public static HostPath Parse(string text) => IsClean(text) ? new HostPath(text) : throw new FormatException($"'{text}' is not an absolute path");

    /// <summary>A path below this one; <paramref name="relative"/> may have several segments but may not lead out.</summary>
    /// <exception cref="FormatException">The relative path leads out or is absolute.</exception>
    public HostPath Join(string relative) => Parse(Value == "/" ? "/" + relative : Value + "/" + relative);

    /// <summary>True when this path is <paramref name="directory"/> or lies below it.</summary>
    public bool IsUnder(HostPath directory) =>
        directory.Value == "/" || (Value.StartsWith(directory.Value, StringComparison.Ordinal) && (Value.Length == directory.Value.Length || Value[directory.Value.Length] == '/'));

    /// <inheritdoc />
    public int CompareTo(HostPath? other) => string.CompareOrdinal(Value, other?.Value);

    /// <inheritdoc />
    public override string ToString() => Value;

    private static bool IsClean(string text)
    {
        if (text == "/")
            return true;
        if (!text.StartsWith('/') || text.EndsWith('/'))
            return false;
        if (ControlCharacters.AreIn(text) || text.Contains("//", StringComparison.Ordinal))
            return false;
        if (!text.Contains("/.", StringComparison.Ordinal))
            return true; // nearly every path: no segment to look at one by one
        foreach (var segment in text.AsSpan(1).Split('/'))
        {
            if (text.AsSpan(1)[segment] is "." or "..")
                return false;
        }

        return true;
    }
}
