#!/bin/bash
# Lays WordPress into the site's folder where it is not there yet; then becomes Apache.
set -euo pipefail
source=/usr/src/wordpress
site=/var/www/html

main() {
    [ "${1:0:1}" != - ] || set -- apache2-foreground "$@"
    if [ "$1" != apache2-foreground ]; then
        exec "$@"
    fi
    shift
    [ -e "$site/wp-includes/version.php" ] || lay_out
    # Debian's file asks for variables that nobody set.
    set +u
    # shellcheck disable=SC1091
    . /etc/apache2/envvars
    set -u
    mkdir -p "$APACHE_RUN_DIR" "$APACHE_LOCK_DIR"
    # A container that was killed left its process number behind.
    rm -f "$APACHE_PID_FILE"
    exec apache2 -D FOREGROUND "$@"
}

lay_out() {
    echo "entrypoint: laying out WordPress in $site" >&2
    # What is there already, such as a theme of one's own that is mounted, stays.
    cp -a --update=none "$source/." "$site/"
    sign_cookies
}

# Each site signs its cookies with words of its own; they lie beside its pages, so that all containers of it agree.
sign_cookies() {
    local file=$site/wp-signing.php
    [ ! -e "$file" ] || return 0
    {
        echo '<?php'
        local name
        for name in AUTH_KEY SECURE_AUTH_KEY LOGGED_IN_KEY NONCE_KEY AUTH_SALT SECURE_AUTH_SALT LOGGED_IN_SALT NONCE_SALT; do
            echo "define('$name', '$(head -c 48 /dev/urandom | base64 -w 0)');"
        done
    } > "$file"
    chmod 0640 "$file"
    [ "$(id -u)" != 0 ] || chown www-data:www-data "$file"
}

main "$@"
