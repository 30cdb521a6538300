namespace Symbiosis.Tests.Support;

/// <summary>The checkout the tests run from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    private static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "Symbiosis.slnx")) ? directory : Find(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("not run from a checkout"));
}
