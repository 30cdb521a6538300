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
        printf '%s: the .NET 10 SDK is needed. Microsoft and Linux distributions package it as dotnet-sdk-10.0;\n' "${0##*/}" >&2
        printf 'unpacked anywhere it works too, when its folder is named by the variable DOTNET_ROOT.\n' >&2
        exit 69 # EX_UNAVAILABLE, sysexits.h
    fi

    # Services and containers often have no home; dotnet and NuGet want one.
    export HOME=${HOME:-/root} DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
    # No build servers that stay behind.
    export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
}
