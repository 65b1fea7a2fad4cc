#!/bin/bash
# Healthy: the server takes connections from the network, which it does not while it sets itself up.
set -eu
as_mysql=()
[ "$(id -u)" != 0 ] || as_mysql=(setpriv --reuid=mysql --regid=mysql --clear-groups)
[ "$("${as_mysql[@]}" mariadb --user=mysql --skip-column-names --execute='SELECT @@skip_networking')" = 0 ]
