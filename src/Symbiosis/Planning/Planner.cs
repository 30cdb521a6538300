using System.Text;
using Symbiosis.Diagnostics;
using Symbiosis.Model;
using Symbiosis.Rendering;
using Symbiosis.Services;

namespace Symbiosis.Planning;

/// <summary>
/// Compares what the tree asks for, what is on disk and what we wrote last, and says what to change. Pure: the same three values give the same plan. The cost is a digest and a
/// look-up for each file of the units that are compared.
/// </summary>
public static class Planner
{
    /// <summary>A complete plan that takes away more than this part of the domains is refused.</summary>
    private const double StartlingShare = 0.5;

    /// <summary>From this many known domains on, losing most of them is startling; with fewer, only losing all is.</summary>
    private const int StartlingFromDomains = 10;

    /// <summary>Makes the plan.</summary>
    public static ChangePlan Plan(DesiredState desired, DiskState disk, WrittenRecord written, PlanOptions options)
    {
        var draft = new Draft(disk, written, options);
        draft.Diagnostics.AddRange(desired.Diagnostics);
        foreach (var unit in desired.Units)
        {
            foreach (var file in unit.Files)
                draft.PlanFile(unit.Name, file);
            foreach (var link in unit.Links)
                draft.PlanLink(unit.Name, link);
            foreach (var held in unit.Held)
                draft.Claimed.TryAdd(held.Value, unit.Name); // so that it is no orphan
            draft.TreeChanges.AddRange(unit.TreeChanges);
            draft.Provisions.AddRange(unit.Provisions);
            foreach (var load in unit.Loads.GroupBy(load => load.Path))
                draft.PlanLoad(unit.Name, [.. load]);
        }

        foreach (var orphan in FindOrphans(desired, written, draft.Claimed.ContainsKey))
            draft.PlanOrphan(orphan);

        var refusal = FindStartling(desired, written, options);
        if (refusal is not null)
            draft.Diagnostics.Add(refusal);
        return draft.Finish(desired.Daemons, desired.IsComplete) with { Refusal = refusal };
    }

    /// <summary>What we wrote for the compared units and nothing asks for any more, in order of path.</summary>
    internal static IEnumerable<WrittenEntry> FindOrphans(DesiredState desired, WrittenRecord written, Func<string, bool> isClaimed)
    {
        IEnumerable<WrittenEntry> ours = desired.IsComplete ? written.Entries : desired.Units.SelectMany(unit => written.EntriesOf(unit.Name));
        return ours.Where(entry => entry is not WrittenFile { IsOrphan: true } && !isClaimed(entry.Path)).OrderBy(entry => entry.Path, StringComparer.Ordinal);
    }

    // An empty /srv is far more likely a mount that failed than a wish (CORE-5).
    private static Diagnostic? FindStartling(DesiredState desired, WrittenRecord written, PlanOptions options)
    {
        if (options.Force)
            return null;
        var known = written.Units.Where(unit => unit != DesiredUnit.HostUnit).ToHashSet(StringComparer.Ordinal);
        var wanted = desired.Units.Where(unit => unit.Files.Count + unit.Links.Count + unit.Held.Count > 0).Select(unit => unit.Name).ToHashSet(StringComparer.Ordinal);
        var gone = desired.IsComplete
            ? known.Count(unit => !wanted.Contains(unit))
            : desired.Units.Count(unit => known.Contains(unit.Name) && !wanted.Contains(unit.Name));
        var isStartling = gone > 0 && ((gone == known.Count && !wanted.Any(unit => unit != DesiredUnit.HostUnit)) || (known.Count >= StartlingFromDomains && gone > known.Count * StartlingShare));
        return isStartling
            ? PlanningDiagnostics.Startling.At("/srv", $"{gone} of {known.Count} domains are gone; nothing is changed", "if that is meant, apply again with --force")
            : null;
    }

    private sealed class Draft(DiskState disk, WrittenRecord written, PlanOptions options)
    {
        private readonly List<PlannedChange> _files = [];
        private readonly List<PlannedChange> _links = [];
        private readonly List<PlannedChange> _removals = [];
        private readonly List<LeftAlone> _leftAlone = [];
        private readonly List<PlannedLoad> _loads = [];
        private readonly List<WrittenEntry> _adoptions = [];
        private readonly List<string> _forgotten = [];

        public Dictionary<string, string> Claimed { get; } = new(StringComparer.Ordinal);

        public List<Diagnostic> Diagnostics { get; } = [];

        public List<TreeChange> TreeChanges { get; } = [];

        public List<Provision> Provisions { get; } = [];

        public ChangePlan Finish(ValueList<Daemon> daemons, bool isComplete)
        {
            var changes = _files.Concat(_links).Concat(_removals).ToValueList();
            var touched = changes.SelectMany(change => change.Daemons).Concat(_loads.SelectMany(load => load.Entry.Daemons)).ToHashSet(StringComparer.Ordinal);
            return new ChangePlan
            {
                Changes = changes,
                TreeChanges = TreeChanges.ToValueList(),
                Provisions = Provisions.ToValueList(),
                Loads = _loads.ToValueList(),
                LeftAlone = _leftAlone.ToValueList(),
                Adoptions = _adoptions.ToValueList(),
                Forgotten = _forgotten.ToValueList(),
                NoLongerRejected = disk.Rejected.Where(path => _files.TrueForAll(change => change.Path != path) && (isComplete || Claimed.ContainsKey(path.Value))).ToValueList(),
                // A new key or certificate is read by daemons nobody here knows by name.
                Daemons = daemons.Where(daemon => Provisions.Count > 0 || touched.Contains(daemon.Name)).ToValueList(),
                Diagnostics = Diagnostics.ToValueList(),
            };
        }

        public void PlanFile(string unit, RenderedFile file)
        {
            var path = file.Path.Value;
            if (!Claim(path, unit) || (file.EnabledLink is { } enabledLink && !Claim(enabledLink.Value, unit)))
                return;
            var found = disk[path];
            if (found is FoundFile.Link or FoundFile.Obstacle)
            {
                var what = found is FoundFile.Obstacle obstacle ? obstacle.What : "a symbolic link";
                Report(unit, PlanningDiagnostics.NotARegularFile.At(path, $"is {what}, but a generated file belongs here", "move it away; it is never written through or replaced"));
                return;
            }

            if (!disk.Users.TryGetValue(file.Owner, out var uid) || !disk.Groups.TryGetValue(file.Group, out var gid))
            {
                var missing = disk.Users.ContainsKey(file.Owner) ? $"group '{file.Group}'" : $"user '{file.Owner}'";
                Report(unit, PlanningDiagnostics.NoSuchOwner.At(path, $"cannot be written, because {missing} does not exist", "the package that brings it may not be installed completely"));
                return;
            }

            var entry = written.FindFile(path);
            var content = ContentOf(file);
            var digest = ContentDigest.Of(content);
            var texts = new FileTexts(digest, Look(found, entry, file), entry?.Digest, entry?.Base);
            var verdict = file.Role == FileRole.Table ? HandEditRule.DecideTable(texts) : HandEditRule.Decide(texts, options.Force);
            if (verdict == FileVerdict.UpToDate && found.RegularStat is { } stat && (stat.Mode != file.Mode || stat.Uid != uid || stat.Gid != gid))
                verdict = FileVerdict.WrongPermissions;
            if (verdict is FileVerdict.Edited or FileVerdict.EditedAndOutOfDate or FileVerdict.Foreign)
            {
                LeaveAlone(unit, file, verdict, found, entry);
                return;
            }

            var after = EntryFor(unit, file) with { Digest = digest, Base = file.Role == FileRole.Configuration ? digest : null };
            after = after with { Link = PlanEnabledLink(unit, file, verdict, entry, after) };
            if (verdict == FileVerdict.UpToDate)
            {
                Adopt(entry, after with { Stamp = found.RegularStat!.Value.Stamp }); // up to date: there is a file
                return;
            }

            if (verdict == FileVerdict.TableChanged)
                Report(unit, PlanningDiagnostics.TableChanged.At(path, "was changed by hand; it is a table made from the tree and is put back", $"change the tree instead: {file.Because}"));
            _files.Add(new PlannedChange.WriteFile
            {
                Path = file.Path,
                Unit = unit,
                Because = file.Because,
                Daemons = file.Daemons,
                Found = found,
                Entry = after,
                File = file,
                Content = content,
                Verdict = verdict,
                Uid = uid,
                Gid = gid,
                KeepsCopy = verdict switch
                {
                    FileVerdict.TableChanged or FileVerdict.CarriesSentence => true,
                    FileVerdict.Forced => found is FoundFile.Text(_, var text) && ChecksumFooter.Inspect(text.Span, file.CommentMark) != FooterState.Correct,
                    _ => false,
                },
                LaterThanSeconds = file.AdvancesMtimeBySeconds ? LatestSeconds(path, found, entry) : 0,
            });
        }

        public void PlanLink(string unit, RenderedLink link)
        {
            var path = link.Path.Value;
            if (!Claim(path, unit))
                return;
            var found = disk[path];
            var entry = written.FindLink(path);
            ValueList<string> daemons = link.Daemon is null ? [] : [link.Daemon];
            var after = new WrittenLink { Path = path, Unit = unit, Service = link.Service, Daemons = daemons, Target = link.Target, WasThere = entry?.WasThere ?? found is FoundFile.Link };
            if (found is FoundFile.Link(var target) && LinkTarget.AreSame(link.Path, target, link.Target))
            {
                Adopt(entry, after);
                return;
            }

            var leadsWhereWeLeftIt = found is FoundFile.Link(var old) && entry is { WasThere: false } && LinkTarget.AreSame(link.Path, old, entry.Target);
            if (found is not FoundFile.Missing && !leadsWhereWeLeftIt)
            {
                Report(unit, PlanningDiagnostics.LinkPlaceTaken.At(path, $"is not the link to {link.Target} that belongs here; it is left alone", "remove it, then apply again"));
                return;
            }

            _links.Add(new PlannedChange.MakeLink
            {
                Path = link.Path, Unit = unit, Because = link.Because, Daemons = daemons, Target = link.Target, Found = found, Entry = after with { WasThere = false },
            });
        }

        // Who loads one file from several services takes it into use together.
        public void PlanLoad(string unit, LoadedFile[] loads)
        {
            var first = loads[0];
            if (!Claimed.TryAdd(first.Path.Value, unit))
                return; // the host's certificate is that of the domain with its name as well
            var entry = written.FindLoad(first.Path.Value);
            var isMade = Provisions.Exists(provision => provision is Provision.SelfSignedCertificate made && made.Directory == first.Path.Parent);
            var after = new WrittenLoad
            {
                Path = first.Path.Value,
                Unit = unit,
                Service = first.Service,
                Daemons = loads.Select(load => load.Daemon).Order(StringComparer.Ordinal).ToValueList(),
                Version = isMade ? "" : first.Version ?? "",
            };
            if (isMade || (first.Version is not null && (entry?.Version != after.Version || entry.Daemons != after.Daemons)))
                _loads.Add(new PlannedLoad(first.Because, after) { Shown = loads.SelectMany(load => load.Shown).Distinct().ToValueList() });
        }

        public void PlanOrphan(WrittenEntry entry)
        {
            if (entry is WrittenLoad)
            {
                _forgotten.Add(entry.Path);
                return;
            }

            var path = HostPath.Parse(entry.Path);
            var found = disk[entry.Path];
            switch (entry)
            {
                case WrittenLink { WasThere: false } link when found is FoundFile.Link(var target) && LinkTarget.AreSame(path, target, link.Target):
                    _removals.Add(new PlannedChange.RemoveLink { Path = path, Unit = entry.Unit, Because = NothingAsks, Daemons = entry.Daemons, Found = found });
                    break;
                case WrittenFile { Role: FileRole.Configuration, EnabledLink: { } link } file:
                    PlanOrphanPair(file, path, HostPath.Parse(link), found);
                    break;
                case WrittenFile file when found.RegularStat is not null && IsManaged(found, file):
                    var isEdited = !IsAsWritten(found, file);
                    if (isEdited && file.Role == FileRole.Configuration)
                        Report(file.Unit, PlanningDiagnostics.EditedOrphan.At(file.Path, "was edited by hand, but nothing asks for it any more; it is moved into the state directory"));
                    _removals.Add(new PlannedChange.RemoveFile { Path = path, Unit = entry.Unit, Because = NothingAsks, Daemons = entry.Daemons, Found = found, KeepsCopy = isEdited });
                    break;
                default: // gone already, or somebody else's by now
                    _forgotten.Add(entry.Path);
                    break;
            }
        }

        // CORE-38: the link of a managed file goes, the available file stays. Foreign files and links to them are never touched.
        private void PlanOrphanPair(WrittenFile file, HostPath path, HostPath link, FoundFile found)
        {
            var linkFound = disk[link.Value];
            var orphan = file with { IsOrphan = true };
            if (found is FoundFile.Missing)
                _forgotten.Add(file.Path);
            if (linkFound is FoundFile.Link(var target) && LinkTarget.LeadsTo(link, target, path) && (found is FoundFile.Missing || IsManaged(found, file)))
            {
                _removals.Add(new PlannedChange.RemoveLink
                {
                    Path = link,
                    Unit = file.Unit,
                    Because = NothingAsks,
                    Daemons = file.Daemons,
                    Found = linkFound,
                    Entry = found is FoundFile.Missing ? null : orphan with { Link = LinkMemory.TakenDown },
                });
            }
            else if (found is not FoundFile.Missing)
            {
                _adoptions.Add(orphan);
            }
        }

        // CORE-37. Returns what the record shall remember of the link.
        private LinkMemory PlanEnabledLink(string unit, RenderedFile file, FileVerdict verdict, WrittenFile? entry, WrittenFile after)
        {
            if (file.EnabledLink is not { } link)
                return LinkMemory.None;
            var wasOurs = entry?.EnabledLink == link.Value;
            var found = disk[link.Value];
            if (found is FoundFile.Link(var target) && LinkTarget.LeadsTo(link, target, file.Path))
                return LinkMemory.Made;
            if (found is not FoundFile.Missing)
            {
                Report(unit, PlanningDiagnostics.LinkPlaceTaken.At(link.Value, $"is not a link to {file.Path}; it is left alone", "remove it, then name the domain: symbiosis apply " + unit));
                return wasOurs ? entry!.Link : LinkMemory.None;
            }

            var neverMade = entry is not null && (!wasOurs || entry.Link is LinkMemory.None or LinkMemory.TakenDown);
            if (verdict is FileVerdict.Create or FileVerdict.Forced || neverMade || options.Restores(unit))
            {
                _links.Add(new PlannedChange.MakeLink
                {
                    Path = link,
                    Unit = unit,
                    Because = file.Because,
                    Daemons = file.Daemons,
                    Target = LinkTarget.Relative(link, file.Path),
                    Entry = verdict is FileVerdict.UpToDate or FileVerdict.Edited or FileVerdict.EditedAndOutOfDate
                        ? after with { Link = LinkMemory.Made, Stamp = disk[file.Path.Value].RegularStat?.Stamp ?? default }
                        : null, // noted together with the file
                });
                return LinkMemory.Made;
            }

            Report(unit, PlanningDiagnostics.SwitchedOff.At(link.Value, $"was removed by hand, so {file.Path} stays switched off", "to switch it on again: symbiosis apply " + unit));
            return LinkMemory.Made;
        }

        private void LeaveAlone(string unit, RenderedFile file, FileVerdict verdict, FoundFile found, WrittenFile? entry)
        {
            var path = file.Path.Value;
            Report(unit, verdict switch
            {
                FileVerdict.Edited => PlanningDiagnostics.EditedByHand.At(path, "was edited by hand and is left alone"),
                FileVerdict.EditedAndOutOfDate => PlanningDiagnostics.MergeDue.At(
                    path, "was edited by hand and is left alone, but the tree asks for another text by now", $"symbiosis merge {path}"),
                _ => PlanningDiagnostics.ForeignFile.At(path, "was not made by this program and is left alone", "move it away, or apply with --force: the old file is kept in /var/lib/symbiosis/kept"),
            });
            var (stat, content) = (FoundFile.Text)found; // what is as we wrote it is never left alone, and the survey reads everything else
            _leftAlone.Add(new LeftAlone(file, unit, verdict, content, stat));
            if (verdict == FileVerdict.Foreign)
                return;
            // An edited file we have no record of (lost state, host of the original) is still switched off when its domain goes (CORE-38), so it must be known.
            var after = EntryFor(unit, file) with { Digest = entry?.Digest ?? default, Base = entry?.Base, Stamp = entry?.Stamp ?? default };
            var linksBefore = _links.Count;
            after = after with { Link = PlanEnabledLink(unit, file, verdict, entry, after) };
            if (_links.Count == linksBefore)
                Adopt(entry, after);
        }

        private static WrittenFile EntryFor(string unit, RenderedFile file) => new()
        {
            Path = file.Path.Value,
            Unit = unit,
            Service = file.Service,
            Daemons = file.Daemons,
            Role = file.Role,
            CommentMark = file.Role == FileRole.Configuration ? file.CommentMark : "",
            EnabledLink = file.EnabledLink?.Value,
        };

        private void Adopt(WrittenEntry? before, WrittenEntry after)
        {
            if (!after.Equals(before))
                _adoptions.Add(after);
        }

        private bool Claim(string path, string unit)
        {
            if (Claimed.TryAdd(path, unit))
                return true;
            Report(unit, PlanningDiagnostics.ClaimedTwice.At(path, $"is asked for by {Claimed[path]} and by {unit}; that of {Claimed[path]} counts"));
            return false;
        }

        private void Report(string unit, Diagnostic found) =>
            Diagnostics.Add(DomainName.TryParse(unit, out var domain) ? found with { Domain = domain } : found);

        private static CurrentText? Look(FoundFile found, WrittenFile? entry, RenderedFile file) => found switch
        {
            FoundFile.Untouched => new CurrentText(entry!.Digest, FooterState.None, HasSentence: false), // it was compared with that entry
            FoundFile.Text(_, var text) when file.Role == FileRole.Table => new CurrentText(ContentDigest.Of(text.Span), FooterState.None, HasSentence: false),
            FoundFile.Text(_, var text) => new CurrentText(
                ContentDigest.Of(text.Span), ChecksumFooter.Inspect(text.Span, file.CommentMark), ChecksumFooter.HasSentence(text.Span, file.CommentMark)),
            _ => null,
        };

        private long LatestSeconds(string path, FoundFile found, WrittenFile? entry)
        {
            var latestNs = Math.Max(entry?.Stamp.ModifiedNs ?? 0, found.RegularStat?.Stamp.ModifiedNs ?? 0);
            return Math.Max(latestNs, written.RemovedFiles.GetValueOrDefault(path)) / 1_000_000_000;
        }
    }

    /// <summary>True when nobody changed the file since it was written.</summary>
    internal static bool IsAsWritten(FoundFile found, WrittenFile file) =>
        found is FoundFile.Untouched || (found is FoundFile.Text(_, var text) && (ContentDigest.Of(text.Span) == file.Digest || ChecksumFooter.Inspect(text.Span, file.CommentMark) == FooterState.Correct));

    /// <summary>True when the file is ours (CORE-38); tables are, whatever is in them.</summary>
    internal static bool IsManaged(FoundFile found, WrittenFile file) =>
        file.Role == FileRole.Table || file.CommentMark.Length == 0 || IsAsWritten(found, file)
        || (found is FoundFile.Text(_, var text) && (ChecksumFooter.Inspect(text.Span, file.CommentMark) != FooterState.None || ChecksumFooter.HasSentence(text.Span, file.CommentMark)));

    private const string NothingAsks = "nothing in the tree asks for it any more";

    /// <summary>All bytes of a rendered file as they are written: tables as they are, configuration with its footer.</summary>
    public static byte[] ContentOf(RenderedFile file) =>
        file.Role == FileRole.Table ? Encoding.UTF8.GetBytes(file.Content) : ChecksumFooter.Append(file.Content, file.CommentMark);
}
