namespace Symbiosis.Rendering;

/// <summary>Exim's expansion language, one function for each form (specification of Exim, chapter 11). Nesting them keeps braces in pairs.</summary>
public static class EximExpression
{
    /// <summary>A variable or other text that Exim expands: <c>$domain_data</c>.</summary>
    public static EximText Raw(string text) => EximText.Verbatim(text);

    /// <summary><c>${if CONDITION{YES}{NO}}</c>; nothing when there is no <paramref name="no"/>.</summary>
    public static EximText If(EximText condition, EximText yes, EximText? no = null) =>
        no is null ? EximText.Of($"${{if {condition}{{{yes}}}}}") : EximText.Of($"${{if {condition}{{{yes}}}{{{no}}}}}");

    /// <summary>A condition as the value of an option: <c>${if CONDITION}</c>, which is <c>true</c> or nothing.</summary>
    public static EximText Test(EximText condition) => EximText.Of($"${{if {condition}}}");

    /// <summary><c>and{...}</c>: later conditions are looked at only if the earlier ones hold.</summary>
    public static EximText And(params ReadOnlySpan<EximText> conditions) => Combine("and", conditions);

    /// <summary><c>or{...}</c>.</summary>
    public static EximText Or(params ReadOnlySpan<EximText> conditions) => Combine("or", conditions);

    /// <summary>The opposite.</summary>
    public static EximText Not(EximText condition) => EximText.Of($"!{condition}");

    /// <summary><c>exists{PATH}</c>: stat(2) succeeds, links are followed.</summary>
    public static EximText Exists(EximText path) => EximText.Of($"exists{{{path}}}");

    /// <summary><c>eq{A}{B}</c>.</summary>
    public static EximText Equal(EximText left, EximText right) => EximText.Of($"eq{{{left}}}{{{right}}}");

    /// <summary><c>eqi{A}{B}</c>, letters of both cases alike.</summary>
    public static EximText EqualText(EximText left, EximText right) => EximText.Of($"eqi{{{left}}}{{{right}}}");

    /// <summary>Compares numbers; <paramref name="sign"/> is one of <c>&lt; &lt;= = &gt;= &gt;</c>.</summary>
    public static EximText Compare(EximText left, string sign, EximText right) => EximText.Of($"{Raw(sign)}{{{left}}}{{{right}}}");

    /// <summary><c>match{SUBJECT}{REGEX}</c>.</summary>
    public static EximText Matches(EximText subject, EximText regex) => EximText.Of($"match{{{subject}}}{{{regex}}}");

    /// <summary>A regular expression, protected from expansion by <c>\N</c>.</summary>
    public static EximText Regex(string pattern) => Raw(@"\N" + pattern + @"\N");

    /// <summary><c>def:NAME</c>: a variable is not empty.</summary>
    public static EximText Defined(string variable) => Raw("def:" + variable);

    /// <summary><c>${stat:PATH}</c>: <c>mode=... uid=... gid=...</c>. Fails when there is nothing, so it comes behind <see cref="Exists"/>.</summary>
    public static EximText Stat(EximText path) => EximText.Of($"${{stat:{path}}}");

    /// <summary><c>${extract{NAME}{TEXT}}</c>: a named field; with more arguments, text for when it is there, where <c>$value</c> is the field, and for when it is not.</summary>
    public static EximText Extract(string field, EximText text) => EximText.Of($"${{extract{{{Raw(field)}}}{{{text}}}}}");

    /// <inheritdoc cref="Extract(string, EximText)"/>
    public static EximText Extract(string field, EximText text, EximText yes, EximText no) => EximText.Of($"${{extract{{{Raw(field)}}}{{{text}}}{{{yes}}}{{{no}}}}}");

    /// <summary><c>${lookup{KEY}TYPE{WHERE}{YES}{NO}}</c>, where <c>$value</c> is what was found and may name files (MAIL-160).</summary>
    public static EximText Lookup(EximText key, string type, EximText where, EximText yes, EximText no) =>
        EximText.Of($"${{lookup{{{key}}}{Raw(type)}{{{where}}}{{{yes}}}{{{no}}}}}");

    /// <summary>What a look-up finds, or nothing.</summary>
    public static EximText Lookup(EximText key, string type, EximText where) => EximText.Of($"${{lookup{{{key}}}{Raw(type)}{{{where}}}}}");

    /// <summary>The content of a file without its line breaks.</summary>
    public static EximText ReadLine(EximText path) => EximText.Of($"${{readfile{{{path}}}{{}}}}");

    /// <summary><c>${sg{SUBJECT}{REGEX}{REPLACEMENT}}</c>. The replacement is expanded twice: what holds text from outside is written so that the first expansion only takes the backslashes off.</summary>
    public static EximText Substitute(EximText subject, EximText regex, EximText replacement) => EximText.Of($"${{sg{{{subject}}}{{{regex}}}{{{replacement}}}}}");

    private static EximText Combine(string name, ReadOnlySpan<EximText> conditions)
    {
        var parts = new string[conditions.Length];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = "{" + conditions[i].Value + "}";
        return Raw(name + "{" + string.Concat(parts) + "}");
    }
}
