using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Tree;

namespace Symbiosis.Services;

/// <summary>
/// One service of the host: a folder below <c>Services</c> and one line in <see cref="ServiceCatalog"/>. A module is pure: it turns a domain or the host into values and never
/// touches disk, network or clock, and never names another service.
/// </summary>
public interface IServiceModule
{
    /// <summary>The folder name in lower case: <c>web</c>, <c>mail</c>, <c>tls</c>. Also the manual chapter.</summary>
    string Name { get; }

    /// <summary>Every file in the tree this service reads, declared once: reader, "unknown file" warnings, watch list, completion and manual come from it.</summary>
    ValueList<Setting> Settings { get; }

    /// <summary>
    /// Packages whose presence or version decides what is rendered; they appear in <see cref="Host.Packages"/> when they are installed. One <c>*</c> in a name stands for any text:
    /// <c>php*-fpm</c>.
    /// </summary>
    ValueList<string> Packages => [];

    /// <summary>Every sort of finding this service reports.</summary>
    ValueList<DiagnosticKind> Diagnostics { get; }

    /// <summary>Units that run what customers wrote, and so may end for reasons that no check finds beforehand.</summary>
    ValueList<SupervisedUnits> Supervised => [];

    /// <summary>The daemons it configures, as far as they are installed on <paramref name="host"/>.</summary>
    ValueList<Daemon> Daemons(Host host);

    /// <summary>What one domain asks for. Called only when that domain or the host changed; must not depend on any other domain.</summary>
    DomainRendering RenderDomain(Domain domain, Host host);

    /// <summary>What the host as a whole needs, given what all domains contributed. Called when the host or any contribution changed.</summary>
    HostRendering RenderHost(Host host, ValueList<Contribution> contributions);
}

/// <summary>Instances of a unit, one for each domain that has something to run.</summary>
/// <param name="Template">Name before the <c>@</c>, such as <c>symbiosis-app</c>; the instance is the domain.</param>
/// <param name="SettingPath">The setting that made it, relative to the domain.</param>
/// <param name="NotRunning">What is reported of one that does not run.</param>
public sealed record SupervisedUnits(string Template, string SettingPath, DiagnosticKind NotRunning);

/// <summary>What a module makes of one domain.</summary>
public sealed record DomainRendering
{
    /// <summary>Nothing at all.</summary>
    public static DomainRendering Empty { get; } = new();

    /// <summary>Files of this domain only.</summary>
    public ValueList<RenderedFile> Files { get; init; }

    /// <summary>Files that are still wanted but cannot be rendered now, because a template is broken: what is there stays as it is.</summary>
    public ValueList<HostPath> Held { get; init; }

    /// <summary>What it needs from the host.</summary>
    public ValueList<Contribution> Contributions { get; init; }

    /// <summary>Files that daemons load for it without having them from us.</summary>
    public ValueList<LoadedFile> Loads { get; init; }

    /// <summary>What is wrong with it.</summary>
    public ValueList<Diagnostic> Diagnostics { get; init; }

    /// <summary>Changes it asks for inside the tree itself, such as replacing a plain password by its hash.</summary>
    public ValueList<TreeChange> TreeChanges { get; init; }
}

/// <summary>What a module makes of the whole host.</summary>
public sealed record HostRendering
{
    /// <summary>Host-wide files.</summary>
    public ValueList<RenderedFile> Files { get; init; }

    /// <summary>Files that are still wanted but cannot be rendered now, because a template is broken: what is there stays as it is.</summary>
    public ValueList<HostPath> Held { get; init; }

    /// <summary>Links to make, such as an enabled Apache module.</summary>
    public ValueList<RenderedLink> Links { get; init; }

    /// <summary>Things to make once that are not text, such as a key.</summary>
    public ValueList<Provision> Provisions { get; init; }

    /// <summary>Files that daemons load without having them from us.</summary>
    public ValueList<LoadedFile> Loads { get; init; }

    /// <summary>What is wrong with host-wide settings.</summary>
    public ValueList<Diagnostic> Diagnostics { get; init; }

    /// <summary>What the host part itself contributes, such as ports.</summary>
    public ValueList<Contribution> Contributions { get; init; }
}

/// <summary>A symbolic link the host needs (<c>mods-enabled/lua.load</c>).</summary>
public sealed record RenderedLink(HostPath Path, string Target, string Because, string? Daemon = null)
{
    /// <summary>Name of the module that rendered it; the core fills it in.</summary>
    public string Service { get; init; } = "";
}

/// <summary>A change inside a customer's tree, done with the customer's ids and never through a symbolic link (CORE-14, CORE-16).</summary>
public abstract record TreeChange(DomainName Domain, string RelativePath, string Because)
{
    /// <summary>Replaces the file's content, but only if it still is <paramref name="Expected"/>. Mode becomes 0600 (CORE-23).</summary>
    public sealed record ReplaceSecret(DomainName Domain, string RelativePath, ReadOnlyMemory<byte> Expected, string Content, string Because)
        : TreeChange(Domain, RelativePath, Because);

    /// <summary>Gives a system user the right to search a directory or read a file by a POSIX ACL entry (MAIL-164).</summary>
    public sealed record GrantAccess(DomainName Domain, string RelativePath, string User, string Permissions, string Because)
        : TreeChange(Domain, RelativePath, Because);

    /// <summary>Takes all rights on the domain's directory from everybody but its owner, its group, and whom its access list names; these accounts, if they exist, are named there so that they may still enter.</summary>
    public sealed record CloseToOthers(DomainName Domain, ValueList<string> StillEntering, string Because) : TreeChange(Domain, "", Because);
}

/// <summary>Something to make that cannot be rendered, because chance is part of it. Made before anything is staged, so that checkers find it.</summary>
public abstract record Provision(string Because)
{
    /// <summary>A key with a self-signed certificate, published as <c>fullchain.pem</c>, <c>key.pem</c>, <c>combined.pem</c> in a directory (TLS-55).</summary>
    /// <param name="Directory">Directory that daemons read, switched atomically.</param>
    /// <param name="Names">Names in the certificate, the first is its subject.</param>
    /// <param name="LifetimeDays">Validity in days.</param>
    /// <param name="Because">Why it is needed.</param>
    public sealed record SelfSignedCertificate(HostPath Directory, ValueList<DomainName> Names, int LifetimeDays, string Because) : Provision(Because);
}
