#!/bin/bash
# Written by payback: puts everything back as apply.sh found it.
#
#   sudo ./undo.sh               all of it
#   sudo ./undo.sh --only PATH   one file, or all below a folder that ends in /
#                                (with --no-reload behind it, sshd is left as it runs)
#
# A file that somebody changed since is kept and named, and the exit status is 3.
# Environment: DESTDIR (a folder taken for the root of the system; nothing is stopped or reloaded then).
set -euo pipefail

DESTDIR=${DESTDIR:-}
DESTDIR=${DESTDIR%/}
STATE=$DESTDIR/var/lib/payback-access
RECORD=$STATE/record
ONLY=
RELOAD=yes
KEPT=
FOLDERS=()
ORDER=()
declare -A WAS=() PRINT=()

say() { printf '%s\n' "$*"; }
fail() {
    printf 'undo.sh: %s\n' "$*" >&2
    exit 1
}
live() { [ -z "$DESTDIR" ] || [ -n "${PAYBACK_ACCESS_LIVE:-}" ]; }

fingerprint() {
    if [ -L "$1" ]; then
        printf 'link:%s' "$(readlink "$1")"
    elif [ -f "$1" ]; then
        local sum
        sum=$(sha256sum <"$1")
        printf '%s' "${sum%% *}"
    else
        printf 'none'
    fi
}

forget() { printf 'gone\t-\t%s\n' "$1" >>"$RECORD"; } # path

wanted() {
    case $ONLY in
    "") return 0 ;;
    */) [[ $1 == "$ONLY"* ]] ;;
    *) [ "$1" = "$ONLY" ] ;;
    esac
}

stop_unit() { # path of a link that enables it
    if live && [[ $1 == */*.wants/* ]]; then systemctl stop "$(basename "$1")" || true; fi
}

put_back() { # path
    local target=$DESTDIR$1 kept=$STATE/backup$1 now part
    now=$(fingerprint "$target")
    if [ "$now" != none ] && [[ "${PRINT[$1]}" != *" $now "* ]]; then
        if [ "${WAS[$1]}" = created ] || [ "$now" != "$(fingerprint "$kept")" ]; then
            say "kept      $1: changed since by somebody else"
            KEPT=yes
            return 0
        fi
    fi
    stop_unit "$1"
    part=$(dirname "$target")/.$(basename "$target").payback-part
    rm -f "$part"
    if [ "${WAS[$1]}" = created ]; then
        rm -f "$target"
        say "removed   $1"
    else
        cp -a "$kept" "$part"
        mv -fT "$part" "$target"
        say "restored  $1"
    fi
    forget "$1"
}

# What was there before, read from the record; a path's fingerprints add up.
read_record() {
    local what print path
    while IFS=$'\t' read -r what print path; do
        case $what in
        gone) unset "WAS[$path]" "PRINT[$path]" ;;
        folder) FOLDERS=("$path" "${FOLDERS[@]+"${FOLDERS[@]}"}") ;;
        *)
            WAS[$path]=$what
            PRINT[$path]="${PRINT[$path]:-} $print "
            ORDER=("$path" "${ORDER[@]+"${ORDER[@]}"}")
            ;;
        esac
    done <"$RECORD"
}

check_sshd() { # as it is now, before it is reloaded
    local sshd config=$DESTDIR/etc/ssh/sshd_config
    sshd=$(command -v sshd || command -v /usr/sbin/sshd || true)
    [ -n "$sshd" ] && [ -e "$config" ] || return 0
    if [ -z "$DESTDIR" ]; then "$sshd" -t; fi
}

main() {
    case ${1:-} in
    --only)
        ONLY=${2:?path}
        if [ "${3:-}" = --no-reload ]; then RELOAD=; fi
        ;;
    "") ;;
    *) fail "found $1; expected --only PATH or nothing" ;;
    esac
    if [ -z "$DESTDIR" ] && [ "$(id -u)" != 0 ]; then fail "found user $(id -un); expected root: sudo ./undo.sh"; fi
    if [ ! -e "$RECORD" ]; then
        rm -rf "$STATE"
        say "Nothing to undo."
        return
    fi
    read_record
    local path
    for path in "${ORDER[@]+"${ORDER[@]}"}"; do
        if [ -n "${WAS[$path]:-}" ] && wanted "$path"; then
            put_back "$path"
            unset "WAS[$path]"
        fi
    done
    if [ -z "$ONLY" ] && [ -z "$KEPT" ]; then
        rm -rf "$STATE"
        for path in "${FOLDERS[@]+"${FOLDERS[@]}"}"; do rmdir "$DESTDIR$path" 2>/dev/null || true; done
    fi
    if live && [ -n "$RELOAD" ]; then
        systemctl daemon-reload || true
        if check_sshd; then systemctl reload ssh 2>/dev/null || systemctl reload sshd 2>/dev/null || true; fi
    fi
    [ -z "$KEPT" ] || exit 3
}

main "$@"
