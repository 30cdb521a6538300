using Symbiosis.Acme;
using Symbiosis.Machine;
using Symbiosis.Model;

namespace Symbiosis.CertificateKeeping;

/// <summary>The directory that the web server shows under <c>/.well-known/acme-challenge/</c> of every name (TLS-44).</summary>
internal sealed class ChallengeDirectory(HostRoot root) : IChallengePlace
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Where it is.</summary>
    public static HostPath Location { get; } = HostPath.Parse("/var/lib/symbiosis/acme");

    /// <inheritdoc />
    public IDisposable Put(string token, string content) => Put(token, content, elsewhere: null);

    /// <summary>Puts an answer here and somewhere else.</summary>
    /// <param name="token">Name of the file.</param>
    /// <param name="content">The answer.</param>
    /// <param name="elsewhere">Puts it there and returns what takes it away; null when this is the only place.</param>
    public IDisposable Put(string token, string content, Func<string, string, Action?>? elsewhere)
    {
        var directory = root.PathOf(Location);
        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, ForAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var path = $"{directory}/{token}";
        using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = ForAll }))
            file.Write(System.Text.Encoding.ASCII.GetBytes(content));
        File.SetUnixFileMode(path, ForAll); // whatever the umask
        return new Answer(path, elsewhere?.Invoke(token, content));
    }

    /// <summary>Removes what a run that was killed left behind.</summary>
    public void Clear(DateTimeOffset olderThan)
    {
        var directory = root.PathOf(Location);
        foreach (var path in Directory.Exists(directory) ? Directory.GetFiles(directory) : [])
        {
            if (File.GetLastWriteTimeUtc(path) < olderThan.UtcDateTime)
                File.Delete(path);
        }
    }

    private sealed class Answer(string path, Action? elsewhere) : IDisposable
    {
        public void Dispose()
        {
            File.Delete(path);
            elsewhere?.Invoke();
        }
    }
}
