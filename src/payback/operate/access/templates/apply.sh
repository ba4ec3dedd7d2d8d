#!/bin/bash
# Written by payback: installs the files of this kit. Shown first, undone by undo.sh, the same when run twice.
#
#   sudo ./apply.sh --dry-run    say what would change, change nothing
#   sudo ./apply.sh              change it
#   sudo ./apply.sh --confirm    keep SSH to keys alone, after you have logged in again from a second terminal
#
# Environment: PAYBACK, JUPYTER (programs), LOGIN_USER (who logs in), INTERFACE (network card to wake),
# DESTDIR (a folder taken for the root of the system; nothing is started or reloaded then).
set -euo pipefail

KIT=$(cd "$(dirname "$0")" && pwd)
DESTDIR=${DESTDIR:-}
DESTDIR=${DESTDIR%/}
STATE=$DESTDIR/var/lib/payback-access
RECORD=$STATE/record
SSHD_CONFIG=$DESTDIR/etc/ssh/sshd_config
KEYS_ONLY=/etc/ssh/sshd_config.d/01-payback-keys-only.conf
ROLLBACK=payback-access-rollback
ROLLBACK_AFTER=10min
DRY_RUN=
CHANGED=

say() { printf '%s\n' "$*"; }
fail() {
    printf 'apply.sh: %s\n' "$*" >&2
    exit 1
}
live() { [ -z "$DESTDIR" ] || [ -n "${PAYBACK_ACCESS_LIVE:-}" ]; }

# --- what this machine has -------------------------------------------------

LOGIN_USER=${LOGIN_USER:-${SUDO_USER:-$(id -un)}}
LOGIN_HOME=${LOGIN_HOME:-$(getent passwd "$LOGIN_USER" | cut -d: -f6 || true)}
PAYBACK=${PAYBACK:-$(command -v payback || true)}
JUPYTER=${JUPYTER:-$(command -v jupyter || true)}
INTERFACE=${INTERFACE:-$(ip -o route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1 || true)}

# What ends up in units and paths is a plain name, or it is none.
plain() { [[ $1 =~ ^[A-Za-z0-9_./@:+-]+$ ]]; }
plain "$PAYBACK" || PAYBACK=
plain "$JUPYTER" || JUPYTER=
plain "$INTERFACE" || INTERFACE=
plain "$LOGIN_USER" || fail "found the user $LOGIN_USER; expected LOGIN_USER=name"

# A key that can log in: a plain line of a type that sshd takes, in a file and folders that StrictModes accepts.
has_authorized_key() {
    local folder=$DESTDIR$LOGIN_HOME/.ssh file=$DESTDIR$LOGIN_HOME/.ssh/authorized_keys path
    [ -n "$LOGIN_HOME" ] && [ -s "$file" ] || return 1
    for path in "$DESTDIR$LOGIN_HOME" "$folder" "$file"; do
        [ -z "$(find "$path" -maxdepth 0 -perm /022)" ] || return 1
        case $(stat -c %U "$path") in "$LOGIN_USER" | root) ;; *) return 1 ;; esac
    done
    grep -E '^(ssh-ed25519|ssh-rsa|ecdsa-sha2-|sk-)' "$file" | ssh-keygen -l -f - >/dev/null 2>&1
}

# The effective setting of sshd, with the drop-ins of this root.
sshd_with() {
    local config
    config=$(mktemp)
    sed -E "s|^([[:space:]]*Include[[:space:]]+)/|\1$DESTDIR/|I" "$SSHD_CONFIG" >"$config"
    local status=0
    "$SSHD" "$@" -f "$config" || status=$?
    rm -f "$config"
    return "$status"
}

# Keys alone would lock out who needs a second factor by keyboard, or whose keys lie elsewhere.
keys_suffice() {
    local setting
    setting=$(sshd_with -T -C "user=$LOGIN_USER,host=localhost,addr=127.0.0.1" 2>/dev/null) || return 1
    grep -qi '^pubkeyauthentication yes$' <<<"$setting" || return 1
    grep -qi '^authorizedkeysfile .*\.ssh/authorized_keys' <<<"$setting" || return 1
    ! grep -i '^authenticationmethods ' <<<"$setting" | grep -qviE '^authenticationmethods (any|publickey)$'
}

# Whether a line of the manifest applies here; says why not.
applies() { # needs joined by commas, path
    local needs=$1 path=$2
    if [[ $needs == *,* ]]; then
        applies "${needs%%,*}" "$path" && applies "${needs#*,}" "$path"
        return
    fi
    case $needs in
    -) return 0 ;;
    sshd)
        [ -n "$SSHD" ] && [ -e "$SSHD_CONFIG" ] && return 0
        say "skipped   $path: no sshd here (apt-get install openssh-server)"
        ;;
    authorized-key)
        if [ -z "$SSHD" ] || [ ! -e "$SSHD_CONFIG" ]; then
            say "skipped   $path: no sshd here"
        elif ! has_authorized_key; then
            say "REFUSED   $path: $LOGIN_USER has no key that can log in, so passwords stay on."
            say "          From your laptop: ssh-copy-id $LOGIN_USER@THIS-MACHINE, then run apply.sh again."
        elif ! keys_suffice; then
            say "REFUSED   $path: sshd asks for more than a key from .ssh/authorized_keys, so passwords stay on."
        else
            return 0
        fi
        ;;
    payback)
        [ -z "$PAYBACK" ] || return 0
        say "skipped   $path: no payback found; sudo PAYBACK=/path/to/payback ./apply.sh"
        ;;
    jupyter)
        [ -z "$JUPYTER" ] || return 0
        say "skipped   $path: no jupyter found; sudo JUPYTER=/path/to/jupyter ./apply.sh"
        ;;
    interface)
        [ -z "$INTERFACE" ] || return 0
        say "skipped   $path: no network card found; sudo INTERFACE=name ./apply.sh"
        ;;
    *)
        if command -v "$needs" >/dev/null 2>&1; then return 0; fi
        say "skipped   $path: $needs is not installed"
        ;;
    esac
    return 1
}

# --- the record: what was there before, a line a change, only ever longer ---------
# A path's fingerprints add up, so that a run that was killed half-way is understood by the next.

declare -A WAS=() PRINT=()

read_record() {
    WAS=() PRINT=()
    [ -e "$RECORD" ] || return 0
    local what print path
    while IFS=$'\t' read -r what print path; do
        if [ "$what" = gone ]; then
            unset "WAS[$path]" "PRINT[$path]"
        else
            WAS[$path]=$what
            PRINT[$path]="${PRINT[$path]:-} $print "
        fi
    done <"$RECORD"
}

record() { # created|replaced|folder, fingerprint, path
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$RECORD"
    WAS[$3]=$1
    PRINT[$3]="${PRINT[$3]:-} $2 "
}

# Whether what stands at a path is what we put there, what we found there, or nothing.
ours() { # path, fingerprint
    [ "$2" = none ] && return 0
    [[ "${PRINT[$1]}" == *" $2 "* ]] && return 0
    [ "${WAS[$1]}" = replaced ] && [ "$2" = "$(fingerprint "$STATE/backup$1")" ]
}

# Where a new file is made before it is moved into place: beside it, under a name that undo.sh knows.
part_of() { printf '%s/.%s.payback-part' "$(dirname "$1")" "$(basename "$1")"; }

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

make_folders() { # of a path
    local folder
    folder=$(dirname "$1")
    [ -d "$DESTDIR$folder" ] && return 0
    make_folders "$folder"
    record folder - "$folder"
    local mode=0755
    if [ "$folder" = /etc/wireguard ]; then mode=0700; fi
    mkdir -m "$mode" "$DESTDIR$folder"
}

open_state() {
    [ -d "$STATE" ] && return 0
    local folder=$STATE missing=()
    while [ ! -d "$folder" ]; do
        missing=("$folder" "${missing[@]}")
        folder=$(dirname "$folder")
    done
    for folder in "${missing[@]}"; do mkdir -m 0755 "$folder"; done
    chmod 0700 "$STATE"
    for folder in "${missing[@]}"; do
        [ "$folder" = "$STATE" ] || record folder - "${folder#"$DESTDIR"}"
    done
}

# --- one path ----------------------------------------------------------------

# Puts a new file or link at a path; the old one is kept for undo.sh. Whole or not at all.
put() { # kind, mode, path, what (a file, or a link's target)
    local kind=$1 mode=$2 path=$3 what=$4 target=$DESTDIR$3 new now
    if [ "$kind" = link ]; then new=link:$what; else new=$(fingerprint "$what"); fi
    if [ -d "$target" ] && [ ! -L "$target" ]; then fail "$target is a folder; expected a file or nothing"; fi
    now=$(fingerprint "$target")
    if [ "$now" = "$new" ] && { [ "$kind" = link ] || [ "$(stat -c %a "$target")" = "${mode#0}" ]; }; then
        say "same      $path"
        return 0
    fi
    if [ -n "${WAS[$path]:-}" ] && ! ours "$path" "$now"; then
        say "kept      $path: changed since by somebody else"
        return 0
    fi
    local word=create
    if [ -n "${WAS[$path]:-}" ]; then word=update; elif [ -e "$target" ] || [ -L "$target" ]; then word=replace; fi
    say "$(printf '%-9s' "$word") $path"
    [ -z "$DRY_RUN" ] || return 0
    CHANGED="$CHANGED $path"
    open_state
    make_folders "$path"
    if [ "$word" = replace ]; then keep_old "$path"; fi
    case $word in
    create) record created "$new" "$path" ;;
    replace) record replaced "$new" "$path" ;;
    update) record "${WAS[$path]:-}" "$new" "$path" ;;
    esac
    local part
    part=$(part_of "$target")
    rm -f "$part"
    if [ "$kind" = link ]; then
        ln -s "$what" "$part"
    else
        install -m "$mode" "$what" "$part"
    fi
    mv -fT "$part" "$target"
}

keep_old() { # path
    local kept=$STATE/backup$1
    rm -f "$kept"
    mkdir -p "$(dirname "$kept")"
    cp -a "$DESTDIR$1" "$kept.part"
    mv -T "$kept.part" "$kept"
}

# The machine's WireGuard key is made here once and never shown.
put_key() { # path
    local target=$DESTDIR$1
    if [ -e "$target" ]; then
        say "same      $1"
        return 0
    fi
    say "create    $1 (wg genkey)"
    [ -z "$DRY_RUN" ] || return 0
    CHANGED="$CHANGED $1"
    open_state
    make_folders "$1"
    local part
    part=$(part_of "$target")
    rm -f "$part"
    record created - "$1" # before the key is made: a run killed here must not leave one behind
    (umask 077 && wg genkey >"$part")
    record created "$(fingerprint "$part")" "$1"
    mv -fT "$part" "$target"
}

filled() { # text with the names of this machine
    sed -e "s|@PAYBACK@|$PAYBACK|g" -e "s|@JUPYTER@|$JUPYTER|g" \
        -e "s|@LOGIN_USER@|$LOGIN_USER|g" -e "s|@INTERFACE@|$INTERFACE|g"
}

install_all() {
    local kind mode path needs target part
    part=$(mktemp)
    while IFS=$'\t' read -r kind mode path needs target; do
        path=$(filled <<<"$path")
        applies "$needs" "$path" || {
            withdraw "$path" "$needs"
            continue
        }
        case $kind in
        key) put_key "$path" ;;
        link) put link - "$path" "$target" ;;
        file)
            filled <"$KIT/files$target" >"$part"
            if [ "$path" = "$KEYS_ONLY" ] && [ -z "${WAS[$path]:-}" ]; then rm -f "$STATE/confirmed"; fi
            put file "$mode" "$path" "$part"
            ;;
        *) fail "manifest: found $kind, expected file, link or key" ;;
        esac
    done <"$KIT/manifest"
    rm -f "$part"
}

# Passwords come back at once where the key they were given up for is gone.
withdraw() {
    [ "$2" = authorized-key ] && [ -n "${WAS[$1]:-}" ] && [ -z "$DRY_RUN" ] || return 0
    DESTDIR=$DESTDIR "$KIT/undo.sh" --only "$1" --no-reload
    read_record
    CHANGED="$CHANGED $1"
}

# --- sshd is checked before anything is reloaded -----------------------------

check_sshd() {
    [ -n "$SSHD" ] && [ -e "$SSHD_CONFIG" ] || return 0
    sshd_with -t
}

after_change() {
    if ! check_sshd; then
        DESTDIR=$DESTDIR "$KIT/undo.sh" --only /etc/ssh/sshd_config.d/ --no-reload
        fail "sshd -t refuses the new settings; its files were put back, nothing was reloaded"
    fi
    if [ -n "$SSHD" ] && [ -e "$DESTDIR$KEYS_ONLY" ] && [ -n "${WAS[$KEYS_ONLY]:-}" ]; then
        sshd_with -T 2>/dev/null | grep -qi '^passwordauthentication no$' ||
            say "MIND      passwords are still on: $SSHD_CONFIG does not include sshd_config.d, or sets them first"
    fi
    live || return 0
    systemctl daemon-reload
    start_units
    if [ -n "$SSHD" ]; then reload_sshd; fi
}

start_units() {
    local kind mode path needs target
    while IFS=$'\t' read -r kind mode path needs target; do
        path=$(filled <<<"$path")
        if [ "$kind" != link ] || [ ! -L "$DESTDIR$path" ]; then continue; fi
        # A tunnel that has not changed is left up: you may be here through it.
        if [[ $path == *wg-quick* && $CHANGED != */etc/wireguard/* && $CHANGED != *wg-quick* ]]; then continue; fi
        systemctl restart "$(basename "$path")" || say "MIND      $(basename "$path") did not start: systemctl status it"
    done <"$KIT/manifest"
}

# A reload keeps the sessions that are open. Unless you confirm, passwords come back by themselves.
reload_sshd() {
    if [ -n "${WAS[$KEYS_ONLY]:-}" ] && [ ! -e "$STATE/confirmed" ]; then
        systemctl stop "$ROLLBACK.timer" 2>/dev/null || true
        systemd-run --quiet --unit="$ROLLBACK" --on-active="$ROLLBACK_AFTER" \
            "$STATE/undo.sh" --only "$KEYS_ONLY" ||
            fail_closed
        say "Keep this session open. Log in from a second terminal by key, then: sudo ./apply.sh --confirm"
        say "Otherwise passwords come back in $ROLLBACK_AFTER."
    fi
    systemctl reload ssh 2>/dev/null || systemctl reload sshd || say "MIND      sshd was not reloaded"
}

fail_closed() {
    DESTDIR=$DESTDIR "$KIT/undo.sh" --only "$KEYS_ONLY" --no-reload
    fail "no timer to bring passwords back, so they stay on"
}

confirm() {
    [ -d "$STATE" ] || fail "nothing is applied here"
    : >"$STATE/confirmed"
    if live; then systemctl stop "$ROLLBACK.timer" 2>/dev/null || true; fi
    say "SSH stays with keys alone."
}

next_steps() {
    if [ -e "$DESTDIR/etc/wireguard/payback.key" ] && [ -e "$KIT/client/payback0.conf" ]; then
        say ""
        say "For your laptop (/etc/wireguard/payback0.conf there):"
        sed "s|@MACHINE_PUBLIC_KEY@|$(wg pubkey <"$DESTDIR/etc/wireguard/payback.key")|" "$KIT/client/payback0.conf"
    fi
    if [ -e "$KIT/NEXT" ]; then
        say ""
        cat "$KIT/NEXT"
    fi
}

main() {
    case ${1:-} in
    --dry-run) DRY_RUN=yes ;;
    --confirm)
        confirm
        return
        ;;
    "") ;;
    *) fail "found $1; expected --dry-run, --confirm or nothing" ;;
    esac
    if [ -z "$DESTDIR" ] && [ "$(id -u)" != 0 ]; then fail "found user $(id -un); expected root: sudo ./apply.sh"; fi
    SSHD=$(command -v sshd || command -v /usr/sbin/sshd || true)
    if [ -n "$SSHD" ] && [ -z "$DESTDIR" ] && [ -z "$DRY_RUN" ]; then mkdir -p /run/sshd; fi
    check_sshd || fail "sshd -t refuses the settings as they are now; mend them first, nothing was changed"
    read_record
    install_all
    if [ -n "$DRY_RUN" ]; then
        say "Nothing was changed."
        return
    fi
    if [ -z "$CHANGED" ]; then
        say "Nothing to change."
        return
    fi
    open_state
    install -m 0700 "$KIT/undo.sh" "$STATE/undo.sh"
    after_change
    next_steps
}

main "$@"
