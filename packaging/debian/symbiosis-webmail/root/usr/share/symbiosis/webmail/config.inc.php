<?php
/*
 * Roundcube on this host. Read after /etc/roundcube/config.inc.php: what is set there stays, except what Debian's own
 * file says without being asked. To change something, write it there.
 */
$config = isset($config) && is_array($config) ? $config : [];

$config += [
    // Login names of mailboxes are lower case.
    'login_lc' => 2,
    'create_default_folders' => true,
    'log_driver' => 'syslog',
    'log_logins' => true,
    'managesieve_host' => 'localhost',
    'managesieve_port' => 4190,
    'managesieve_mbox_encoding' => 'UTF-8',
    'managesieve_vacation' => 1,
    'password_driver' => 'poppassd',
    'password_pop_host' => 'localhost',
    'password_pop_port' => 106,
    'password_confirm_current' => true,
    // The certificate is made out to the name of the host, and the connection does not leave it.
    'smtp_conn_options' => ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]],
];

// Exim takes passwords over TLS only.
if (in_array($config['smtp_host'] ?? 'localhost:587', ['localhost:587', 'localhost:25'], true)) {
    $config['smtp_host'] = 'tls://localhost:587';
}

$config['plugins'] = array_values(array_unique(array_merge($config['plugins'] ?? [], ['managesieve', 'password'])));
