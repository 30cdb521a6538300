using System.Text.Json.Serialization;
using Symbiosis.Diagnostics;

namespace Symbiosis.Watching;

/// <summary>How the host stands: what <c>symbiosis status</c> shows. Times are UTC.</summary>
public sealed record StatusReport
{
    /// <summary>Where the running service answers.</summary>
    public const string SocketPath = "/run/symbiosis/status.sock";

    /// <summary>True when the report comes from the running service, false when it was worked out on demand.</summary>
    public bool FromService { get; init; }

    /// <summary>When the service finished reading the whole tree for the first time.</summary>
    public DateTimeOffset? RunningSince { get; init; }

    /// <summary>Domains hosted now.</summary>
    public int Domains { get; init; }

    /// <summary>Directories watched for changes.</summary>
    public int WatchedDirectories { get; init; }

    /// <summary>When something was applied last.</summary>
    public DateTimeOffset? LastApplied { get; init; }

    /// <summary>From the first file event to the last probe of that apply, in milliseconds.</summary>
    public double? LastAppliedMilliseconds { get; init; }

    /// <summary>Files written by that apply.</summary>
    public int LastFilesWritten { get; init; }

    /// <summary>Daemons reloaded by that apply.</summary>
    public IReadOnlyList<string> LastReloads { get; init; } = [];

    /// <summary>Reloads since the service started, by daemon. A host that is only given new plain sites and mailboxes has none.</summary>
    public IReadOnlyDictionary<string, int> Reloads { get; init; } = new Dictionary<string, int>();

    /// <summary>Domains held back with their last good state because a daemon refused their configuration.</summary>
    public IReadOnlyList<string> Quarantined { get; init; } = [];

    /// <summary>Generated files that were edited by hand and are left alone.</summary>
    public IReadOnlyList<EditedFile> Edited { get; init; } = [];

    /// <summary>Findings that stand now.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>A file edited by hand.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Difference">Unified difference from what would be generated to what is there.</param>
    public sealed record EditedFile(string Path, string Difference);

    /// <summary>A diagnostic as plain values.</summary>
    public sealed record Finding(string Id, string Severity, string Path, int Line, int Column, string Message, string? Hint, string? Domain)
    {
        /// <summary>Takes over a diagnostic.</summary>
        public static Finding From(Diagnostic diagnostic) => new(
            diagnostic.Kind.Id,
            diagnostic.Severity switch { Diagnostics.Severity.Error => "error", Diagnostics.Severity.Warning => "warning", _ => "note" },
            diagnostic.Path,
            diagnostic.Line,
            diagnostic.Column,
            diagnostic.Message,
            diagnostic.Hint,
            diagnostic.Domain?.Value);
    }
}

/// <summary>JSON of everything the program prints with <c>--json</c>; source generated, so that start-up pays nothing for reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
public sealed partial class StatusJson : JsonSerializerContext;
