using System.Reflection;
using Symbiosis.Services;

namespace Symbiosis.Tests;

/// <summary>The rules of the house that a compiler does not see (style section 1).</summary>
public sealed class ArchitectureTests
{
    private const string ServicesNamespace = "Symbiosis.Services.";

    [Fact]
    public void Services_never_mention_each_other()
    {
        var offences =
            from type in typeof(IServiceModule).Assembly.GetTypes()
            let own = ServiceOf(type)
            where own is not null
            from mentioned in MentionedTypes(type)
            let other = ServiceOf(mentioned)
            where other is not null && other != own
            select $"{type} mentions {mentioned}";
        offences.Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void The_pure_middle_does_not_touch_the_machine()
    {
        string[] pure = ["Symbiosis.Model", "Symbiosis.Rendering", "Symbiosis.Planning", "Symbiosis.Diagnostics"];
        var offences =
            from type in typeof(IServiceModule).Assembly.GetTypes()
            where type.Namespace is { } space && (pure.Contains(space) || space.StartsWith(ServicesNamespace, StringComparison.Ordinal))
            from mentioned in MentionedTypes(type)
            where mentioned.Namespace?.StartsWith("Symbiosis.Machine", StringComparison.Ordinal) == true && mentioned.Name is not ("Command" or "CommandResult" or "Crypt" or "PasswordCheck") // crypt(3) is a pure function
            select $"{type} mentions {mentioned}";
        offences.Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void Every_diagnostic_id_is_used_once()
    {
        var ids = ServiceCatalog.All.SelectMany(service => service.Diagnostics).Select(kind => kind.Id).ToList();
        ids.ShouldBeUnique();
    }

    private static string? ServiceOf(Type type) =>
        type.Namespace is { } space && space.StartsWith(ServicesNamespace, StringComparison.Ordinal) ? space[ServicesNamespace.Length..].Split('.')[0] : null;

    private static IEnumerable<Type> MentionedTypes(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var members = type.GetFields(All).Select(field => field.FieldType)
            .Concat(type.GetMethods(All).SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType)))
            .Concat(type.GetMethods(All).SelectMany(method => method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? []))
            .Concat(type.GetConstructors(All).SelectMany(constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType)))
            .Append(type.BaseType ?? typeof(object));
        return members.SelectMany(member => member.IsGenericType ? member.GetGenericArguments().Append(member) : [member]);
    }
}
