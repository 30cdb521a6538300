using System.Text;
using Symbiosis.Model;

namespace Symbiosis.Services.Web;

/// <summary>
/// A command line as <c>config/app</c> holds it: words separated by blanks. In <c>'...'</c> everything is literal; in <c>"..."</c> a backslash keeps a quote or a backslash; elsewhere it keeps any one
/// character. There is no shell: no pipes, patterns or variables but those the reader of the words gives a meaning.
/// </summary>
internal static class CommandLine
{
    /// <summary>Words a command may have.</summary>
    public const int MostWords = 100;

    /// <summary>The words of a line, or null and what is wrong, with its column counted from 1.</summary>
    public static ValueList<string>? Split(string line, out string fault, out int column)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        (fault, column) = ("", 0);
        for (var at = 0; at < line.Length; at++)
        {
            var c = line[at];
            if (c is ' ' or '\t')
            {
                Finish();
                continue;
            }

            word ??= new StringBuilder();
            if (c is '\'' or '"')
            {
                var begin = at;
                for (at++; at < line.Length && line[at] != c; at++)
                {
                    if (c == '"' && line[at] == '\\' && at + 1 < line.Length && line[at + 1] is '"' or '\\')
                        at++;
                    word.Append(line[at]);
                }

                if (at >= line.Length)
                {
                    (fault, column) = ($"the quote {c} is not closed", begin + 1);
                    return null;
                }
            }
            else if (c == '\\')
            {
                if (++at >= line.Length)
                {
                    (fault, column) = ("a backslash at the end keeps nothing", at);
                    return null;
                }

                word.Append(line[at]);
            }
            else
            {
                word.Append(c);
            }
        }

        Finish();
        if (words.Count <= MostWords)
            return words.ToValueList();
        fault = $"more than {MostWords} words";
        return null;

        void Finish()
        {
            if (word is not null)
                words.Add(word.ToString());
            word = null;
        }
    }
}
