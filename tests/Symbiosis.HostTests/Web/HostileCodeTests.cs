using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Web;

/// <summary>
/// A customer's code, in PHP and as a script of cgi-bin, tries what the rights of its process allow: the files, sessions, sockets, processes and temporary files of other owners, and the host's own
/// secrets. What it gets is printed as <c>BREACH</c>.
/// </summary>
public sealed class HostileCodeTests(Sites sites) : HostTest(sites)
{
    private const string Attacks =
        """
        victim=/srv/victor.example
        try() { name=$1; shift; out=$("$@" 2>/dev/null | tr -d '\0' | head -c 200) && [ -n "$out" ] && echo "BREACH $name: $out" || echo "held $name"; }
        fetch() { php -r '$s = @stream_socket_client($argv[1], $e, $m, 2); if ($s) echo "connected";' "$1"; }
        try "page of another customer" cat $victim/public/htdocs/secret.php
        try "setting of another customer" cat $victim/config/secret
        try "directory of another customer" ls $victim
        try "setting of the administrator" cat /srv/admins.example/config/secret
        try "directory of the administrator" ls /srv/admins.example
        try "log of another customer" cat $victim/public/logs/access.log
        try "page written for another customer" sh -c "echo x >$victim/public/htdocs/x && echo written"
        try "list of sockets" ls /run/symbiosis-web
        try "PHP socket of another customer" fetch unix:///run/symbiosis-web/VICTOR/phpVERSION.sock
        try "script socket of another customer" fetch unix:///run/symbiosis-web/VICTOR/cgi.sock
        try "PHP socket of the administrator" fetch unix:///run/symbiosis-web/1000/phpVERSION.sock
        try "Debian's PHP socket" fetch unix:///run/php/php-fpm.sock
        try "Debian's script socket" fetch unix:///run/fcgiwrap.socket
        try "the program's socket" sh -c "ls /run/symbiosis/"
        try "list of sessions" ls /var/lib/symbiosis-web/VICTOR
        try "session" sh -c 'cat /var/lib/symbiosis-web/VICTOR/sess_*'
        try "temporary file" sh -c 'cat /tmp/victor-secret /tmp/systemd-private-*/tmp/victor-secret'
        try "processes" sh -c 'for p in /proc/[0-9]*; do [ "$(stat -c %u $p)" = "$(id -u)" ] || { stat -c %u $p; tr "\0" " " <$p/cmdline; }; done'
        try "environment of a process" sh -c 'for p in $(seq 1 3000); do [ -r /proc/$p/environ ] && tr "\0" "\n" </proc/$p/environ | grep -a FPM_SOCKETS | grep -v /$(id -u)/; done'
        try "memory of a process" sh -c 'for p in $(seq 1 3000); do [ -r /proc/$p/mem ] && [ "$(stat -c %u /proc/$p)" != "$(id -u)" ] && echo $p; done'
        try "signal to another customer" sh -c 'for p in $(seq 2 3000); do kill -0 $p 2>/dev/null && [ "$(stat -c %u /proc/$p)" != "$(id -u)" ] && echo $p; done'
        try "errors of all sites" cat /var/log/apache2/error.log /var/log/apache2/zz-mass-hosting.error.log
        try "visitors of all sites" cat /var/log/apache2/zz-mass-hosting.access.log
        try "key of the host" sh -c 'cat /var/lib/symbiosis/tls/*/key.pem'
        try "passwords of the host" cat /etc/shadow
        try "passwords of mailboxes" sh -c 'cat /var/lib/symbiosis/mail/users/*'
        try "settings of the host" sh -c 'ls /etc/symbiosis/*'
        try "root by sudo" sudo -n id
        try "hard link to another customer" ln $victim/config/secret /srv/mallory.example/public/htdocs/hard
        try "configuration of Apache" sh -c 'echo >>/etc/apache2/apache2.conf && echo written'
        try "table of names" sh -c 'echo mallory.example 1000 >/var/lib/symbiosis/web/names/mallory.example && echo written'
        echo "end $(id -u)"
        """;

    [Theory, Releases]
    public async Task Neither_php_nor_a_script_reaches_what_is_not_its_owners(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home mallory; useradd --create-home victor");
        var php = (await site.Host.ShellAsync("ls /etc/php")).Trim();
        var victor = (await site.Host.RunAsync("id", "-u", "victor")).Trim();
        var mallory = (await site.Host.RunAsync("id", "-u", "mallory")).Trim();
        await site.Host.PublishAsync("admins.example", ("public/htdocs/index.php", "<?php echo posix_geteuid();"), ("config/secret", "admin's secret"), ("mailboxes/bob/password", "bob's secret"));
        await site.Host.PublishAsAsync(
            "victor", "victor.example",
            ("public/htdocs/secret.php", "<?php session_start(); $_SESSION['secret'] = 'x'; file_put_contents('/tmp/victor-secret', 'x'); echo 'victor ', session_save_path();"), ("config/secret", "victor's secret"));
        var attacks = Attacks.Replace("VICTOR", victor, StringComparison.Ordinal).Replace("VERSION", php, StringComparison.Ordinal);
        await site.Host.PublishAsAsync(
            "mallory", "mallory.example",
            ("attacks", attacks),
            ("public/htdocs/index.php", "<?php header('Content-Type: text/plain'); passthru('sh /srv/mallory.example/attacks 2>&1');"),
            ("public/cgi-bin/attacks.cgi", "#!/bin/sh\necho 'Content-Type: text/plain'\necho\nexec sh /srv/mallory.example/attacks 2>&1\n"));
        await site.Host.RunAsync("chmod", "755", "/srv/mallory.example/public/cgi-bin/attacks.cgi");
        await site.SoonAsync("admins.example", 200, "33");
        (await site.SoonAsync("victor.example", 200, "victor", "/secret.php")).Body.ShouldBe($"victor /var/lib/symbiosis-web/{victor}");
        await site.Host.RunAsync("test", "-e", $"/var/lib/symbiosis-web/{victor}"); // there is something to steal
        foreach (var domain in (string[])["victor.example", "admins.example", "mallory.example"])
            await site.Host.UntilAsync(Visitor.Soon, "sh", "-c", $"case $(stat -c %A /srv/{domain}) in *---*) ;; *) exit 1 ;; esac; setpriv --reuid www-data --clear-groups test -x /srv/{domain}");

        foreach (var path in (string[])["/", "/cgi-bin/attacks.cgi"])
        {
            var page = await Eventually.BecomesAsync(() => site.GetAsync("mallory.example", path), page => page.Status == 200 && page.Body.EndsWith($"end {mallory}\n", StringComparison.Ordinal), TimeSpan.FromSeconds(60));

            page.Body.Split('\n').Where(line => line.StartsWith("BREACH", StringComparison.Ordinal)).ShouldBeEmpty(path);
            page.Body.Split('\n').Count(line => line.StartsWith("held ", StringComparison.Ordinal)).ShouldBe(Attacks.Split('\n').Count(line => line.StartsWith("try \"", StringComparison.Ordinal)));
        }
    }

    [Theory, Releases]
    public async Task Php_still_sends_mail_to_a_mailbox_of_a_domain_it_may_not_enter(Debian release)
    {
        var site = await OwnSiteAsync(release);
        await site.Host.ShellAsync("useradd --create-home carol");
        await site.Host.PublishAsync("admins.example", ("mailboxes/bob/password", "bob's secret"));
        await site.Host.PublishAsAsync("carol", "carol.example", ("public/htdocs/index.php", "<?php echo posix_geteuid(), mail('bob@admins.example', 'from a form', 'text') ? ' sent' : ' not sent';"));

        (await site.SoonAsync("carol.example", 200, " sent")).Body.ShouldStartWith((await site.Host.RunAsync("id", "-u", "carol")).Trim());

        await site.Host.UntilAsync(TimeSpan.FromSeconds(30), "sh", "-c", "grep -rqs 'from a form' /srv/admins.example/mailboxes/bob/Maildir/new");
    }
}
