using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Tests.Support;
using Symbiosis.Tree;

namespace Symbiosis.Tests.Machine;

public sealed class HostFactsTests : IDisposable
{
    private readonly TemporaryTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory] // CORE-61: kernel name, /etc/hosts, answer of the resolver
    [InlineData("host.example.com", "", null, "host.example.com")]
    [InlineData("HOST.Example.COM", "", null, "host.example.com")]
    [InlineData("host", "127.0.0.1 localhost\n127.0.1.1 host.example.com host\n", "other.example", "host.example.com")] // Debian's own form
    [InlineData("host", "127.0.1.1\tHost.Example.com\thost # mine\n", null, "host.example.com")]
    [InlineData("host", "# 127.0.1.1 host.example.com host\n", "host.example.net", "host.example.net")]
    [InlineData("host", "127.0.1.1 host\n", "host.example.net", "host")] // the file has the name, so DNS is not asked
    [InlineData("host", "127.0.0.1 host\n192.0.2.1 host.example.com host\n", null, "host.example.com")]
    [InlineData("host", "", null, "host")]
    [InlineData("host", "", "host.example.net.", "host.example.net")]
    [InlineData("", "", null, "localhost")]
    [InlineData("bad name!", "", null, "localhost")]
    public async Task CORE_61_the_hosts_name(string kernel, string hosts, string? resolver, string expected)
    {
        _tree.MakeSystemFile("etc/hostname", kernel + "\n");
        _tree.MakeSystemFile("etc/hosts", hosts);
        var name = await HostNames.ReadAsync(_tree.Root, (_, _) => Task.FromResult(resolver), TestContext.Current.CancellationToken);
        name.Value.ShouldBe(expected);
    }

    [Fact]
    public async Task CORE_61_the_resolver_is_not_asked_when_the_hosts_file_has_the_name()
    {
        _tree.MakeSystemFile("etc/hostname", "host\n");
        _tree.MakeSystemFile("etc/hosts", "127.0.1.1 host.example.com host\n");
        await HostNames.ReadAsync(_tree.Root, (_, _) => throw new InvalidOperationException("asked"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Any_hosts_file_gives_a_word_of_it_or_nothing() => Prop.ForAll<NonNull<string>, NonNull<string>>((hosts, name) =>
        HostNames.FindInHosts(hosts.Get, name.Get) is not { } found || hosts.Get.Contains(found, StringComparison.Ordinal)).QuickCheckThrowOnFailure();

    [Fact]
    public void Installed_packages_are_found_by_name_and_pattern()
    {
        var status = """
            Package: exim4-daemon-heavy
            Status: install ok installed
            Version: 4.96-15+deb12u6

            Package: apache2
            Status: deinstall ok config-files
            Version: 2.4.62-1~deb12u2

            Package: php8.2-fpm
            Status: hold ok installed
            Description: Version: 9
             Status: install ok installed
            Version: 8.2.29-1~deb12u1

            Package: dovecot-core
            Status: install ok triggers-pending
            Version: 1:2.3.19.1+dfsg1-2.1+deb12u1

            Package: dovecot-imapd
            Status: install ok half-configured
            Version: 1:2.3.19.1+dfsg1-2.1+deb12u1

            Package: php-fpm-extras
            Status: install ok installed
            Version: 1
            """;
        var found = PackageDatabase.Find(Encoding.UTF8.GetBytes(status), ["exim4-daemon-heavy", "apache2", "dovecot-core", "dovecot-imapd", "php*-fpm", "missing"]);
        found.Select(package => (package.Name, package.UpstreamVersion)).ShouldBe([("dovecot-core", "2.3.19.1+dfsg1"), ("exim4-daemon-heavy", "4.96"), ("php8.2-fpm", "8.2.29")]);
    }

    [Fact]
    public void Any_bytes_are_a_package_database() => Prop.ForAll<byte[]>(bytes =>
    {
        _ = PackageDatabase.Find(bytes ?? [], ["a", "*"]);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Accounts_are_read_and_lines_that_are_none_skipped()
    {
        var users = UserDatabase.Parse("root:x:0:0:root:/root:/bin/bash\n\nbroken\n+::::::\nbob:x:1001:1002:Bob,,,:/home/bob:/bin/sh\nalias:x:1001:1002::/:/bin/sh\nbad:x:-1:0::/:\n", "root:x:0:\nbob:x:1002:alice,carol\nbad:x:x:\n");
        users.Accounts.Select(account => account.Name).ShouldBe(["root", "bob", "alias"]);
        users.UserName(1001).ShouldBe("bob"); // the first wins
        users.GroupName(1002).ShouldBe("bob");
        users.UserName(4242).ShouldBeNull();
    }

    [Fact]
    public void Any_text_is_a_user_database() => Prop.ForAll<NonNull<string>>(text =>
    {
        _ = UserDatabase.Parse(text.Get, text.Get);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_name_service_is_asked_for_unknown_numbers_only_when_wanted()
    {
        UserDatabase.Parse("", "", asksNameService: true).UserName(0).ShouldBe("root");
        UserDatabase.Parse("", "", asksNameService: true).GroupName(0).ShouldBe("root");
        UserDatabase.Parse("", "", asksNameService: true).UserName(4_000_000_000).ShouldBeNull();
        UserDatabase.Parse("", "").UserName(0).ShouldBeNull();
    }

    [Fact]
    public void The_secret_is_made_once_with_mode_0600_and_read_again()
    {
        var root = new HostRoot(_tree.Root);
        var first = HostSecretFile.ReadOrMake(root, out var isExposed).Key.ToArray();
        isExposed.ShouldBeFalse();
        first.Length.ShouldBe(32);
        HostSecretFile.ReadOrMake(root, out _).Key.ToArray().ShouldBe(first);
        var path = root.PathOf(HostSecretFile.Path);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(Path.GetDirectoryName(path)!).ShouldBe([path]); // nothing temporary stays
    }

    [Fact]
    public void Two_runs_that_make_the_secret_at_once_agree()
    {
        for (var i = 0; i < 20; i++)
        {
            var root = new HostRoot($"{_tree.Root}/{i}");
            var keys = new string[8];
            Parallel.For(0, keys.Length, j => keys[j] = Convert.ToHexString(HostSecretFile.ReadOrMake(root, out _).Key));
            keys.Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
        }
    }

    [Fact]
    public void A_secret_that_others_can_read_is_reported()
    {
        var root = new HostRoot(_tree.Root);
        HostSecretFile.ReadOrMake(root, out _);
        File.SetUnixFileMode(root.PathOf(HostSecretFile.Path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        HostSecretFile.ReadOrMake(root, out var isExposed);
        isExposed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_host_is_read()
    {
        _tree.Settings = [new("/etc/symbiosis/ssl/lifetime", SettingForm.Text, ""), new("/etc/exim4/symbiosis.d", SettingForm.DirectoryOfTexts, ""), new("~/.password", SettingForm.Secret, "")];
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        _tree.MakeSystemFile("etc/symbiosis/ssl/lifetime", "90");
        _tree.MakeSystemFile("etc/exim4/symbiosis.d/10-acl/10-x", "deny");
        _tree.MakeSystemFile("home/carol/.password", "secret", uid: 1001);
        _tree.MakeSystemFile("var/lib/dpkg/status", "Package: exim4\nStatus: install ok installed\nVersion: 4.96-15\n");
        var host = await ReadAsync();

        host.Name.Value.ShouldBe("host.example.net");
        host.AdminUid.ShouldBe(1000u); // owner of /srv (CORE-12)
        host.VersionOf("exim4").ShouldBe("4.96");
        host.PrimaryIPv4.ShouldBe("192.0.2.7");
        host.Tree["/etc/symbiosis/ssl/lifetime"].Text.ShouldBe("90");
        host.Tree.Below("/etc/exim4/symbiosis.d").Where(node => node.Value.Kind == NodeKind.File).ShouldHaveSingleItem().Key.ShouldBe("/etc/exim4/symbiosis.d/10-acl/10-x");
        host.Users.Select(user => user.Name).ShouldBe(["admin", "carol"]); // dave has no home, the others are system users
        host.Users[1].Tree[".password"].Text.ShouldBe("secret");
        host.Users[1].Home.ShouldBe("/home/carol");
        host.Tree.Diagnostics.ShouldBeEmpty();
        (await ReadAsync() with { ReadAt = host.ReadAt, Secret = host.Secret }).ShouldBe(host); // nothing changed: equal
    }

    [Fact]
    public async Task CORE_12_a_srv_of_root_means_that_admin_is_admin()
    {
        _tree.Own(".", 0, 0);
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        (await ReadAsync()).AdminUid.ShouldBe(1000u);
    }

    [Fact]
    public async Task A_users_link_to_what_is_not_his_is_reported()
    {
        _tree.Settings = [new("~/.password", SettingForm.Secret, "")];
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        var shadow = _tree.MakeSystemFile("etc/shadow", "root:$6$");
        _tree.MakeSystemDirectory("home/carol", 1001);
        File.CreateSymbolicLink(_tree.Root + "/home/carol/.password", shadow);
        _tree.Own("../home/carol/.password", 1001, 1001);
        var host = await ReadAsync();
        host.Users.Single(user => user.Name == "carol").Tree[".password"].Kind.ShouldBe(NodeKind.Unreadable);
        host.Tree.Diagnostics.ShouldHaveSingleItem().Path.ShouldBe("/home/carol/.password");
    }

    [Fact]
    public async Task Each_home_setting_and_host_setting_makes_the_host_unequal()
    {
        _tree.Settings = [new("/etc/symbiosis/ssl/lifetime", SettingForm.Text, ""), new("~/.password", SettingForm.Secret, "")];
        _tree.MakeSystemFile("etc/hostname", "host.example.net\n");
        var before = await ReadAsync();
        _tree.MakeSystemFile("etc/symbiosis/ssl/lifetime", "91");
        var after = await ReadAsync();
        (after with { ReadAt = before.ReadAt, Secret = before.Secret }).ShouldNotBe(before);
        _tree.MakeSystemFile("home/carol/.password", "x", uid: 1001);
        (await ReadAsync() with { ReadAt = after.ReadAt, Secret = after.Secret }).ShouldNotBe(after);
    }

    private Task<Host> ReadAsync() => new HostReader(ReadingPlan.For(_tree.Settings), ["exim4"], _tree.Options, new ManualClock())
    {
        ReadNetwork = () => new NetworkState([new(2, System.Net.IPAddress.Parse("192.0.2.7"), 24, true, true)], [new(2, 0)]),
        AskResolver = (_, _) => Task.FromResult<string?>(null),
    }.ReadAsync(TestContext.Current.CancellationToken);
}
