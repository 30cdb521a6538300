namespace Symbiosis.Cli.Output;

/// <summary>Colours, only where a person looks: a terminal, and not when <c>NO_COLOR</c> is set (no-color.org).</summary>
internal sealed class Terminal
{
    private readonly bool _colours;

    public Terminal(TextWriter output, bool isTerminal)
    {
        Output = output;
        IsInteractive = isTerminal;
        _colours = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";
    }

    public static Terminal StandardOutput => new(Console.Out, !Console.IsOutputRedirected);

    public static Terminal StandardError => new(Console.Error, !Console.IsErrorRedirected);

    public TextWriter Output { get; }

    public bool IsInteractive { get; }

    public string Bold(string text) => Paint(text, "1");

    public string Green(string text) => Paint(text, "32");

    public string Red(string text) => Paint(text, "31");

    public string Yellow(string text) => Paint(text, "33");

    public string Dim(string text) => Paint(text, "2");

    public void Line(string text = "") => Output.WriteLine(text);

    /// <summary>Shows what is going on, on one line that is overwritten; nothing when nobody looks.</summary>
    public void Progress(string text)
    {
        if (IsInteractive)
            Output.Write($"\r\x1b[K{text}");
    }

    /// <summary>Removes the progress line.</summary>
    public void EndProgress()
    {
        if (IsInteractive)
            Output.Write("\r\x1b[K");
    }

    private string Paint(string text, string code) => _colours ? $"\x1b[{code}m{text}\x1b[0m" : text;
}
