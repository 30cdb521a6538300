using Symbiosis.Model;

namespace Symbiosis.Tests.Model;

public sealed class ControlCharactersTests
{
    [Fact]
    public void Every_character_is_judged_as_the_runtime_judges_it()
    {
        for (var code = 0; code <= char.MaxValue; code++)
            ControlCharacters.AreIn($"a{(char)code}b").ShouldBe(char.IsControl((char)code), $"U+{code:X4}");
    }
}
