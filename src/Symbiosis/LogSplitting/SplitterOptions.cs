namespace Symbiosis.LogSplitting;

/// <summary>What the lines on standard input look like.</summary>
internal enum LineForm
{
    /// <summary><c>NAME rest</c>: the host name, a space, and what belongs into the domain's log (WEB-37).</summary>
    Split,

    /// <summary><c>PORT NAME rest</c>: as <see cref="Split"/>, with the local port in front; 443 means the log of https.</summary>
    Port,

    /// <summary>Lines are not looked at; all go to the default log.</summary>
    Plain,
}

/// <summary>How the splitter works; the command line of WEB-47.</summary>
internal sealed record SplitterOptions
{
    /// <summary>What lines look like.</summary>
    public LineForm Form { get; init; } = LineForm.Split;

    /// <summary>Where lines go that belong to no domain.</summary>
    public string DefaultLog { get; init; } = "/var/log/apache2/zz-mass-hosting.log";

    /// <summary>File name in a domain's <c>public/logs</c>; that of https has <c>ssl_</c> in front.</summary>
    public string FileName { get; init; } = "access.log";

    /// <summary>Directory that holds the domains.</summary>
    public string Prefix { get; init; } = "/srv";

    /// <summary>The table of hosted names.</summary>
    public string NamesDirectory { get; init; } = "/var/lib/symbiosis/web/names";

    /// <summary>Names that end in a dot and this are testing names (WEB-9); null when there are none.</summary>
    public string? TestingSuffix { get; init; }

    /// <summary>Most domain logs open at a time (WEB-43). The default logs come on top.</summary>
    public int MaxOpenFiles { get; init; } = 50;

    /// <summary>Most memory for lines that wait, of all logs together; at least what a single one may hold.</summary>
    public int MaxWaitingBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Writes each line at once and through to the disk.</summary>
    public bool Synchronous { get; init; }

    /// <summary>Also says which logs are opened and closed.</summary>
    public bool Verbose { get; init; }

    /// <summary>Lowest uid and gid a domain directory may have (CORE-3).</summary>
    public uint LowestOwner { get; init; } = 1000;

    /// <summary>The default log of https: beside that of http, as WEB-35 names it.</summary>
    public string SslDefaultLog => DefaultLog.EndsWith(".access.log", StringComparison.Ordinal) ? DefaultLog[..^".access.log".Length] + ".ssl_access.log" : DefaultLog;
}
