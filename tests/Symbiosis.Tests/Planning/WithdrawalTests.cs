using System.Text;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Rendering;

namespace Symbiosis.Tests.Planning;

/// <summary>Taking a service off the host: everything the record lists for it goes, and nothing else.</summary>
public sealed class WithdrawalTests
{
    private static readonly FileStat Stat = new() { Kind = FileKind.Regular, Mode = UnixFileMode.UserRead, Stamp = new FileStamp(1, 2, 3, 4) };

    private readonly WrittenRecord _written = new();
    private readonly DiskState _disk = new();

    [Fact]
    public void Everything_of_the_service_goes_whichever_domain_asked_for_it()
    {
        Written("/etc/exim4/exim4.conf", "mail");
        Written("/var/lib/symbiosis/mail/users/example.com", "mail", unit: "example.com", FileRole.Table);
        Written("/var/lib/symbiosis/web/names/example.com", "web", unit: "example.com", FileRole.Table);

        Changes("mail").ShouldBe(["RemoveFile /etc/exim4/exim4.conf", "RemoveFile /var/lib/symbiosis/mail/users/example.com"]);
    }

    [Fact]
    public void A_site_goes_with_its_link_and_also_when_it_was_switched_off()
    {
        Written("/etc/apache2/sites-available/a.conf", "web", link: "/etc/apache2/sites-enabled/a.conf");
        Written("/etc/apache2/sites-available/b.conf", "web", link: "/etc/apache2/sites-enabled/b.conf", isOrphan: true);
        _disk["/etc/apache2/sites-enabled/a.conf"] = new FoundFile.Link("../sites-available/a.conf");

        Changes("web").ShouldBe([
            "RemoveLink /etc/apache2/sites-enabled/a.conf", "RemoveFile /etc/apache2/sites-available/a.conf", "RemoveFile /etc/apache2/sites-available/b.conf"]);
    }

    [Fact]
    public void An_edited_file_goes_too_but_is_kept_and_reported()
    {
        var edited = Encoding.UTF8.GetString(ChecksumFooter.Append("generated\n", "#")).Replace("generated", "edited", StringComparison.Ordinal);
        Written("/etc/exim4/exim4.conf", "mail", found: new FoundFile.Text(Stat, Encoding.UTF8.GetBytes(edited)));

        var plan = Withdrawal.Plan("mail", _disk, _written);

        plan.Changes.ShouldHaveSingleItem().ShouldBeOfType<PlannedChange.RemoveFile>().KeepsCopy.ShouldBeTrue();
        plan.Diagnostics.ShouldHaveSingleItem().Kind.Id.ShouldBe("PLAN011");
    }

    [Fact]
    public void What_became_somebody_elses_stays_with_its_link()
    {
        Written("/etc/apache2/sites-available/a.conf", "web", link: "/etc/apache2/sites-enabled/a.conf", found: new FoundFile.Text(Stat, "mine"u8.ToArray()));
        _disk["/etc/apache2/sites-enabled/a.conf"] = new FoundFile.Link("../sites-available/a.conf");

        var plan = Withdrawal.Plan("web", _disk, _written);

        plan.Changes.ShouldBeEmpty();
        plan.Forgotten.ShouldBe(["/etc/apache2/sites-available/a.conf"]);
    }

    [Theory]
    [InlineData(false, "/var/lib/symbiosis/tls/h/key.pem", true)]
    [InlineData(true, "/var/lib/symbiosis/tls/h/key.pem", false)] // it was there before us
    [InlineData(false, "/etc/ssl/private/own.pem", false)] // somebody led it elsewhere
    public void A_link_goes_only_if_it_is_ours_and_leads_where_we_led_it(bool wasThere, string target, bool goes)
    {
        _written.Put(new WrittenLink { Path = "/etc/ssl/ssl.key", Unit = DesiredUnit.HostUnit, Service = "tls", Target = "/var/lib/symbiosis/tls/h/key.pem", WasThere = wasThere });
        _disk["/etc/ssl/ssl.key"] = new FoundFile.Link(target);

        Changes("tls").ShouldBe(goes ? ["RemoveLink /etc/ssl/ssl.key"] : []);
    }

    [Fact]
    public void What_is_gone_already_is_only_forgotten()
    {
        Written("/etc/exim4/exim4.conf", "mail", found: FoundFile.Missing.Instance);

        var plan = Withdrawal.Plan("mail", _disk, _written);

        plan.Changes.ShouldBeEmpty();
        plan.Forgotten.ShouldBe(["/etc/exim4/exim4.conf"]);
    }

    private string[] Changes(string service) =>
        [.. Withdrawal.Plan(service, _disk, _written).Changes.Select(change => $"{change.GetType().Name} {change.Path}")];

    private void Written(
        string path, string service, string unit = DesiredUnit.HostUnit, FileRole role = FileRole.Configuration, string? link = null, bool isOrphan = false, FoundFile? found = null)
    {
        _written.Put(new WrittenFile
        {
            Path = path, Unit = unit, Service = service, Role = role, CommentMark = role == FileRole.Configuration ? "#" : "", EnabledLink = link, IsOrphan = isOrphan,
        });
        _disk[path] = found ?? new FoundFile.Untouched(Stat);
    }
}
