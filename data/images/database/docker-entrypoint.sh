#!/bin/bash
# Sets up a database where the volume has none, as the environment says; then becomes the server.
set -euo pipefail
folder=/var/lib/mysql
unfinished=$folder/.setting-up
socket=/run/mysqld/setting-up.sock

main() {
    [ "${1:0:1}" != - ] || set -- mariadbd "$@"
    case $1 in
        mariadbd | mysqld) ;;
        *) exec "$@" ;;
    esac
    if [ "$(id -u)" = 0 ]; then
        mkdir -p "$folder" /run/mysqld
        find "$folder" /run/mysqld ! -user mysql -exec chown -h mysql:mysql {} +
        exec setpriv --reuid=mysql --regid=mysql --clear-groups -- "$0" "$@"
    fi
    # A container that was killed while it set things up left half a database.
    [ ! -e "$unfinished" ] || { say "Starting anew what was not finished"; find "$folder" -mindepth 1 -delete; }
    [ -d "$folder/mysql" ] || set_up "$@"
    forget_secrets
    exec "$@"
}

set_up() {
    read_settings
    : > "$unfinished"
    say "Setting up the database"
    local statements scripts
    statements=$(mktemp)
    write_statements > "$statements"
    mariadb-install-db --datadir="$folder" --user=mysql --skip-test-db --auth-root-authentication-method=normal \
        --extra-file="$statements" > /dev/null
    rm -f "$statements"
    scripts=(/docker-entrypoint-initdb.d/*)
    [ ! -e "${scripts[0]}" ] || run_scripts "$@"
    rm -f "$unfinished"
    say "The database is set up"
}

read_settings() {
    root_password=$(setting ROOT_PASSWORD)
    root_host=$(setting ROOT_HOST)
    database=$(setting DATABASE)
    user=$(setting USER)
    password=$(setting PASSWORD)
    local random empty
    random=$(setting RANDOM_ROOT_PASSWORD)
    empty=$(setting ALLOW_EMPTY_ROOT_PASSWORD)
    # MySQL's image calls it so.
    [ -n "$empty" ] || empty=${MYSQL_ALLOW_EMPTY_PASSWORD:-}
    if [ -z "$root_password$random$empty" ]; then
        fail "The database is not set up, and no option says what the password of root shall be." \
            "Give one of MARIADB_ROOT_PASSWORD, MARIADB_RANDOM_ROOT_PASSWORD and MARIADB_ALLOW_EMPTY_ROOT_PASSWORD" \
            "(or the same with MYSQL_): docker run -e MARIADB_RANDOM_ROOT_PASSWORD=yes …"
    fi
    [ "$user" != root ] || fail "MARIADB_USER is for another user than root." \
        "The password of root is MARIADB_ROOT_PASSWORD."
    if [ -n "$user" ] && [ -z "$password" ]; then
        fail "MARIADB_USER is given, and no MARIADB_PASSWORD."
    fi
    if [ -n "$random" ]; then
        root_password=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')
        say "GENERATED ROOT PASSWORD: $root_password"
    fi
}

# setting NAME: the value of MARIADB_NAME or MYSQL_NAME, or what the file has that …_FILE names.
setting() {
    local prefix name file
    for prefix in MARIADB MYSQL; do
        name=${prefix}_$1 file=${prefix}_$1_FILE
        if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
            fail "Both $name and $file are given; one of them says what counts."
        fi
        if [ -n "${!file:-}" ]; then
            [ -r "${!file}" ] || fail "$file names ${!file}, which cannot be read by the user mysql."
            cat "${!file}"
            return
        fi
        [ -z "${!name:-}" ] || { printf %s "${!name}"; return; }
    done
}

write_statements() {
    local root
    root=$(text "$root_password")
    # Of the users that are made in any case only root of this machine stays.
    echo "DELETE FROM mysql.global_priv WHERE user <> 'mariadb.sys' AND (user, host) <> ('root', 'localhost');"
    echo "DELETE FROM mysql.proxies_priv WHERE host <> 'localhost';"
    echo "FLUSH PRIVILEGES;"
    # The health check is this user, whom only the system's user of that name can be.
    echo "CREATE USER IF NOT EXISTS mysql@localhost IDENTIFIED VIA unix_socket;"
    echo "SET PASSWORD FOR root@localhost = PASSWORD($root);"
    if [ "$root_host" != localhost ]; then
        echo "CREATE USER root@$(text "${root_host:-%}") IDENTIFIED BY $root;"
        echo "GRANT ALL ON *.* TO root@$(text "${root_host:-%}") WITH GRANT OPTION;"
    fi
    if [ -n "$database" ]; then
        echo "CREATE DATABASE IF NOT EXISTS $(name "$database");"
    fi
    if [ -n "$user" ]; then
        echo "CREATE USER $(text "$user")@'%' IDENTIFIED BY $(text "$password");"
        [ -z "$database" ] || echo "GRANT ALL ON $(name "${database//_/\\_}").* TO $(text "$user")@'%';"
    fi
}

run_scripts() {
    local server file client
    "$@" --skip-networking --socket="$socket" &
    server=$!
    # For the scripts: the client knows who it is and where the server is.
    client=$(mktemp)
    printf '[client]\nuser=root\nsocket=%s\npassword="%s"\n' "$socket" "${root_password//\"/\\\"}" > "$client"
    sql() { mariadb --defaults-extra-file="$client" ${database:+--database="$database"} "$@"; }
    until mariadb --defaults-extra-file="$client" --execute='SELECT 1' > /dev/null 2>&1; do
        kill -0 "$server" 2> /dev/null || fail "The server ended while it was set up."
        sleep 0.2
    done
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh)
                say "Running $file"
                # shellcheck disable=SC1090
                . "$file"
                ;;
            *.sql)
                say "Running $file"
                sql < "$file"
                ;;
            *) say "Passing over $file" ;;
        esac
    done
    kill "$server"
    wait "$server" || true
    rm -f "$client"
}

# text WORDS, name WORDS: as SQL writes a text, and a name.
text() {
    local words=${1//\\/\\\\}
    printf "'%s'" "${words//\'/\'\'}"
}

name() {
    printf '`%s`' "${1//\`/\`\`}"
}

forget_secrets() {
    local word
    for word in ROOT_PASSWORD PASSWORD; do
        unset "MARIADB_$word" "MYSQL_$word"
    done
}

say() {
    echo "entrypoint: $*" >&2
}

fail() {
    local line
    for line in "$@"; do
        say "$line"
    done
    exit 1
}

main "$@"
