using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.Services;

/// <summary>A daemon a service configures: how a configuration is checked before it goes live, how it is taken into use, and how one sees from outside that it works.</summary>
public sealed record Daemon
{
    /// <summary>Name used by <see cref="Rendering.RenderedFile.Daemon"/>: <c>apache2</c>, <c>exim4</c>, <c>dovecot</c>, <c>php-fpm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The systemd unit that is reloaded: <c>apache2.service</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>The directory whose staged copy the checker looks at, such as <c>/etc/apache2</c>; null when the checker takes single files.</summary>
    public HostPath? ConfigurationRoot { get; init; }

    /// <summary>Builds the daemon's own checker for a staged configuration.</summary>
    public required Func<StagedFiles, Command> Check { get; init; }

    /// <summary>The command that takes a new configuration into use, when plain <c>systemctl reload</c> is not right; null for that.</summary>
    public Command? Reload { get; init; }

    /// <summary>Least time between two reloads by the service, for a daemon whose reload costs the more the more it serves; what comes in meanwhile waits for its end.</summary>
    public TimeSpan ReloadInterval { get; init; }

    /// <summary>What must answer after a reload.</summary>
    public ValueList<Probe> Probes { get; init; }
}

/// <summary>Where the staged version of a file or directory lies while it is checked.</summary>
/// <param name="PathOf">Maps a final path to the staged file, or to itself when that file does not change. For a daemon with a configuration root, maps paths below it into the merged copy.</param>
public sealed record StagedFiles(Func<HostPath, string> PathOf);

/// <summary>A conversation that shows a daemon answers: connect, say something, see a line that begins as expected.</summary>
/// <param name="Name">What is proved, in words.</param>
/// <param name="Port">TCP port on 127.0.0.1.</param>
/// <param name="Send">Text to send after connecting; null to wait for the greeting.</param>
/// <param name="Expect">How the first line of the answer must begin.</param>
public sealed record Probe(string Name, int Port, string? Send, string Expect);
