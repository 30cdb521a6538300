using System.Diagnostics;
using Symbiosis.HostTests.Support;

namespace Symbiosis.HostTests.Packaging;

/// <summary>Our packages in two versions that differ in nothing but the number, built once a run with <c>packaging/build</c>.</summary>
internal static class BuiltPackages
{
    private static readonly Lazy<Task<string>> Program = new(() => BuildAsync("1.0", program: null));
    private static readonly Lazy<Task<string>> Newer = new(BuildNewerAsync);

    /// <summary>Folder of version 1.0.</summary>
    public static Task<string> FirstAsync() => Program.Value;

    /// <summary>Folder of version 2.0.</summary>
    public static Task<string> SecondAsync() => Newer.Value;

    /// <summary>Copies packages to <c>/root/packages</c> of a machine and installs or upgrades them as an administrator does.</summary>
    public static async Task<string> InstallAsync(this DebianMachine machine, string folder, params string[] packages)
    {
        await machine.RunAsync("rm", "-rf", "/root/packages");
        await machine.RunAsync("mkdir", "/root/packages");
        foreach (var package in packages)
            await machine.PushAsync(Directory.GetFiles(folder, $"{package}_*.deb").Single(), "/root/packages");
        return await machine.AptAsync("install", [.. packages.Select(package => $"/root/packages/{Path.GetFileName(Directory.GetFiles(folder, $"{package}_*.deb").Single())}")]);
    }

    /// <summary>Runs apt-get without any question; what would ask fails.</summary>
    public static async Task<string> AptAsync(this DebianMachine machine, string verb, params string[] packages)
    {
        var outcome = await machine.TryRunAsync(
            ["env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", """apt-get update -q >/dev/null && apt-get "$@" 2>&1""", "apt", verb, "-y", "-q", "--no-install-recommends", .. packages],
            timeout: TimeSpan.FromMinutes(5));
        return outcome.Succeeded ? outcome.Output : throw new CommandFailedException(outcome);
    }

    /// <summary>Builds all packages and returns the folder.</summary>
    public static async Task<string> BuildAsync(string version, string? program, string? checkout = null)
    {
        checkout ??= RigScript.Checkout;
        var folder = Path.Combine(RigScript.Checkout, "artifacts", "package-tests", checkout == RigScript.Checkout ? version : $"{version}-elsewhere");
        string[] arguments = ["--version", version, "--output", folder, .. program is null ? Array.Empty<string>() : ["--program", program]];
        using var build = Process.Start(new ProcessStartInfo(Path.Combine(checkout, "packaging", "build"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("packaging/build did not start.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(10));
        var output = build.StandardOutput.ReadToEndAsync(limit.Token);
        var error = build.StandardError.ReadToEndAsync(limit.Token);
        await build.WaitForExitAsync(limit.Token);
        build.ExitCode.ShouldBe(0, await output + await error);
        return folder;
    }

    private static async Task<string> BuildNewerAsync()
    {
        await FirstAsync(); // published the program
        return await BuildAsync("2.0", Path.Combine(RigScript.Checkout, "artifacts", "package-build", "dotnet", "publish", "Symbiosis.Cli", "release_linux-x64"));
    }
}
