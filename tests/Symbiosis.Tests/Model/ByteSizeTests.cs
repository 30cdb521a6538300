using FsCheck;
using FsCheck.Fluent;
using Symbiosis.Model;

namespace Symbiosis.Tests.Model;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("200M", 200_000_000)] // CORE-T9, this line to the one with 0
    [InlineData("1Gi", 1_073_741_824)]
    [InlineData("1.5G", 1_500_000_000)]
    [InlineData("10 M", 10_000_000)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("10K", 10_000)]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("7b", 7)]
    [InlineData(" \t12k\n", 12_000)]
    [InlineData("10MiB", 10_485_760)]
    [InlineData("2mi", 2_097_152)]
    [InlineData("1t", 1_000_000_000_000)]
    [InlineData("1Ti", 1_099_511_627_776)]
    [InlineData("3P", 3_000_000_000_000_000)]
    [InlineData("3Pi", 3_377_699_720_527_872)]
    [InlineData("1.5", 2)] // rounded away from zero
    [InlineData("0.6k", 600)]
    public void CORE_25_and_27_read(string text, long bytes) => ByteSize.Parse(text, out _).ShouldNotBeNull().Bytes.ShouldBe(bytes);

    [Theory]
    [InlineData("-5M", "negative")] // CORE-T9
    [InlineData("lots", "begin with a number")] // CORE-T9
    [InlineData("", "no number")]
    [InlineData(" \n", "no number")]
    [InlineData("1.2.3k", "'.3k' is not one of")] // the original read 1200
    [InlineData("10 apples", "'apples' is not one of")]
    [InlineData("10MM", "'MM' is not one of")]
    [InlineData("10Mi i", "'Mi i' is not one of")]
    [InlineData("1.M", "'.M' is not one of")]
    [InlineData(".5M", "begin with a number")]
    [InlineData("1,5G", "',5G' is not one of")]
    [InlineData("0x10", "'x10' is not one of")]
    [InlineData("٣M", "begin with a number")] // Arabic digits are digits to char.IsDigit, not to us
    [InlineData("10000P", "too large")]
    [InlineData("999999999999999999999", "too large")]
    [InlineData("0.1", "less than one byte")] // rounding it to 0 would mean no limit
    [InlineData("0.0001k", "less than one byte")]
    public void CORE_27_faults_are_said_in_words(string text, string fault)
    {
        ByteSize.Parse(text, out var found).ShouldBeNull();
        found.ShouldNotBeNull().ShouldContain(fault);
    }

    [Fact]
    public void CORE_26_a_suffix_without_i_shows_both_readings() =>
        ByteSize.Parse("200m", out _)!.Ambiguity.ShouldBe("200M is 200,000,000 bytes; 200Mi would be 209,715,200");

    [Theory]
    [InlineData("200Mi")]
    [InlineData("200")]
    [InlineData("0M")]
    public void CORE_26_nothing_is_shown_where_both_readings_agree(string text) => ByteSize.Parse(text, out _)!.Ambiguity.ShouldBeNull();

    [Fact]
    public void Zero_means_no_limit()
    {
        ByteSize.Parse("0k", out _)!.IsUnlimited.ShouldBeTrue();
        ByteSize.Parse("1", out _)!.IsUnlimited.ShouldBeFalse();
    }

    [Fact]
    public void Any_text_is_either_a_size_or_has_a_fault() => Prop.ForAll<NonNull<string>>(text =>
    {
        var size = ByteSize.Parse(text.Get, out var fault);
        return (size is null) == (fault is not null) && (size is null || size.Bytes >= 0);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_whole_number_of_bytes_reads_back() => Prop.ForAll<long>(number => number < 0
        ? !ByteSize.TryParse(number.ToString(), out _)
        : ByteSize.TryParse(number.ToString(), out var size) && size.Bytes == number).QuickCheckThrowOnFailure();
}
