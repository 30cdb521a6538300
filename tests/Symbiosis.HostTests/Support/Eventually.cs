using System.Diagnostics;

namespace Symbiosis.HostTests.Support;

/// <summary>
/// Waits for what shows itself only when asked: a page, a mailbox, a record. Daemons in another machine send no event to a test,
/// so it asks again every 20 ms until the deadline.
/// </summary>
public static class Eventually
{
    /// <summary>Asks until the answer is right; returns it, or fails with the last answer.</summary>
    public static async Task<T> BecomesAsync<T>(Func<Task<T>> ask, Func<T, bool> isRight, TimeSpan deadline)
    {
        var started = Stopwatch.GetTimestamp();
        using var rhythm = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var answer = await ask();
            if (isRight(answer))
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(started) >= deadline)
            {
                throw new TimeoutException($"Not within {deadline.TotalSeconds:0.#} s. The last answer:\n{answer}");
            }

            await rhythm.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
