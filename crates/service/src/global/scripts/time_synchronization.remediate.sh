#!/bin/sh
# Has the clock set over the network.
if command -v systemsetup >/dev/null 2>&1; then
    systemsetup -setusingnetworktime on || exit 2
    exit 0
fi
timedatectl set-ntp true || exit 2
