<?php
// What the container's environment says: WORDPRESS_NAME, or the content of the file that WORDPRESS_NAME_FILE names.
function sosc_setting($name, $default) {
    $file = getenv("WORDPRESS_{$name}_FILE");
    if ($file !== false && $file !== '') {
        return rtrim(file_get_contents($file), "\r\n");
    }
    $value = getenv("WORDPRESS_{$name}");
    return $value === false ? $default : $value;
}

define('DB_HOST', sosc_setting('DB_HOST', 'mysql'));
define('DB_NAME', sosc_setting('DB_NAME', 'wordpress'));
define('DB_USER', sosc_setting('DB_USER', 'wordpress'));
define('DB_PASSWORD', sosc_setting('DB_PASSWORD', ''));
define('DB_CHARSET', sosc_setting('DB_CHARSET', 'utf8mb4'));
define('DB_COLLATE', sosc_setting('DB_COLLATE', ''));
$table_prefix = sosc_setting('TABLE_PREFIX', 'wp_');

require __DIR__ . '/wp-signing.php';

define('WP_DEBUG', (bool) sosc_setting('DEBUG', ''));
// Behind a proxy that speaks HTTPS the site does too.
if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
    $_SERVER['HTTPS'] = 'on';
}
$more = sosc_setting('CONFIG_EXTRA', '');
if ($more !== '') {
    eval($more);
}
// Where there is no Internet the pages would wait for it.
defined('WP_HTTP_BLOCK_EXTERNAL') || define('WP_HTTP_BLOCK_EXTERNAL', true);

defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
