using System.Text.RegularExpressions;
using Symbiosis.Machine;
using Symbiosis.Machine.Native;
using Symbiosis.Model;

namespace Symbiosis.CertificateKeeping;

/// <summary>Runs the administrator's programs after certificates changed (CORE-49 to CORE-51).</summary>
internal sealed partial class HookDirectory(HostRoot root, ICommandRunner commands)
{
    /// <summary>Where they are.</summary>
    public static HostPath Location { get; } = HostPath.Parse("/etc/symbiosis/ssl-hooks.d");

    private static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(300);

    /// <summary>Runs every hook and returns what went wrong, in words. Without a change nothing is run (CORE-50).</summary>
    public async Task<IReadOnlyList<string>> RunAsync(IReadOnlyCollection<DomainName> changed, CancellationToken cancellationToken)
    {
        var directory = root.PathOf(Location);
        if (changed.Count == 0 || !Directory.Exists(directory))
            return [];
        if (!IsTrusted(directory))
            return [$"{Location} is not run: it must belong to root and be writable by nobody else"];
        var faults = new List<string>();
        foreach (var path in Directory.GetFileSystemEntries(directory).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (!HookName().IsMatch(name) || !File.Exists(path) || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) == UnixFileMode.None)
                continue;
            if (!IsTrusted(path))
            {
                faults.Add($"{Location}/{name} is not run: it must belong to root and be writable by nobody else");
                continue;
            }

            var result = await commands.RunAsync(
                new Command(path, ["live-update"])
                {
                    Input = string.Concat(changed.Select(domain => domain.Value).Order(StringComparer.Ordinal).Select(domain => domain + "\n")),
                    Environment = [KeyValuePair.Create("LANG", "C.UTF-8")],
                    Timeout = _timeLimit,
                },
                cancellationToken);
            if (!result.Succeeded)
                faults.Add($"hook {Location}/{name} live-update: {(result.End == CommandEnd.Exited ? $"exit status {result.ExitCode}" : result.End)}\n{result.Output}{result.Error}".TrimEnd());
        }

        return faults;
    }

    // What a link leads to is what is run.
    private bool IsTrusted(string path)
    {
        using var opened = FileDescriptor.OpenRoot(path, Fcntl.O_PATH, out _);
        if (opened is null || opened.Stat(out var status) != Errno.None)
            return false;
        return (status.Uid == 0 || !root.IsReal) && (status.Mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == UnixFileMode.None;
    }

    [GeneratedRegex("^[A-Za-z0-9_-]+$", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex HookName();
}
