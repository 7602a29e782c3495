#!/bin/sh
# Checks that the clock is set over the network: by any time service that systemd knows, or by
# macOS. Exit code 1: it is not. 0: it is. 2: this system cannot be asked.
if command -v systemsetup >/dev/null 2>&1; then
    state=$(systemsetup -getusingnetworktime 2>/dev/null) || exit 2
    echo "$state"
    case $state in *On) exit 0 ;; *) exit 1 ;; esac
fi
if command -v timedatectl >/dev/null 2>&1; then
    state=$(timedatectl show --property=NTP --value 2>/dev/null) || exit 2
    echo "network time: $state"
    [ "$state" = yes ]
    exit
fi
echo "neither timedatectl nor systemsetup is here"
exit 2
