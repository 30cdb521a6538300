namespace Symbiosis.Cli.Documents;

/// <summary>symbiosis(1), from the definitions of the verbs.</summary>
internal static class CommandPage
{
    /// <summary>What each exit code means, by code. A test compares it with <see cref="ExitCode"/>.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> ExitCodes { get; } =
    [
        (ExitCode.Success, "Done; nothing is wrong."),
        (ExitCode.Failed, "Done as far as possible. At least one part of the tree is held back, or a daemon refused; the messages say which."),
        (ExitCode.ChangesPlanned, "Only from plan: nothing is wrong, and there would be changes."),
        (ExitCode.Usage, "The command line was not understood."),
        (ExitCode.Bug, "A fault of the program itself; please report it with what it printed."),
        (ExitCode.Busy, "Another run holds the lock. Try again."),
        (ExitCode.NotPermitted, "The verb needs root."),
    ];

    public static string Render(VerbDescription program, string version)
    {
        var page = new Roff("symbiosis", 1, version)
            .Section("Name").Paragraph("symbiosis - the files below /srv are the configuration of this host")
            .Section("Synopsis").Paragraph("");
        var verbs = program.Flatten().Where(verb => verb.Verbs.Count == 0).ToList();
        foreach (var verb in verbs)
            page.Synopsis($"symbiosis {verb.Path}", string.Join(' ', verb.Arguments.Select(argument => argument.Synopsis).Prepend("[OPTION...]")));

        page.Section("Description")
            .Paragraph(program.Summary)
            .Paragraph("A directory /srv/example.com is a domain, /srv/example.com/public/htdocs its web site, /srv/example.com/mailboxes/bob the mailbox bob@example.com. "
                + "symbiosis.service(8) watches the tree and applies every change within a second; the verbs are for looking, for hurrying and for repairing. "
                + "symbiosis(7) lists all files that mean something.")
            .Section("Verbs");
        foreach (var verb in verbs)
        {
            page.Subsection(string.Join(' ', verb.Arguments.Select(argument => argument.Synopsis).Prepend(verb.Path))).Paragraph(verb.Summary);
            foreach (var argument in verb.Arguments)
                page.Term(argument.Name, argument.Summary);
            foreach (var option in verb.Options.Where(option => option.Names[0] != "--help"))
                page.Term(option.Synopsis, option.Summary);
        }

        page.Section("Options of every verb");
        foreach (var option in program.Options)
            page.Term(option.Synopsis, option.Summary);

        page.Section("Messages")
            .Paragraph("Results go to standard output, findings to standard error, one line each, so that editors can jump to the file:")
            .Example("/srv/example.com/config/mailbox-qouta: warning TREE006: nothing reads this file (hint: did you mean mailbox-quota?)")
            .Paragraph("The manual in /usr/share/doc/symbiosis/manual explains every id.")
            .Section("Exit status");
        foreach (var (code, meaning) in ExitCodes)
            page.Term($"{code}", meaning);

        return page
            .Section("Environment")
            .Term("NO_COLOR", "When set to anything, output has no colours, even on a terminal.")
            .Section("Files")
            .Term("/srv", "The domains.")
            .Term("/etc/symbiosis", "Settings of the host.")
            .Term("/var/lib/symbiosis", "What was written last, tables for the daemons, copies of what was replaced.")
            .Section("Example")
            .Example(
                "mkdir -p /srv/example.com/public/htdocs",
                "symbiosis mailbox create bob@example.com",
                "symbiosis status")
            .Section("See also")
            .Paragraph("symbiosis(7), symbiosis.service(8)")
            .ToString();
    }
}
