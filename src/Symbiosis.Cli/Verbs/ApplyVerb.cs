namespace Symbiosis.Cli.Verbs;
internal static class ApplyVerb
{
    public static Command Create()
    {
        var json = CommonOptions.Json();
        var domains = CommonOptions.Domains();
        var command = new Command("apply", "Show what apply would change, and why. Changes nothing.") { domains, json };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(0));
        return command;
    }
}
