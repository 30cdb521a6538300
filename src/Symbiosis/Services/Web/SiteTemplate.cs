using System.Collections.Concurrent;
using System.Globalization;
using HandlebarsDotNet;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services.Web;

/// <summary>
/// A Handlebars template of a site file. The administrator's copy below <c>/etc/symbiosis/apache.d</c> counts; without one the text that came with the program does. A template that cannot be
/// read, parsed or filled gives a diagnostic, and what it made before stays.
/// </summary>
internal sealed class SiteTemplate
{
    public static readonly SiteTemplate NonSsl = new("non_ssl");
    public static readonly SiteTemplate Ssl = new("ssl");
    public static readonly SiteTemplate MassHosting = new("zz-mass-hosting");
    public static readonly SiteTemplate MassHostingSsl = new("zz-mass-hosting.ssl");

    /// <summary>Every template there is.</summary>
    public static ValueList<SiteTemplate> All { get; } = [NonSsl, Ssl, MassHosting, MassHostingSsl];

    internal static readonly DiagnosticKind Broken = new("WEB003", Severity.Error, "A template of site files cannot be used; the sites made from it stay as they are");

    internal static readonly DiagnosticKind Leftover = new("WEB004", Severity.Warning, "A template in the old ERB format is not used");

    // Made when a template needs it: see PlainTemplate.
    private static readonly Lazy<IHandlebars> Engine = new(MakeEngine);

    // Parsing costs a thousand times more than filling, and there are as many sites as domains.
    private static readonly ConcurrentDictionary<string, PlainTemplate?> PlainOnes = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, Compiled> Cache = new(StringComparer.Ordinal);

    private readonly string _name;
    private readonly string _shipped;

    private SiteTemplate(string name)
    {
        _name = name;
        _shipped = ReadShipped($"{name}.template.hbs");
    }

    private sealed record Compiled(HandlebarsTemplate<object, object>? Template, string? Fault, int Line);

    /// <summary>Path of the administrator's copy.</summary>
    public string Path => $"{WebPaths.Templates}/{_name}.template.hbs";

    /// <summary>Text that came with the program.</summary>
    public string Shipped => _shipped;

    private string OldPath => $"{WebPaths.Templates}/{_name}.template.erb";

    /// <summary>Fills the template. Returns null, and reports why, when that is impossible.</summary>
    public string? Fill(Host host, IReadOnlyDictionary<string, object> values, ICollection<Diagnostic> diagnostics)
    {
        var node = host.Tree[Path];
        if (node.Kind is NodeKind.Unreadable or NodeKind.Directory)
        {
            diagnostics.Add(Broken.At(Path, $"cannot be read: {node.Fault ?? "it is a directory"}", "to use the shipped template, remove it"));
            return null;
        }

        var text = node.Kind == NodeKind.File ? node.Text : _shipped;
        var names = new Dictionary<string, object>(values, StringComparer.Ordinal) { ["template"] = Path };
        if ((PlainOnes.GetOrAdd(text, PlainTemplate.Parse)?.Fill(names) ?? FillByLibrary(text, names, diagnostics)) is not { } filled)
            return null;
        // Also what an editor leaves for a moment between making the file and writing it.
        if (filled.Contains("<VirtualHost", StringComparison.OrdinalIgnoreCase))
            return filled;
        diagnostics.Add(Broken.At(Path, "makes no <VirtualHost>, so no site", "to switch a site off, remove its link from sites-enabled; to use the shipped template, remove this one"));
        return null;
    }

    /// <summary>Fills any template with the library alone.</summary>
    internal string? FillByLibrary(string text, IReadOnlyDictionary<string, object> names, ICollection<Diagnostic> diagnostics)
    {
        var compiled = Cache.GetOrAdd(text, Compile);
        if (compiled.Template is null)
        {
            diagnostics.Add(Broken.At(Path, compiled.Fault!, "nothing is made from it until it is right; to use the shipped template, remove it", compiled.Line));
            return null;
        }

        try
        {
            return compiled.Template(names, null!); // no data besides the names
        }
        catch (HandlebarsDotNet.Compiler.HandlebarsUndefinedBindingException e)
        {
            diagnostics.Add(Broken.At(Path, $"the name '{e.MissingKey}' is not known here", $"known names: {string.Join(", ", names.Keys.Order(StringComparer.Ordinal))}", FindLine(text, e.MissingKey)));
            return null;
        }
    }

    /// <summary>Reports an old template that somebody made and that nothing reads any more.</summary>
    public static IEnumerable<Diagnostic> FindLeftovers(Host host) =>
        host.Tree.Below(WebPaths.Templates)
            .Where(file => file.Key.EndsWith(".erb", StringComparison.Ordinal))
            .Select(file => Leftover.At(
                file.Key,
                "is a template in the old ERB format and is not used",
                All.Any(template => template.OldPath == file.Key)
                    ? $"write it as {file.Key[..^4]}.hbs: <%= name %> becomes {{{{name}}}}, '% if name?' ... '% end' becomes {{{{#if name}}}}...{{{{/if}}}}, '% list.each do |x|' becomes {{{{#each list}}}}...{{{{/each}}}} with {{{{this}}}}; then remove it"
                    : "remove it"));

    private static IHandlebars MakeEngine()
    {
        var engine = Handlebars.Create(new HandlebarsConfiguration { NoEscape = true, ThrowOnUnresolvedBindingExpression = true, FormatProvider = CultureInfo.InvariantCulture });
        engine.RegisterHelper("quote", (writer, _, arguments) =>
            writer.WriteSafeString(ApacheWriter.Quote(arguments.Length == 1 && arguments[0]?.ToString() is { } value ? value : throw new HandlebarsException("quote takes one value"))));
        return engine;
    }

    private static Compiled Compile(string text)
    {
        if (FindFault(text) is var (fault, line))
            return new Compiled(null, fault, line);
        try
        {
            return new Compiled(Engine.Value.Compile(text), null, 0);
        }
        catch (Exception e) when (e is not OutOfMemoryException) // the library throws whatever its parser happens to trip over, also NullReferenceException
        {
            return new Compiled(null, e.GetBaseException().Message.ReplaceLineEndings(" ").Trim(), 0);
        }
    }

    // The library's own messages rarely say where; these are the mistakes people make.
    private static (string Fault, int Line)? FindFault(string text)
    {
        var blocks = new Stack<(string Name, int Line)>();
        for (var open = text.IndexOf("{{", StringComparison.Ordinal); open >= 0; open = text.IndexOf("{{", open + 2, StringComparison.Ordinal))
        {
            var line = LineOf(text, open);
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            var next = text.IndexOf("{{", open + 2, StringComparison.Ordinal);
            if (close < 0 || (next >= 0 && next < close && text[open + 2] != '!'))
                return ("{{ has no }}", line);
            var words = text[(open + 2)..close].Trim('{', '~', ' ').Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case []:
                    return ("{{ }} holds nothing", line);
                case [['#', .. var name]]:
                    return ($"{{{{#{name}}}}} does not say of what", line);
                case [['#', .. var name], ..]:
                    blocks.Push((name, line));
                    break;
                case [['/', .. var name], ..] when blocks.Count == 0 || blocks.Pop().Name != name:
                    return ($"{{{{/{name}}}}} closes nothing", line);
            }
        }

        return blocks.Count > 0 ? ($"{{{{#{blocks.Peek().Name}}}}} has no {{{{/{blocks.Peek().Name}}}}}", blocks.Peek().Line) : null;
    }

    private static int FindLine(string text, string name)
    {
        for (var open = text.IndexOf("{{", StringComparison.Ordinal); open >= 0; open = text.IndexOf("{{", open + 2, StringComparison.Ordinal))
        {
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close > open && text[open..close].Contains(name, StringComparison.Ordinal))
                return LineOf(text, open);
        }

        return 0;
    }

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    private static string ReadShipped(string name)
    {
        using var stream = typeof(SiteTemplate).Assembly.GetManifestResourceStream($"Symbiosis.Services.Web.Templates.{name}")
            ?? throw new InvalidOperationException($"the template {name} is missing in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
