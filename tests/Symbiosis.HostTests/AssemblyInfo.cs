using Symbiosis.HostTests.Support;

[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: TestCollectionOrderer(typeof(ByName))]
[assembly: TestCaseOrderer(typeof(ByName))]
