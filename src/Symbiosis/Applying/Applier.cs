using System.ComponentModel;
using System.Security.Cryptography;
using Symbiosis.Diagnostics;
using Symbiosis.Machine;
using Symbiosis.Model;
using Symbiosis.Planning;
using Symbiosis.Services;

namespace Symbiosis.Applying;

/// <summary>The host as applying uses it.</summary>
/// <param name="Root">Where its file system begins.</param>
/// <param name="Files">Its files.</param>
/// <param name="Commands">Runs checkers and reloads.</param>
/// <param name="Prober">Asks daemons whether they work.</param>
/// <param name="Clock">Its clock.</param>
internal sealed record ApplyHost(HostRoot Root, IHostFiles Files, ICommandRunner Commands, IProber Prober, TimeProvider Clock);

/// <summary>
/// Makes a plan real, as one transaction: journal, stage, check, swap, reload, probe, commit. What a daemon refuses does not go live; what does not work is put back. A kill at any
/// moment leaves a journal by which the next start restores a whole state.
/// </summary>
internal sealed class Applier(ApplyHost machine, WrittenStore store)
{
    private const string Systemctl = "/usr/bin/systemctl";

    private readonly ApplyHost _host = machine;
    private readonly IHostFiles _files = machine.Files;
    private readonly Journal _journal = new(machine.Files);

    /// <summary>
    /// Undoes or finishes what a killed apply left. Comes before planning, because it changes disk and record. Costs one look when there is nothing to do.
    /// </summary>
    public async Task<ValueList<Diagnostic>> RecoverAsync(ApplyLock held, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(held);
        if (_journal.Read() is not { } unfinished)
            return [];
        if (unfinished.IsCommitted)
        {
            Finish(unfinished.Operations, [], []);
        }
        else
        {
            foreach (var operation in Enumerable.Reverse(unfinished.Operations))
                operation.Undo(_files);
            RemoveDirectories(unfinished.MadeDirectories);
            // Daemons that already read the new files read the old ones again. One that cannot is reported by the next check of the host, not here.
            foreach (var reload in unfinished.Reloads.Values)
                await _host.Commands.RunAsync(reload, cancellationToken);
        }

        _journal.End();
        StageView.Remove(_files, StateDirectory.Stage);
        var done = unfinished.IsCommitted ? "finished" : "undone";
        return [ApplyingDiagnostics.Recovered.At(StateDirectory.Journal.Value, $"an interrupted apply of {unfinished.Operations.Count} changes was {done}")];
    }

    /// <summary>Applies a plan that was made while <paramref name="held"/> was held.</summary>
    public async Task<ApplyOutcome> ApplyAsync(ApplyLock held, ChangePlan plan, ApplyOptions options, IProgress<ApplyStep>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(held);
        if (plan.Refusal is not null)
            return new ApplyOutcome(ApplyEnd.Refused);
        var run = new Run(this, plan, options, progress, cancellationToken);
        try
        {
            return await run.ExecuteAsync();
        }
        catch (Exception refused) when (refused is HostFileException or Win32Exception or IOException or UnauthorizedAccessException)
        {
            return await run.GiveUpAsync(refused);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await run.GiveUpAsync(refused: null);
        }
    }

    // Old files go, base texts and record are written. Safe to repeat.
    private List<Diagnostic> Finish(IReadOnlyList<Operation> operations, IEnumerable<WrittenEntry> adoptions, IEnumerable<string> forgotten)
    {
        var diagnostics = new List<Diagnostic>();
        var entries = new List<WrittenEntry>(adoptions);
        var gone = forgotten.Select(path => (path, 0L)).ToList();
        foreach (var operation in operations)
        {
            if (!operation.IsLive)
            {
                operation.Undo(_files); // only its second name is left
                continue;
            }

            if (operation.Kind == OperationKind.RemoveFile)
            {
                RemoveState(StateDirectory.Base, operation.Path);
                RemoveState(StateDirectory.Rejected, operation.Path);
                gone.Add((operation.Path.Value, _files.Stat(operation.Spare.Value)?.Stamp.ModifiedNs ?? 0));
            }
            else if (operation.Kind == OperationKind.RemoveLink && operation.Entry is null)
            {
                gone.Add((operation.Path.Value, 0L));
            }

            if (operation.Entry is WrittenFile file && operation.Kind == OperationKind.WriteFile)
                entries.Add(FinishFile(operation, file));
            else if (operation.Entry is { } entry)
                entries.Add(entry);
            if (operation.Finish(_files) is { } kept)
                diagnostics.Add(ApplyingDiagnostics.CopyKept.At(operation.Path.Value, $"what was there before is kept as {kept}"));
        }

        store.Note(entries, gone);
        return diagnostics;
    }

    private WrittenFile FinishFile(Operation operation, WrittenFile entry)
    {
        RemoveState(StateDirectory.Rejected, operation.Path);
        // After a kill only the file itself still tells; if it was merged, or edited since, the next merge does without a base.
        ReadOnlyMemory<byte> generated = operation.Change is PlannedChange.WriteFile write ? write.BaseContent ?? write.Content : _files.Read(operation.Path) ?? [];
        if (entry.Base is { } digest && digest == ContentDigest.Of(generated.Span))
            WriteState(StateDirectory.Mirror(StateDirectory.Base, operation.Path), generated.Span);
        else
            RemoveState(StateDirectory.Base, operation.Path);
        // An edit in this very moment must be seen by the next plan: without a stamp it reads the file.
        var stamp = _files.Stat(operation.Path.Value)?.Stamp ?? default;
        return entry with { Stamp = stamp with { ChangedNs = 0 } == operation.NewStamp with { ChangedNs = 0 } ? stamp : default };
    }

    private void WriteState(HostPath path, ReadOnlySpan<byte> content)
    {
        _files.MakeDirectories(path.Parent);
        var fresh = HostPath.Parse(path.Value + "~");
        _files.Remove(fresh);
        _files.WriteNew(fresh, content, new IHostFiles.FileAttributes(UnixFileMode.UserRead | UnixFileMode.UserWrite, 0, 0, (_host.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100));
        _files.Replace(fresh, path);
    }

    private void RemoveState(HostPath directory, HostPath path)
    {
        var kept = StateDirectory.Mirror(directory, path);
        if (_files.Stat(kept.Value) is null)
            return;
        _files.Remove(kept);
        for (var parent = kept.Parent; parent != directory && _files.List(parent).Count == 0; parent = parent.Parent)
            _files.RemoveEmptyDirectory(parent);
    }

    private void RemoveDirectories(IEnumerable<HostPath> made)
    {
        foreach (var directory in made.Reverse())
            _files.RemoveEmptyDirectory(directory);
    }

    private static Command ReloadOf(Daemon daemon) => daemon.Reload ?? new Command(Systemctl, ["reload", daemon.Unit]);

    /// <summary>One apply under way.</summary>
    private sealed class Run
    {
        private readonly Applier _applier;
        private readonly ApplyHost _host;
        private readonly IHostFiles _files;
        private readonly ChangePlan _plan;
        private readonly ApplyOptions _options;
        private readonly IProgress<ApplyStep>? _progress;
        private readonly CancellationToken _cancellationToken;
        private readonly List<Operation> _operations;
        private readonly List<HostPath> _madeDirectories = [];
        private readonly List<Diagnostic> _diagnostics = [];
        private readonly List<QuarantinedUnit> _quarantined = [];
        private readonly List<string> _rolledBack = [];
        private readonly List<Daemon> _reloaded = [];
        private readonly Dictionary<HostPath, string> _made = [];
        private int _treeChanges;
        private bool _hasJournal;
        private bool _isCommitted;

        public Run(Applier applier, ChangePlan plan, ApplyOptions options, IProgress<ApplyStep>? progress, CancellationToken cancellationToken)
        {
            (_applier, _host, _files, _plan, _options, _progress, _cancellationToken) = (applier, applier._host, applier._files, plan, options, progress, cancellationToken);
            var transaction = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
            _operations = [.. plan.Changes.AsSpan().ToArray().Select((change, number) => Operation.From(change, number, transaction))];
        }

        private IEnumerable<Operation> Live => _operations.Where(operation => operation.IsLive);

        public async Task<ApplyOutcome> ExecuteAsync()
        {
            Provision();
            if (_operations.Count > 0)
            {
                Stage();
                await CheckAsync();
                Swap();
            }

            await TakeIntoUseAsync();
            Commit();
            ChangeTree();
            return Outcome();
        }

        /// <summary>Puts everything back as it was.</summary>
        /// <param name="refused">What the host said; null when the apply was cancelled.</param>
        public async Task<ApplyOutcome> GiveUpAsync(Exception? refused)
        {
            if (refused is not null)
            {
                var path = (refused as HostFileException)?.Path.Value ?? StateDirectory.Root.Value;
                var hint = refused is HostFileException { IsDiskFull: true } ? "make room on that file system, then apply again" : null;
                _diagnostics.Add(ApplyingDiagnostics.HostRefused.At(path, refused.Message + (_isCommitted ? "; all is live, the record is completed by the next apply" : "; nothing is changed"), hint));
            }

            if (_isCommitted)
                return Outcome();
            if (_hasJournal)
            {
                // Not cancellable: this is what a cancelled apply ends with. If it fails as well, the journal is still there for the next start.
                try
                {
                    Undo(_operations);
                    _applier.RemoveDirectories(_madeDirectories);
                    _applier._journal.End();
                }
                catch (HostFileException again)
                {
                    _diagnostics.Add(ApplyingDiagnostics.HostRefused.At(again.Path.Value, again.Message + "; the next apply restores the old state first"));
                }

                foreach (var daemon in _reloaded)
                    await _host.Commands.RunAsync(ReloadOf(daemon), CancellationToken.None);
            }

            return new ApplyOutcome(refused is null ? ApplyEnd.Cancelled : ApplyEnd.Failed) { Diagnostics = _diagnostics.ToValueList() };
        }

        private void Provision()
        {
            foreach (var wanted in _plan.Provisions)
            {
                Report(ApplyPhase.Provision, wanted.Because);
                switch (wanted)
                {
                    case Provision.SelfSignedCertificate certificate:
                        CertificatePublisher.Publish(certificate, _host.Root, _files.FindGroup("ssl-cert"), _host.Clock.GetUtcNow());
                        if (PublishedCertificateReader.Read(_host.Root, certificate.Names[0]) is { } made)
                            _made[certificate.Directory] = made.Fingerprint;
                        break;
                    default:
                        throw new System.Diagnostics.UnreachableException();
                }
            }
        }

        private void Stage()
        {
            Report(ApplyPhase.Stage, "");
            _files.MakeDirectories(StateDirectory.Root);
            _hasJournal = true;
            _applier._journal.Begin(_operations);
            foreach (var directory in _operations.Where(operation => operation.Kind is OperationKind.WriteFile or OperationKind.MakeLink).Select(operation => operation.Path.Parent).Distinct())
                _madeDirectories.AddRange(_files.MakeDirectories(directory));
            if (_madeDirectories.Count > 0)
                _applier._journal.Made(_madeDirectories);
            foreach (var operation in _operations)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                operation.Stage(_files, _host.Clock.GetUtcNow());
            }

            _files.Sync([.. _operations.Where(operation => operation.Kind == OperationKind.WriteFile).Select(operation => operation.Spare)]);
        }

        private async Task CheckAsync()
        {
            var check = new ConfigurationCheck(_files, _host.Commands);
            var waiting = new Queue<Daemon>(_plan.Daemons.Where(daemon => OperationsOf(daemon).Count > 0));
            while (waiting.TryDequeue(out var daemon))
            {
                Report(ApplyPhase.Check, daemon.Name);
                var verdict = await check.JudgeAsync(daemon, OperationsOf(daemon), _cancellationToken);
                foreach (var (unit, evidence) in verdict.Refused)
                {
                    var held = OperationsOf(daemon).Where(operation => operation.Unit == unit).ToList();
                    var rejected = HoldBack(daemon, unit, held);
                    // When one thing holds back a whole daemon, saying it once is enough.
                    if (verdict.Culprit is null || verdict.Culprit == unit)
                        _diagnostics.Add(Explain(daemon, unit, held[0], rejected, verdict.Kind, evidence));
                    // A file that another daemon reads as well is gone from its view too.
                    foreach (var other in _plan.Daemons.Where(other => other != daemon && !waiting.Contains(other) && held.Exists(operation => operation.Daemons.Contains(other.Name)) && OperationsOf(other).Count > 0))
                        waiting.Enqueue(other);
                }
            }

            StageView.Remove(_files, StateDirectory.Stage);
        }

        // CORE-40: the old file stays, the rejected text is kept, the others go on.
        private List<HostPath> HoldBack(Daemon daemon, string unit, List<Operation> held)
        {
            var rejected = new List<HostPath>();
            foreach (var operation in held)
            {
                operation.IsLive = false;
                if (operation.Change is not PlannedChange.WriteFile write)
                    continue;
                rejected.Add(StateDirectory.Mirror(StateDirectory.Rejected, operation.Path));
                _applier.WriteState(rejected[^1], write.Content.Span);
            }

            _quarantined.Add(new QuarantinedUnit(unit, daemon.Name, rejected.ToValueList()));
            return rejected;
        }

        private Diagnostic Explain(Daemon daemon, string unit, Operation first, List<HostPath> rejected, DiagnosticKind kind, CommandResult evidence)
        {
            // The staged copies are gone by the time somebody reads this.
            var said = ConfigurationCheck.Describe(evidence).Replace(_files.PathOf(StateDirectory.Stage.Join(daemon.Name)), "", StringComparison.Ordinal);
            if (kind != ApplyingDiagnostics.CheckerRefused)
                return kind.At((daemon.ConfigurationRoot ?? first.Path).Value, $"nothing new goes live for {daemon.Name}: {said}");
            var found = kind.At(
                first.Path.Value,
                $"{daemon.Name} refuses it, so the last good state stays: {said}",
                $"asked for by {first.Change!.Because}" + (rejected.Count > 0 ? $"; the refused text is {rejected[0]}" : "")); // made from a change just now
            return DomainName.TryParse(unit, out var domain) ? found with { Domain = domain } : found;
        }

        private void Swap()
        {
            _cancellationToken.ThrowIfCancellationRequested();
            Report(ApplyPhase.Swap, "");
            _applier._journal.Swapping(_operations);
            foreach (var operation in Live)
            {
                if (operation.Swap(_files))
                    continue;
                _applier._journal.Undoing([operation]);
                operation.IsLive = false;
                _diagnostics.Add(ApplyingDiagnostics.ChangedMeanwhile.At(operation.Path.Value, "was changed by somebody else in this moment; it is left alone", "apply again"));
            }

            _files.Sync([.. Live.Select(operation => operation.Path.Parent).Distinct()]);
        }

        private async Task TakeIntoUseAsync()
        {
            foreach (var daemon in _plan.Daemons.AsEnumerable())
            {
                _cancellationToken.ThrowIfCancellationRequested();
                if (!_options.Reloads || (_plan.Provisions.Count == 0 && OperationsOf(daemon).Count == 0 && !_plan.Loads.Any(load => load.Entry.Daemons.Contains(daemon.Name))))
                    continue;
                if (!await IsRunningAsync(daemon))
                {
                    _diagnostics.Add(ApplyingDiagnostics.NotRunning.At(daemon.Unit, "is not running; its new configuration counts from its next start", $"systemctl start {daemon.Unit}"));
                    continue;
                }

                if (await TryReloadAsync(daemon, isNew: true) is { } failure)
                    await RollBackAsync(daemon, failure);
            }
        }

        private async Task<bool> IsRunningAsync(Daemon daemon)
        {
            var state = await _host.Commands.RunAsync(new Command(Systemctl, ["show", "--property=ActiveState", "--value", daemon.Unit]), _cancellationToken);
            return state.Succeeded && state.Output.Trim() is "active" or "reloading" or "activating";
        }

        // Null when the daemon reloaded and answers.
        private async Task<Diagnostic?> TryReloadAsync(Daemon daemon, bool isNew)
        {
            Report(ApplyPhase.Reload, daemon.Name);
            var reload = ReloadOf(daemon);
            _applier._journal.Reloading(daemon.Name, reload);
            var result = await _host.Commands.RunAsync(reload, isNew ? _cancellationToken : CancellationToken.None);
            if (isNew)
                _reloaded.Add(daemon);
            if (!result.Succeeded)
                return ApplyingDiagnostics.ReloadFailed.At(daemon.Unit, $"cannot be reloaded: {ConfigurationCheck.Describe(result)}", $"journalctl -u {daemon.Unit}");
            foreach (var probe in daemon.Probes.AsEnumerable())
            {
                Report(ApplyPhase.Probe, probe.Name);
                var seen = await _host.Prober.ProbeAsync(probe, _options.ProbeDeadline, isNew ? _cancellationToken : CancellationToken.None);
                if (seen.End == ProbeEnd.Answered)
                    continue;
                var what = seen.End switch
                {
                    ProbeEnd.NotListening => "nothing listens there",
                    ProbeEnd.Silent => $"no answer within {_options.ProbeDeadline.TotalSeconds:0} s",
                    _ => $"it says '{seen.FirstLine}', expected was '{probe.Expect}'",
                };
                return ApplyingDiagnostics.ProbeFailed.At(daemon.Unit, $"after the reload, {probe.Name} fails on 127.0.0.1:{probe.Port}: {what}", $"journalctl -u {daemon.Unit}");
            }

            return null;
        }

        private async Task RollBackAsync(Daemon daemon, Diagnostic failure)
        {
            Report(ApplyPhase.RollBack, daemon.Name);
            _diagnostics.Add(failure with { Message = failure.Message + "; its files are put back" });
            _rolledBack.Add(daemon.Name);
            var undone = OperationsOf(daemon);
            _applier._journal.Undoing(undone);
            Undo(undone);
            // Files that another daemon reads too are old again for that one as well.
            foreach (var reader in _reloaded.Where(reader => reader == daemon || undone.Any(operation => operation.Daemons.Contains(reader.Name))).ToList())
            {
                if (await TryReloadAsync(reader, isNew: false) is { } still)
                    _diagnostics.Add(ApplyingDiagnostics.StillBroken.At(reader.Unit, $"does not work with its old files either: {still.Message}", still.Hint));
            }
        }

        private void Commit()
        {
            Report(ApplyPhase.Commit, "");
            if (_hasJournal)
                _applier._journal.Committing();
            _isCommitted = true;
            _diagnostics.AddRange(_applier.Finish(_operations, [.. _plan.Adoptions, .. Loaded()], _plan.Forgotten));
            foreach (var path in _plan.NoLongerRejected)
                _applier.RemoveState(StateDirectory.Rejected, path);
            if (_hasJournal)
                _applier._journal.End();
        }

        // What daemons read now. One that does not run reads it when it starts; one that could not be reloaded is told again by the next plan.
        private IEnumerable<WrittenEntry> Loaded()
        {
            if (!_options.Reloads)
                yield break;
            foreach (var load in _plan.Loads.Where(load => !load.Entry.Daemons.Any(_rolledBack.Contains)))
            {
                if (load.Entry.Version.Length > 0)
                    yield return load.Entry;
                else if (_made.TryGetValue(HostPath.Parse(load.Entry.Path).Parent, out var version))
                    yield return load.Entry with { Version = version };
            }
        }

        private void Undo(IReadOnlyList<Operation> operations)
        {
            foreach (var operation in operations.Reverse())
            {
                operation.Undo(_files);
                operation.IsLive = false;
            }
        }

        // Last, because nothing of it can be taken back, and nothing that is live depends on it: tables hold the hash of a password that is still plain in the tree.
        private void ChangeTree()
        {
            var users = _plan.TreeChanges.Count > 0 ? UserDatabase.Read(_host.Root) : null;
            foreach (var change in _plan.TreeChanges)
            {
                var path = $"/srv/{change.Domain}/{change.RelativePath}".TrimEnd('/');
                Report(ApplyPhase.Tree, path);
                if (TreeEditor.Make(change, _host.Root, users!) is { } refused) // read, since there is a change
                    _diagnostics.Add(ApplyingDiagnostics.TreeChangeFailed.At(path, $"could not be changed: {refused}", change.Because, domain: change.Domain));
                else
                    _treeChanges++;
            }
        }

        private ApplyOutcome Outcome()
        {
            var isWhole = !_diagnostics.Exists(found => found.Severity == Severity.Error) && !_operations.Exists(operation => !operation.IsLive);
            return new ApplyOutcome(!isWhole ? ApplyEnd.AppliedInPart : _plan.IsEmpty ? ApplyEnd.NothingToDo : ApplyEnd.Applied)
            {
                Written = Live.Where(operation => operation.Kind is OperationKind.WriteFile or OperationKind.MakeLink).Select(operation => operation.Path).ToValueList(),
                Removed = Live.Where(operation => operation.Kind is OperationKind.RemoveFile or OperationKind.RemoveLink).Select(operation => operation.Path).ToValueList(),
                Quarantined = _quarantined.ToValueList(),
                RolledBack = _rolledBack.ToValueList(),
                Reloaded = _reloaded.Select(daemon => daemon.Name).Where(name => !_rolledBack.Contains(name)).ToValueList(),
                TreeChanges = _treeChanges,
                Diagnostics = _diagnostics.ToValueList(),
            };
        }

        private List<Operation> OperationsOf(Daemon daemon) => [.. Live.Where(operation => operation.Daemons.Contains(daemon.Name))];

        private void Report(ApplyPhase phase, string subject) => _progress?.Report(new ApplyStep(phase, subject));
    }
}
