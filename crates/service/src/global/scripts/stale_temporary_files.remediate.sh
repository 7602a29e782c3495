#!/bin/sh
# Removes regular files in /tmp and /var/tmp that nobody has read or changed for ten days.
# Directories, sockets, links and other file systems are left alone.
days=10
for directory in /tmp /var/tmp; do
    [ -d "$directory" ] || continue
    find "$directory/." -xdev -type f -atime +$days -mtime +$days -exec rm -f -- {} + || exit 2
done
