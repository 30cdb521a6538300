namespace Symbiosis.Model;

/// <summary>Control characters: C0, DEL and C1, as <see cref="char.IsControl(char)"/> knows them. Whatever is written into a file of a daemon is looked through for them, so looking must cost next to nothing.</summary>
internal static class ControlCharacters
{
    /// <summary>True when one is in the text.</summary>
    public static bool AreIn(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange(' ', '~'))
            return false; // nearly every text; the processor compares many characters at once
        foreach (var c in text)
        {
            if (char.IsControl(c))
                return true;
        }

        return false;
    }
}
