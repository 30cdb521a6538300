using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Services.Tls;
using Symbiosis.Tree;

namespace Symbiosis.CertificateKeeping;

/// <summary>How a domain is looked after.</summary>
internal sealed record KeepOptions
{
    /// <summary>Makes a new set whatever the state, also for names that failed lately (TLS-27).</summary>
    public bool Force { get; init; }

    /// <summary>False: nothing is made (TLS-28).</summary>
    public bool Generates { get; init; } = true;

    /// <summary>False: <c>current</c> stays (TLS-28).</summary>
    public bool RollsOver { get; init; } = true;

    /// <summary>Days left at which a set is due; null for the rule of TLS-22.</summary>
    public int? ThresholdDays { get; init; }

    /// <summary>Name of the set to make current, or null (TLS-30).</summary>
    public string? Select { get; init; }
}

/// <summary>What was found and done for one domain.</summary>
internal sealed record KeepOutcome(DomainName Domain)
{
    /// <summary>What happened, in words (TLS-35).</summary>
    public ValueList<string> Story { get; init; }

    /// <summary>What is not as it should be while the domain is served; null when nothing is.</summary>
    public string? Warning { get; init; }

    /// <summary>Why the domain has no valid current certificate, or what was asked for failed; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>True when daemons are given another certificate than before.</summary>
    public bool IsPublished { get; init; }

    /// <summary>When to look again; null for the next regular run.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>True when it only waits for a CA that cannot be asked at the moment.</summary>
    public bool Waits { get; init; }

    /// <summary>True when that CA is out of reach or wants to be left alone, rather than busy with other orders of ours.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>The CA that was asked or is waited for; null when none was needed.</summary>
    public string? Endpoint { get; init; }
}

/// <summary>
/// Looks after the certificates of one domain: reads its sets, decides (TLS-23), has a new one made if need be, switches to it, and publishes what is valid (TLS-55). A valid certificate is never
/// replaced by a worse one, and every step leaves the domain complete.
/// </summary>
internal sealed class CertificateKeeper(CertificateTree tree, StateFiles states, CertificateIssuer issuer, TimeProvider clock, Func<uint?> findReaders) : IDisposable
{
    private static readonly TimeSpan _usualInterval = TimeSpan.FromHours(6);
    // So often a CA that stumbled is asked again within minutes.
    private const int QuickRetries = 3;

    private static readonly TimeSpan _extensionInterval = TimeSpan.FromHours(24);

    // Reading and deciding use one processor, however many domains wait for their CA.
    private readonly SemaphoreSlim _local = new(1, 1);

    /// <summary>Chance, for the moment of a renewal (TLS-49).</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Looks after one domain. Null when the domain is gone, or somebody else is at it.</summary>
    public async Task<KeepOutcome?> KeepAsync(DomainEntry entry, Host host, KeepOptions options, CancellationToken cancellationToken)
    {
        await _local.WaitAsync(cancellationToken);
        try
        {
            // First without the lock: nearly always there is nothing to do, and that should leave no trace on the disk.
            if (tree.Read(entry, host) is not { } sets)
                return null;
            var work = new Work(this, entry, host, options, sets, states.Read(entry.Name));
            if (work.IsIdle || work.MustWait)
                return work.Describe();
        }
        finally
        {
            _local.Release();
        }

        using var held = states.TryLock(entry.Name);
        if (held is null)
            return null;
        return tree.Read(entry, host) is { } current ? await new Work(this, entry, host, options, current, states.Read(entry.Name)).RunAsync(cancellationToken) : null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _local.Dispose();
        issuer.Dispose();
    }

    /// <summary>Reads one domain without changing anything, for reports.</summary>
    public DomainSets? Look(DomainEntry entry, Host host) => tree.Read(entry, host);

    /// <summary>Whether a set may be used for a domain, by all that is known.</summary>
    public string? FindFault(DomainSets sets, CertificateSet set) => FindFault(sets, set, states.Read(sets.Domain.Name));

    private string? FindFault(DomainSets sets, CertificateSet set, DomainState state) =>
        SetCheck.FindFault(set, sets.Names, sets.Provider.Kind == ProviderKind.SelfSigned || state.Selected == set.Fingerprint, clock.GetUtcNow());

    /// <summary>One look at one domain, and what follows from it.</summary>
    private sealed class Work
    {
        private readonly CertificateKeeper _keeper;
        private readonly DomainEntry _entry;
        private readonly Host _host;
        private readonly KeepOptions _options;
        private readonly List<string> _story = [];
        private readonly DateTimeOffset _now;
        private DomainSets _sets;
        private DomainState _state;
        private CertificateSet? _current;
        private string? _warning;
        private string? _error;
        private DateTimeOffset? _next;
        private bool _waits;
        private bool _isBlocked;
        private bool _isPublished;
        private string? _endpoint;

        public Work(CertificateKeeper keeper, DomainEntry entry, Host host, KeepOptions options, DomainSets sets, DomainState state)
        {
            _keeper = keeper;
            _entry = entry;
            _host = host;
            _options = options;
            _sets = sets;
            _state = state;
            _now = keeper.Now;
            _current = Valid(sets.Current);
        }

        /// <summary>True when there is nothing to ask, make, switch or publish.</summary>
        public bool IsIdle =>
            _options is { Force: false, Select: null }
            && (_sets.Link.Kind == CurrentKind.NotALink || ((Decide() is SetDecision.Keep || IsFutile) && !IsRenewalQueryDue && Expendable.Count == 0 && !MustPublish));

        /// <summary>True when all that is to be done needs a CA that cannot be asked now.</summary>
        public bool MustWait
        {
            get
            {
                if (_options is not { Force: false, Select: null, Generates: true } || _sets.Provider.Kind != ProviderKind.LetsEncrypt || MustPublish || Expendable.Count > 0)
                    return false;
                if (Decide() is not SetDecision.Generate { Fallback: null } || _sets.Options.FindEndpoint(out _) is not { } endpoint || _keeper.Issuer.BlockedUntil(endpoint) is not { } until)
                    return false;
                (_waits, _isBlocked, _endpoint, _next) = (true, true, endpoint.Directory.ToString(), until);
                return true;
            }
        }

        public KeepOutcome Describe()
        {
            DescribeCurrent();
            if (_sets.Link.Kind == CurrentKind.NotALink)
                _error = $"{_entry.Directory}/config/ssl/current is not a link; move it away";
            else if (_current is null)
                _error = (_waits ? _keeper.Issuer.WhyBlocked(_sets.Options) : null) ?? _state.Problem ?? WhyNoCurrent();
            else if (_waits)
                _warning = _keeper.Issuer.WhyBlocked(_sets.Options);
            else if (_state.Problem is not null)
                _warning = _state.Problem;
            return Outcome();
        }

        public async Task<KeepOutcome> RunAsync(CancellationToken cancellationToken)
        {
            DescribeCurrent();
            if (_sets.Link.Kind == CurrentKind.NotALink)
                return Describe();
            try
            {
                if (_options.Select is { } selected)
                    Select(selected);
                else
                    await DecideAndActAsync(cancellationToken);
                Publish();
            }
            catch (SetStoreException failure)
            {
                _error = $"{_entry.Directory}/{failure.Message}";
            }

            if (_error is null && _current is null)
                _error = WhyNoCurrent();
            // That a CA cannot be asked is remembered once, with the CA.
            _state = _state with { Problem = _isBlocked ? _state.Problem : _error ?? _warning };
            _keeper.States.Write(_entry.Name, _state);
            return Outcome();
        }

        private bool IsFutile => _sets.Provider.Kind == ProviderKind.None && _sets.Sets.All(set => Valid(set) is null || set == _current) && Decide() is SetDecision.Generate
            || !_options.Generates && Decide() is SetDecision.Generate { Fallback: null }
            || (!_options.Generates || !_options.RollsOver) && Decide() is SetDecision.RollOver && !_options.RollsOver
            || _sets.Provider.Kind == ProviderKind.LetsEncrypt && Decide() is SetDecision.Generate { Fallback: null } && _state.NextOrder > _now;

        private List<string> Expendable => SetDecision.Expendable(_sets.Sets, _sets.Link.SetName, _state.PreviousSet, _now).ToList();

        private bool IsRenewalQueryDue => RenewalCandidate is { } id && (_state.Renewal is not { } known || known.Id != id || known.AskAt <= _now);

        // Renewal information exists for what the CA issued itself; a legacy set was bought.
        private string? RenewalCandidate => _options.Generates && _sets.Provider.Kind == ProviderKind.LetsEncrypt && _current is { IsSelfSigned: false, Name: not CertificateSet.Legacy } ? _current.RenewalId : null;

        private bool MustPublish => _current is not null && !_keeper.IsPublished(_entry.Name, _current);

        private CertificateSet? Valid(CertificateSet? set) => set is not null && _keeper.FindFault(_sets, set, _state) is null ? set : null;

        private SetDecision Decide()
        {
            var valid = _sets.Sets.Append(_sets.Legacy).OfType<CertificateSet>().Where(set => Valid(set) is not null && set.Name != CertificateSet.Legacy);
            return SetDecision.Of(_current, valid, IsDue);
        }

        private bool IsDue(CertificateSet set)
        {
            if (_options.ThresholdDays is null && _state.Renewal is { At: { } at } renewal && renewal.Id == set.RenewalId)
                return _now >= at || (set == _current && MustExtend);
            return SetDecision.IsDue(set, _options.ThresholdDays, _now) || (set == _current && MustExtend);
        }

        // Names the current certificate lacks and that did not fail lately, at most once a day for the same names (TLS-25).
        private bool MustExtend =>
            _current is not null && _sets.Provider.Kind != ProviderKind.None && _current.Name != CertificateSet.Legacy && Missing() is { Count: > 0 } missing
            && !(_state.ExtendedFor == string.Join(' ', missing) && _state.ExtendedAt + _extensionInterval > _now);

        private ValueList<DomainName> Missing()
        {
            var names = _sets.Provider.Kind == ProviderKind.LetsEncrypt
                ? _sets.Names.Where(WantedNames.IsPublic).Take(WantedNames.MaxNames).Where(name => !(_state.Names.TryGetValue(name.Value, out var failed) && failed.Next > _now))
                : _sets.Names;
            return _current is null ? [] : SetCheck.FindUncovered(_current, names);
        }

        private async Task DecideAndActAsync(CancellationToken cancellationToken)
        {
            if (IsRenewalQueryDue)
                await AskRenewalAsync(cancellationToken);
            var decision = _options.Force && _sets.Provider.Kind != ProviderKind.None ? new SetDecision.Generate(null) : Decide();
            switch (decision)
            {
                case SetDecision.RollOver(var other):
                    _story.Add($"SSL set {other.Name} lasts longer");
                    RollOver(other);
                    break;
                case SetDecision.Generate(var fallback):
                    await GenerateAsync(cancellationToken);
                    if (_current is null && fallback is not null)
                        RollOver(fallback);
                    break;
                default:
                    if (_state.NextOrder is not null || _state.Failures > 0)
                        _state = _state with { NextOrder = null, Failures = 0 };
                    WarnOfNames();
                    break;
            }

            foreach (var name in _options.RollsOver ? Expendable : [])
                WithStore(store => store.Remove(name));
        }

        private async Task AskRenewalAsync(CancellationToken cancellationToken)
        {
            var id = RenewalCandidate!; // the caller looked
            var known = _state.Renewal?.Id == id ? _state.Renewal : null;
            var window = await _keeper.Issuer.AskRenewalAsync(_sets.Options, id, cancellationToken);
            var renewal = new RenewalState(id, known?.At, window?.AskAgainAt ?? _now + _usualInterval);
            if (window is not null && _current is { } current)
            {
                // A window so late that a failure could not be mended is no help (TLS-49).
                if (window.End > current.NotAfter - current.Lifetime / 10)
                    renewal = renewal with { At = null };
                else if (known?.At is not { } chosen || chosen < window.Start || chosen > window.End)
                    renewal = renewal with { At = window.Choose(_keeper.Random) };
            }

            _state = _state with { Renewal = renewal };
            _next = renewal.AskAt;
        }

        private async Task GenerateAsync(CancellationToken cancellationToken)
        {
            if (!_options.Generates || _sets.Provider.Kind == ProviderKind.None)
            {
                if (_current is not null)
                    _warning = $"the certificate ends on {_current.NotAfter:yyyy-MM-dd} and no new one may be made";
                return;
            }

            if (!_options.Force && _sets.Provider.Kind == ProviderKind.LetsEncrypt && _state.NextOrder is { } next && next > _now)
            {
                _warning = _state.Problem;
                _next = next;
                return;
            }

            _story.Add(_options.Force ? "a new set is asked for" : _current is null ? "there is no valid set" : MustExtend ? $"names are missing: {string.Join(", ", Missing())}" : $"{SetDecision.RemainingDays(_current, _now)} days are left");
            if (_sets.Provider.Kind == ProviderKind.SelfSigned)
            {
                using var made = new NewCertificate(_sets.Names, _sets.Options.Key);
                Take(new NewSet(made.KeyPem, made.SignBySelf(_sets.Options.LifetimeDays, _now), "", made.RequestPem));
                return;
            }

            await OrderAsync(cancellationToken);
        }

        private async Task OrderAsync(CancellationToken cancellationToken)
        {
            var isExtension = _current is not null && !_options.Force && MustExtend && !SetDecision.IsDue(_current, _options.ThresholdDays, _now) && !(_state.Renewal?.Id == _current.RenewalId && _state.Renewal?.At <= _now);
            var extendedFor = isExtension ? string.Join(' ', Missing()) : null;
            var names = new Dictionary<string, NameState>(_state.Names, StringComparer.Ordinal);
            _endpoint = _sets.Options.FindEndpoint(out _)?.Directory.ToString();
            using var directory = _keeper.Tree.Open(_entry);
            var issuance = await _keeper.Issuer.IssueAsync(
                new IssueRequest(_sets, isExtension ? _current!.Names : [], _current is { IsSelfSigned: false } ? _current.RenewalId : null, _options.Force), // an extension has a current set
                names,
                directory is null ? null : PlaceInDocumentRoot(directory),
                _host,
                cancellationToken);
            var hosted = _sets.Names.Select(name => name.Value).ToHashSet(StringComparer.Ordinal);
            _state = _state with { Names = names.Where(name => hosted.Contains(name.Key)).ToDictionary(StringComparer.Ordinal) };
            switch (issuance)
            {
                case Issuance.Issued(var set, _):
                    Take(set);
                    break;
                case Issuance.Nothing:
                    extendedFor = null; // nothing was asked, so nothing is used up
                    break;
                case Issuance.Waits(var until, var reason, var isBlocked):
                    _waits = true;
                    _isBlocked = isBlocked;
                    _next = until;
                    Explain(reason);
                    return;
                case Issuance.Failed(var reason, var until, var isPassing):
                    var failures = _state.Failures + 1;
                    _state = _state with { Failures = failures, NextOrder = until ?? _now + (isPassing && failures <= QuickRetries ? TimeSpan.FromMinutes(failures) : DomainState.DelayAfter(failures)) };
                    _next = _state.NextOrder;
                    Explain(reason);
                    break;
            }

            if (extendedFor is not null)
                _state = _state with { ExtendedFor = extendedFor, ExtendedAt = _now };
            WarnOfNames();
        }

        private void Explain(string reason)
        {
            if (_current is null)
                _error = $"there is no new certificate: {reason}";
            else
                _warning = $"there is no new certificate yet: {reason}";
        }

        private void WarnOfNames()
        {
            if (_warning is null && _error is null && _state.Names.Count > 0)
                _warning = "the certificate lacks names: " + string.Join("; ", _state.Names.OrderBy(name => name.Key, StringComparer.Ordinal).Take(5).Select(name => $"{name.Key}: {name.Value.Reason}"));
            if (_state.Names.Count > 0 && _state.Names.Values.Min(name => name.Next) is var next && (_next is null || next < _next))
                _next = next;
        }

        // The place for challenges of a web server elsewhere is a directory of the domain (TLS-44).
        private Func<string, string, Action?>? PlaceInDocumentRoot(FileDescriptor directory)
        {
            var prefix = $"{_entry.Directory}/";
            if (_sets.Options.Find("docroot")?.Text is not { } root || !root.StartsWith(prefix, StringComparison.Ordinal))
                return null;
            var below = root[prefix.Length..].TrimEnd('/');
            if (below.Split('/').Any(part => part is "" or "." or "..") || below.Any(char.IsControl))
                return null;
            var store = new SetStore(directory, _keeper.Tree.WriterOf(_entry), _keeper.Readers);
            return (token, content) => store.PutChallenge(below, token, content);
        }

        // A new set is looked at as if somebody else had made it, before it is written and before it is used (TLS-48).
        private void Take(NewSet made)
        {
            if (SetParser.Parse("new", made.Contents, _keeper.Tree.Trust, _now, out var reason) is not { } set)
            {
                Refuse($"what was made is no set: {reason}");
                return;
            }

            if (_keeper.FindFault(_sets, set, _state) is { } fault)
            {
                Refuse($"the new certificate cannot be used: {fault}");
                return;
            }

            _state = _state with { Failures = 0, NextOrder = null };
            var name = WithStore(store => store.Write(new NewSet(made.KeyPem, set.CertificatePem, set.BundlePem, made.RequestPem), SetDecision.NextName(_sets.Taken)));
            _story.Add($"made SSL set {name}");
            RollOver(set with { Name = name });
        }

        // A CA that makes what cannot be used must not be asked for more of it at every run.
        private void Refuse(string reason)
        {
            _state = _state with { Failures = _state.Failures + 1, NextOrder = _now + DomainState.DelayAfter(_state.Failures + 1) };
            Explain(reason);
        }

        private void Select(string name)
        {
            var wanted = _sets.Sets.FirstOrDefault(set => set.Name == name);
            var fault = wanted is null ? _sets.Faults.GetValueOrDefault(name, "there is no such set") : SetCheck.FindFault(wanted, _sets.Names, acceptsSelfSigned: true, _now);
            if (wanted is null || fault is not null)
            {
                _error = $"SSL set {name} cannot be selected: {fault}";
                return;
            }

            if (wanted.IsSelfSigned)
                _state = _state with { Selected = wanted.Fingerprint };
            if (_sets.Link.SetName == name && _sets.Link.Kind == CurrentKind.Set)
            {
                _story.Add($"SSL set {name} is the current one already");
                _current = wanted;
                return;
            }

            RollOver(wanted);
        }

        private void RollOver(CertificateSet set)
        {
            if (!_options.RollsOver)
                return;
            if (_sets.Link.SetName != set.Name || _sets.Link.Kind != CurrentKind.Set)
            {
                WithStore(store =>
                {
                    store.RollOver(set.Name);
                    return true;
                });
                _state = _state with { PreviousSet = _sets.Link.SetName };
                _sets = _sets with { Link = new CurrentLink(CurrentKind.Set, set.Name) };
                _story.Add($"Rolled over to SSL set {set.Name}");
            }

            _current = set;
            _error = null;
        }

        private T WithStore<T>(Func<SetStore, T> action)
        {
            using var directory = _keeper.Tree.Open(_entry) ?? throw new SetStoreException("the domain is gone");
            return action(new SetStore(directory, _keeper.Tree.WriterOf(_entry), _keeper.Readers));
        }

        private void Publish()
        {
            if (!MustPublish)
                return;
            var set = _current!; // or nothing must be published
            CertificatePublisher.Publish(TlsModule.PublishedDirectory(_entry.Name), set.FullChainPem, set.BundlePem, set.KeyPem, _keeper.Tree.Root, _keeper.Readers, _keeper.Now);
            _isPublished = true;
        }

        private void DescribeCurrent()
        {
            if (_current is { } set)
                _story.Add($"Current SSL set {set.Name}: {DescribeSet(set)}");
        }

        private string WhyNoCurrent() =>
            _sets.Current is { } current && _keeper.FindFault(_sets, current, _state) is { } fault ? $"SSL set {current.Name} cannot be used: {fault}"
            : _sets.Sets.Select(set => (set.Name, Fault: _keeper.FindFault(_sets, set, _state))).FirstOrDefault(set => set.Fault is not null) is { Fault: { } other } bad ? $"SSL set {bad.Name} cannot be used: {other}"
            : _sets.Faults.Count > 0 ? $"SSL set {_sets.Faults.First().Key} cannot be used: {_sets.Faults.First().Value}"
            : "there is no certificate";

        private KeepOutcome Outcome()
        {
            if (_sets.Provider.Unknown is { } unknown)
                _warning ??= $"config/ssl-provider names no provider: '{unknown}'; use letsencrypt, selfsigned or false";
            return MakeOutcome();
        }

        private KeepOutcome MakeOutcome() => new(_entry.Name) { Story = _story.ToValueList(), Warning = _warning, Error = _error, IsPublished = _isPublished, Next = _next ?? NextOf(), Waits = _waits, IsBlocked = _isBlocked, Endpoint = _endpoint };

        // The next moment at which something is due by what is remembered.
        private DateTimeOffset? NextOf()
        {
            var moments = _state.Names.Values.Select(name => name.Next).Concat(_state.NextOrder is { } order ? [order] : []).Concat(_state.Renewal is { } renewal ? renewal.At is { } at ? [renewal.AskAt, at] : [renewal.AskAt] : []).Where(moment => moment > _now).ToList();
            return moments.Count == 0 ? null : moments.Min();
        }
    }

    /// <summary>How a set is shown (TLS-35).</summary>
    public static string DescribeSet(CertificateSet set) =>
        $"{(set.IsSelfSigned ? "self-signed for" : "signed by")} {set.Issuer}, expires {set.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC";

    private DateTimeOffset Now => clock.GetUtcNow();

    private CertificateTree Tree => tree;

    private StateFiles States => states;

    private CertificateIssuer Issuer => issuer;

    private uint? Readers => findReaders();

    private bool IsPublished(DomainName name, CertificateSet set)
    {
        var directory = tree.Root.PathOf(TlsModule.PublishedDirectory(name));
        try
        {
            return File.ReadAllText($"{directory}/fullchain.pem") == set.FullChainPem && File.ReadAllText($"{directory}/key.pem") == set.KeyPem && File.Exists($"{directory}/chain.pem");
        }
        catch (IOException)
        {
            return false;
        }
    }
}
