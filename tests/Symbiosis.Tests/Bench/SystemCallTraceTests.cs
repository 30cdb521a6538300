using Symbiosis.Bench.Measuring;

namespace Symbiosis.Tests.Bench;

/// <summary>"Writes nothing" is read from strace's log; a log that is misread would prove anything.</summary>
public sealed class SystemCallTraceTests
{
    [Theory]
    [InlineData("""12  openat2(37</w/srv/a.example>, "config", {flags=O_RDONLY|O_DIRECTORY, resolve=RESOLVE_BENEATH}, 24) = 38</w/srv/a.example/config>""", 1, 0)]
    [InlineData("""12  openat(AT_FDCWD</home>, "/w/srv", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = 3</w/srv>""", 1, 0)]
    [InlineData("""12  openat2(37</w/srv/a.example>, "password", {flags=O_RDONLY, resolve=RESOLVE_BENEATH}, 24 <unfinished ...>""", 1, 0)]
    [InlineData("""12  <... openat2 resumed>)            = 51</w/srv/a.example/config>""", 0, 0)] // the other half of a line that was counted
    [InlineData("""12  openat(AT_FDCWD</home>, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3</etc/ld.so.cache>""", 0, 0)]
    [InlineData("""12  openat2(AT_FDCWD</home>, "/w/var/lib/symbiosis/lock", {flags=O_RDWR|O_CREAT, mode=0600, resolve=0}, 24) = 4""", 0, 0)] // taking turns is no change
    [InlineData("""12  openat2(AT_FDCWD</home>, "/w/var/lib/symbiosis/written.jsonl", {flags=O_WRONLY|O_APPEND, mode=0600, resolve=0}, 24) = 4""", 0, 1)]
    [InlineData("""12  openat(AT_FDCWD</home>, "/w/srv/a.example/x", O_RDWR|O_CREAT|O_EXCL, 0600) = 4""", 1, 1)]
    [InlineData("""12  renameat2(AT_FDCWD</home>, "/w/etc/x~", AT_FDCWD</home>, "/w/etc/x", 0) = 0""", 0, 1)]
    [InlineData("""12  unlinkat(5</w/etc>, "x", 0) = 0""", 0, 1)]
    [InlineData("""12  renameat2(AT_FDCWD</home>, "/tmp/x~", AT_FDCWD</home>, "/tmp/x", 0) = 0""", 0, 0)]
    [InlineData("""12  +++ exited with 0 +++""", 0, 0)]
    public void A_line_counts_as_what_it_does(string line, int opens, int changes)
    {
        var trace = SystemCallTrace.Read("/w", [line]);

        trace.TreeOpens.ShouldBe(opens);
        trace.Changes.Count.ShouldBe(changes);
    }
}
