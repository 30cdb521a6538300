using System.Runtime.InteropServices;

namespace Symbiosis.Machine.Native;

/// <summary><c>crypt.h</c> of libxcrypt, which is an essential package of Debian.</summary>
internal static partial class CryptH
{
    /// <summary>Size of <c>struct crypt_data</c>, part of libxcrypt's ABI (<c>CRYPT_DATA_SIZE</c>).</summary>
    public const int CRYPT_DATA_SIZE = 32768;

    /// <summary><c>crypt_r(3)</c>. Returns a text inside <paramref name="data"/>; on failure null or a text that begins with <c>*</c>.</summary>
    [LibraryImport("libcrypt.so.1", SetLastError = true)]
    public static unsafe partial byte* crypt_r(byte* phrase, byte* setting, byte* data);
}
