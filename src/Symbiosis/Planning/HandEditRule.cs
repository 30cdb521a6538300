using Symbiosis.Model;

namespace Symbiosis.Planning;

/// <summary>What to do with one generated file.</summary>
public enum FileVerdict
{
    /// <summary>Nothing is there: write it.</summary>
    Create,

    /// <summary>The file is what it should be.</summary>
    UpToDate,

    /// <summary>We wrote it, nobody touched it, and the tree or the template now asks for another text.</summary>
    OutOfDate,

    /// <summary>An old generated file without footer that carries the warning sentence (CORE-35).</summary>
    CarriesSentence,

    /// <summary>Edited by hand after the text that would be written now: left alone.</summary>
    Edited,

    /// <summary>Edited by hand, and the generated text has changed since: left alone, a merge is due.</summary>
    EditedAndOutOfDate,

    /// <summary>Somebody else's file: left alone.</summary>
    Foreign,

    /// <summary>Rewritten because the administrator forces it.</summary>
    Forced,

    /// <summary>A table somebody changed: put back, the changed copy is kept aside.</summary>
    TableChanged,

    /// <summary>A hand edit brought together with the generated text.</summary>
    Merged,

    /// <summary>The text is right, but owner or permission bits are not.</summary>
    WrongPermissions,
}

/// <summary>The four texts the hand-edit rule compares.</summary>
/// <param name="Desired">Digest of the file as it would be written now.</param>
/// <param name="Current">The file on disk; null when there is none.</param>
/// <param name="LastWritten">Digest of the file as we left it; null when we never wrote it, or the state was lost.</param>
/// <param name="Base">Digest of the generated file the last edit was made from or merged with; null when unknown.</param>
public readonly record struct FileTexts(ContentDigest Desired, CurrentText? Current, ContentDigest? LastWritten, ContentDigest? Base);

/// <summary>What is known of a file on disk.</summary>
/// <param name="Digest">Digest of all its bytes.</param>
/// <param name="Footer">What its last line says.</param>
/// <param name="HasSentence">True when the sentence of CORE-35 is in it.</param>
public readonly record struct CurrentText(ContentDigest Digest, FooterState Footer, bool HasSentence);

/// <summary>
/// Decides what happens to a generated file, so that a hand edit is never overwritten and never quietly frozen (CORE-36, CORE-44).
/// <code>
/// file on disk                                    | verdict             | with force
/// ------------------------------------------------+---------------------+-----------
/// missing                                         | Create              | Create
/// equals desired (also: same edit on both sides)  | UpToDate            | UpToDate
/// equals what we wrote last                       | OutOfDate           | Forced
/// footer right, another text than desired         | OutOfDate           | Forced
/// footer wrong, or recorded and changed           |                     |
///   ... and desired is the base of the edit       | Edited              | Forced
///   ... and desired is another text               | EditedAndOutOfDate  | Forced
/// no footer, sentence of CORE-35                  | CarriesSentence     | Forced
/// no footer, no sentence, recorded                | Edited...           | Forced
/// no footer, no sentence, never recorded          | Foreign             | Forced
/// </code>
/// The record (digests in the state directory) and the footer work together: the record also knows files of formats without comments, the footer also speaks for a host whose
/// state was lost or that comes from the original.
/// </summary>
public static class HandEditRule
{
    /// <summary>The verdict for a configuration file.</summary>
    public static FileVerdict Decide(FileTexts texts, bool force)
    {
        if (texts.Current is not { } current)
            return FileVerdict.Create;
        if (current.Digest == texts.Desired)
            return FileVerdict.UpToDate;
        if (force)
            return FileVerdict.Forced;
        if (current.Digest == texts.LastWritten && (texts.Base is null || texts.Base == texts.LastWritten))
            return FileVerdict.OutOfDate;
        return current.Footer switch
        {
            FooterState.Correct => FileVerdict.OutOfDate,
            FooterState.None when current.HasSentence => FileVerdict.CarriesSentence,
            FooterState.None when texts.LastWritten is null => FileVerdict.Foreign,
            _ => texts.Base == texts.Desired ? FileVerdict.Edited : FileVerdict.EditedAndOutOfDate,
        };
    }

    /// <summary>The verdict for a table. Nobody's edits belong there, so a changed one is put back; what was there is kept aside.</summary>
    public static FileVerdict DecideTable(FileTexts texts) => texts.Current switch
    {
        null => FileVerdict.Create,
        { } current when current.Digest == texts.Desired => FileVerdict.UpToDate,
        { } current when texts.LastWritten is null || current.Digest == texts.LastWritten => FileVerdict.OutOfDate,
        _ => FileVerdict.TableChanged,
    };
}
