using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Symbiosis.Applying;

/// <summary>
/// Reads one JSON object (RFC 8259) of strings, integers, literals and arrays of strings, member by member. The framework's reader does the same, but searches with vector instructions that are
/// compiled anew in every process and are slow until then: for the 20 000 lines of the record that is 150 ms of a short run. Throws <see cref="FormatException"/> on anything damaged.
/// </summary>
internal ref struct FlatJson(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    /// <summary>Goes to the next member and returns its name as written; false after the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryReadName(out ReadOnlySpan<byte> name)
    {
        var isFirst = _at == 0;
        if (isFirst)
            Expect((byte)'{');
        name = default;
        if (TryTake((byte)'}'))
            return false;
        if (!isFirst)
            Expect((byte)',');
        name = ReadQuoted(out _);
        Expect((byte)':');
        return true;
    }

    /// <summary>A string value.</summary>
    public string ReadString()
    {
        var start = _at;
        var quoted = ReadQuoted(out var hasEscapes);
        return hasEscapes ? Unescape(_text[start.._at]) : Encoding.UTF8.GetString(quoted);
    }

    /// <summary>The bytes of a string value that has no need of escapes, such as a digest.</summary>
    public ReadOnlySpan<byte> ReadPlainString() => ReadQuoted(out _);

    /// <summary>A whole number that is not negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ulong ReadNumber()
    {
        SkipSpace();
        var value = 0UL;
        var start = _at;
        for (; _at < _text.Length && _text[_at] is >= (byte)'0' and <= (byte)'9'; _at++)
            value = checked((value * 10) + (ulong)(_text[_at] - '0'));
        return _at > start ? value : throw new FormatException("not a number");
    }

    /// <summary>An array of strings.</summary>
    public List<string> ReadStrings()
    {
        var strings = new List<string>();
        Expect((byte)'[');
        while (!TryTake((byte)']'))
        {
            if (strings.Count > 0)
                Expect((byte)',');
            strings.Add(ReadString());
        }

        return strings;
    }

    /// <summary>Passes over any value, and returns its bytes.</summary>
    public ReadOnlySpan<byte> ReadAny()
    {
        SkipSpace();
        var start = _at;
        var depth = 0;
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (depth == 0 && c is (byte)',' or (byte)'}')
                break;
            if (c == '"')
            {
                ReadQuoted(out _);
                continue;
            }

            depth += c is (byte)'{' or (byte)'[' ? 1 : c is (byte)'}' or (byte)']' ? -1 : 0;
            _at++;
        }

        return _text[start.._at];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ReadOnlySpan<byte> ReadQuoted(out bool hasEscapes)
    {
        Expect((byte)'"');
        hasEscapes = false;
        var start = _at;
        for (; _at < _text.Length; _at++)
        {
            if (_text[_at] == '"')
                return _text[start.._at++];
            if (_text[_at] != '\\')
                continue;
            hasEscapes = true;
            _at++; // whatever follows belongs to it
        }

        throw new FormatException("a string does not end");
    }

    private static string Unescape(ReadOnlySpan<byte> quoted)
    {
        var json = new Utf8JsonReader(quoted);
        json.Read();
        return json.GetString() ?? "";
    }

    private void Expect(byte wanted)
    {
        if (!TryTake(wanted))
            throw new FormatException($"no {(char)wanted} at {_at}");
    }

    private bool TryTake(byte wanted)
    {
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != wanted)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
    }
}
