using Xunit.Sdk;
using Xunit.v3;

namespace Symbiosis.HostTests.Support;

/// <summary>
/// Runs test classes, and the tests of a class, in the order of their names. The order of xunit depends on the folder of the checkout, and tests of a class share machines: what passes here
/// must pass on every computer for the same reason.
/// </summary>
public sealed class ByName : ITestCollectionOrderer, ITestCaseOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];

    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase =>
        [.. testCases.OrderBy(test => test.TestCaseDisplayName, StringComparer.Ordinal)];
}
