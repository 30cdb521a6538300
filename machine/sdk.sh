# Finds the .NET SDK for the scripts at the root of the repository. Sourced, never run.
# shellcheck shell=bash

# Puts dotnet on PATH, or ends with what to do. sudo often drops the folder that the user's own shell has.
find_sdk() {
    local folder home
    if ! command -v dotnet >/dev/null; then
        home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)
        for folder in "${DOTNET_ROOT:-}" "$home/.dotnet" /usr/share/dotnet /usr/lib/dotnet /usr/local/share/dotnet /opt/dotnet; do
            if [[ -n $folder && -x $folder/dotnet ]]; then
                PATH=$folder:$PATH
                break
            fi
        done
    fi
    if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
        cat >&2 <<END
${0##*/}: the .NET 10 SDK is missing. Debian has none; its maker's script puts one into a folder of its own:

    apt-get install curl ca-certificates
    curl -fsSLo dotnet-install.sh https://dot.net/v1/dotnet-install.sh
    bash dotnet-install.sh --channel 10.0 --install-dir /usr/local/share/dotnet

Unpacked anywhere else it works too, when the variable DOTNET_ROOT names its folder.
END
        exit 69 # EX_UNAVAILABLE, sysexits.h
    fi

    # Services and containers often have no home; dotnet and NuGet want one.
    # Without INVARIANT, a computer without the ICU library cannot build.
    export HOME=${HOME:-/root} DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1
    # No build servers that stay behind.
    export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
}
