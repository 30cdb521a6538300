using System.Buffers;
using System.Collections;
using System.Text;
using Symbiosis.Rendering;

namespace Symbiosis.Services.Web;

/// <summary>
/// Fills a Handlebars template that keeps to the few constructs the shipped ones use: names, <c>../</c>, <c>{{quote name}}</c>, <c>{{#if name}}</c> with <c>{{else}}</c>, <c>{{#each name}}</c> with
/// <c>{{this}}</c>, and comments. The library compiles a template at run time, which takes a quarter of a second of each short run; this only reads it. Whatever it does not know it leaves to the
/// library, faults included: it never says anything different, or nothing.
/// </summary>
internal sealed class PlainTemplate
{
    private static readonly SearchValues<char> _nameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz_0123456789");

    private readonly Node[] _nodes;

    private PlainTemplate(Node[] nodes) => _nodes = nodes;

    private abstract record Node
    {
        public sealed record Text(string Value) : Node;

        public sealed record Name(int Up, string Key, bool IsQuoted) : Node;

        public sealed record If(Name Condition, Node[] Then, Node[] Otherwise) : Node;

        public sealed record Each(Name List, Node[] Body) : Node;
    }

    private sealed record Scope(object Value, Scope? Above);

    /// <summary>Understands a template, or returns null when it takes more than this.</summary>
    public static PlainTemplate? Parse(string text)
    {
        if (text.Contains('\r'))
            return null;
        var reader = new Reader(text);
        return reader.ReadNodes(out var end) is { } nodes && end.Length == 0 ? new PlainTemplate(nodes) : null;
    }

    /// <summary>The filled text, or null when a name is unknown or stands for something else than expected.</summary>
    public string? Fill(IReadOnlyDictionary<string, object> values)
    {
        var output = new StringBuilder();
        return Write(_nodes, new Scope(values, Above: null), output) ? output.ToString() : null;
    }

    private static bool Write(Node[] nodes, Scope scope, StringBuilder output)
    {
        foreach (var node in nodes)
        {
            var isWritten = node switch
            {
                Node.Text text => Append(output, text.Value),
                Node.Name name => Find(name, scope) is { } value && TextOf(value) is { } text && Append(output, name.IsQuoted ? ApacheWriter.Quote(text) : text),
                Node.If choice => Find(choice.Condition, scope) is { } value && IsTrue(value) is { } isTrue && Write(isTrue ? choice.Then : choice.Otherwise, scope, output),
                Node.Each loop => Find(loop.List, scope) is Array list && WriteEach(loop.Body, list, scope, output),
                _ => false,
            };
            if (!isWritten)
                return false;
        }

        return true;
    }

    private static bool WriteEach(Node[] body, Array list, Scope scope, StringBuilder output)
    {
        foreach (var item in list)
        {
            if (item is null || !Write(body, new Scope(item, scope), output))
                return false;
        }

        return true;
    }

    private static bool Append(StringBuilder output, string text)
    {
        output.Append(text);
        return true;
    }

    private static object? Find(Node.Name name, Scope scope)
    {
        var at = scope;
        for (var up = 0; up < name.Up; up++)
        {
            if (at.Above is null)
                return null;
            at = at.Above;
        }

        if (name.Key == "this")
            return at.Value;
        return at.Value is IReadOnlyDictionary<string, object> names ? names.GetValueOrDefault(name.Key) : null;
    }

    private static string? TextOf(object value) => value is string text ? text : value is bool or IEnumerable or IFormattable ? null : value.ToString();

    private static bool? IsTrue(object value) => value switch
    {
        string text => text.Length > 0,
        bool flag => flag,
        Array list => list.Length > 0,
        _ => null,
    };

    // Text and tags of the template in turn. A tag of a block or a comment that has a line for itself takes the line with it.
    private sealed class Reader(string text)
    {
        private int _at;

        // Reads to the end or to a tag that ends a block, which is then in end.
        public Node[]? ReadNodes(out string end)
        {
            var nodes = new List<Node>();
            end = "";
            while (true)
            {
                var open = text.IndexOf("{{", _at, StringComparison.Ordinal);
                if (open < 0)
                {
                    Add(nodes, text[_at..]);
                    _at = text.Length;
                    return [.. nodes];
                }

                var close = text.IndexOf("}}", open, StringComparison.Ordinal);
                if (close < 0 || (open > 0 && text[open - 1] == '\\') || text.AsSpan(close + 2).StartsWith("}", StringComparison.Ordinal))
                    return null;
                var tag = text[(open + 2)..close];
                var before = text[_at..open];
                _at = close + 2;
                if (tag.Length == 0 || tag[0] is '{' or '~' or '&' or '>' or '^' || tag[^1] is '~' || tag.StartsWith("!--", StringComparison.Ordinal))
                    return null;
                if ((tag[0] is '#' or '/' or '!' || tag == "else") && IsAloneInLine(open))
                {
                    before = before.TrimEnd(' ', '\t');
                    _at = EndOfLine(_at);
                }

                Add(nodes, before);
                switch (tag[0])
                {
                    case '!':
                        continue;
                    case '/':
                        end = tag;
                        return [.. nodes];
                    case '#' when ReadBlock(tag) is { } block:
                        nodes.Add(block);
                        continue;
                    case '#':
                        return null;
                }

                if (tag == "else")
                {
                    end = tag;
                    return [.. nodes];
                }

                if (ParseName(tag) is not { } name)
                    return null;
                nodes.Add(name);
            }
        }

        private Node? ReadBlock(string tag)
        {
            var isEach = tag.StartsWith("#each ", StringComparison.Ordinal);
            if ((!isEach && !tag.StartsWith("#if ", StringComparison.Ordinal)) || ParseName(tag[(isEach ? 6 : 4)..]) is not { IsQuoted: false } subject)
                return null;
            if (ReadNodes(out var end) is not { } body)
                return null;
            if (isEach)
                return end == "/each" ? new Node.Each(subject, body) : null;
            Node[]? otherwise = [];
            if (end == "else")
                otherwise = ReadNodes(out end);
            return end == "/if" && otherwise is not null ? new Node.If(subject, body, otherwise) : null;
        }

        private bool IsAloneInLine(int open)
        {
            var start = open;
            while (start > 0 && text[start - 1] is ' ' or '\t')
                start--;
            return (start == 0 || text[start - 1] == '\n') && EndOfLine(_at) > 0;
        }

        // The place behind the line break when nothing but blanks follows, otherwise 0.
        private int EndOfLine(int at)
        {
            while (at < text.Length && text[at] is ' ' or '\t')
                at++;
            return at == text.Length ? at : text[at] == '\n' ? at + 1 : 0;
        }

        private static void Add(List<Node> nodes, string text)
        {
            if (text.Length > 0)
                nodes.Add(new Node.Text(text));
        }

        // "name", "../name", "quote name". Words that mean something to the library are left to it.
        private static Node.Name? ParseName(string tag)
        {
            var isQuoted = tag.StartsWith("quote ", StringComparison.Ordinal);
            var rest = isQuoted ? tag.AsSpan(6) : tag;
            var up = 0;
            for (; rest.StartsWith("../", StringComparison.Ordinal); up++)
                rest = rest[3..];
            if (rest.IsEmpty || rest.ContainsAnyExcept(_nameCharacters) || rest is "quote" or "else" or "true" or "false" or "null" or "undefined" or "lookup" or "log" or "with" or "if" or "each" or "unless")
                return null;
            return new Node.Name(up, rest.ToString(), isQuoted);
        }
    }
}
