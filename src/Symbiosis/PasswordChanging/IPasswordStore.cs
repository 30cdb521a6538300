namespace Symbiosis.PasswordChanging;

/// <summary>Where passwords are looked up and written; a seam, so that the conversation can be tested without a host.</summary>
public interface IPasswordStore
{
    /// <summary>True when it is the password of the login name: a whole address, or a bare unix user. False for anybody unknown.</summary>
    bool IsPassword(string login, ReadOnlySpan<byte> password);

    /// <summary>Why a new password is too weak, in words, or null.</summary>
    Task<string?> FindWeaknessAsync(string login, ReadOnlyMemory<byte> password, CancellationToken cancellationToken);

    /// <summary>Writes a new password. Returns why that failed, in words, or null.</summary>
    string? Change(string login, ReadOnlySpan<byte> password);
}
