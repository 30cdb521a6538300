using System.Text;
using Symbiosis.Diagnostics;

namespace Symbiosis.PasswordChanging;

/// <summary>
/// The protocol poppassd (MAIL-64), by which web mail changes a password: lines that end with CR LF, answers with three digits. It has no standard; its commands are USER, PASS, NEWPASS and
/// QUIT. One conversation is one process, so a client that is made to wait holds up nobody else.
/// </summary>
/// <param name="store">Where passwords are.</param>
/// <param name="clock">For the pause after a wrong password.</param>
/// <param name="log">Takes a line for each change and each failure, without passwords.</param>
public sealed class PasswordConversation(IPasswordStore store, TimeProvider clock, Action<string> log)
{
    /// <summary>Longest line, with its end.</summary>
    public const int MaxLineBytes = 512;

    private const int MostFailures = 5;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(3);

    // Silence ends the conversation.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private string? _user;
    private bool _isLoggedIn;
    private int _failures;

    /// <summary>Talks until the client leaves, is silent, or has failed five times.</summary>
    public async Task RunAsync(Stream client, CancellationToken cancellationToken)
    {
        await SayAsync(client, "200 Ready to change a password", cancellationToken);
        var lines = new LineReader(client);
        while (_failures < MostFailures)
        {
            using var silence = new CancellationTokenSource(_patience, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
            byte[]? line;
            try
            {
                line = await lines.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (silence.IsCancellationRequested)
            {
                return;
            }
            catch (InvalidDataException)
            {
                await SayAsync(client, "500 The line is too long", cancellationToken);
                return;
            }

            if (line is null)
                return;
            var answer = await AnswerAsync(line, cancellationToken);
            if (answer[0] is '4' or '5')
                _failures++;
            await SayAsync(client, answer, cancellationToken);
            if (answer == Farewell)
                return;
        }
    }

    private const string Farewell = "200 Goodbye";

    private async Task<string> AnswerAsync(byte[] line, CancellationToken cancellationToken)
    {
        var space = line.AsSpan().IndexOf((byte)' ');
        var verb = Encoding.Latin1.GetString(space < 0 ? line : line.AsSpan(0, space)).ToUpperInvariant();
        var argument = space < 0 ? Memory<byte>.Empty : line.AsMemory(space + 1);
        switch (verb)
        {
            case "USER":
                _isLoggedIn = false;
                _user = Encoding.UTF8.GetString(argument.Span).Trim().ToLowerInvariant();
                return "300 And the password?"; // the same for everybody, known or not
            case "PASS" when _user is null:
                return "400 Say USER first";
            case "PASS":
                _isLoggedIn = store.IsPassword(_user, argument.Span);
                if (_isLoggedIn)
                    return "200 Logged in";
                log($"wrong password for {Printable.Text(_user)}");
                await Task.Delay(_pause, clock, cancellationToken);
                return "500 Incorrect login";
            case "NEWPASS" when !_isLoggedIn || _user is null:
                return "400 Say USER and PASS first";
            case "NEWPASS":
                return await ChangeAsync(_user, argument, cancellationToken);
            case "QUIT":
                return Farewell;
            default:
                return "500 Unknown command";
        }
    }

    private async Task<string> ChangeAsync(string user, ReadOnlyMemory<byte> password, CancellationToken cancellationToken)
    {
        if (password.IsEmpty || password.Span.Contains((byte)0))
            return "400 A password cannot be empty or hold a NUL";
        if (await store.FindWeaknessAsync(user, password, cancellationToken) is { } weakness)
        {
            log($"the new password of {Printable.Text(user)} was refused: {Printable.Text(weakness)}");
            return $"400 {Printable.Text(weakness)}";
        }

        if (store.Change(user, password.Span) is { } fault)
        {
            log($"the password of {Printable.Text(user)} could not be written: {fault}");
            return $"400 The password could not be written: {Printable.Text(fault)}";
        }

        log($"password of {Printable.Text(user)} changed");
        return "200 Password changed";
    }

    private static async Task SayAsync(Stream client, string answer, CancellationToken cancellationToken)
    {
        await client.WriteAsync(Encoding.UTF8.GetBytes(answer + "\r\n"), cancellationToken);
        await client.FlushAsync(cancellationToken);
    }

    /// <summary>Lines of bytes, without their ends.</summary>
    private sealed class LineReader(Stream stream)
    {
        private readonly byte[] _buffer = new byte[MaxLineBytes];
        private int _filled;

        /// <summary>The next line; null at the end of the stream.</summary>
        /// <exception cref="InvalidDataException">It is longer than allowed.</exception>
        public async Task<byte[]?> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var end = _buffer.AsSpan(0, _filled).IndexOf((byte)'\n');
                if (end >= 0)
                {
                    var line = _buffer[..end];
                    _buffer.AsSpan(end + 1, _filled - end - 1).CopyTo(_buffer);
                    _filled -= end + 1;
                    return line is [.. var text, (byte)'\r'] ? text : line;
                }

                if (_filled == _buffer.Length)
                    throw new InvalidDataException("the line is too long");
                var count = await stream.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
                if (count == 0)
                    return null;
                _filled += count;
            }
        }
    }
}
