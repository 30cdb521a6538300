<?php
/*
 * Settings of symbiosis-phpmyadmin. Files of this directory that sort behind this one win over it.
 * All servers ask for the name and password of a database user by HTTP, over https; nobody gets in without a password.
 */
if (empty($cfg['Servers'])) {
    $cfg['Servers'][1] = ['host' => 'localhost'];
}

foreach (array_keys($cfg['Servers']) as $server) {
    $cfg['Servers'][$server]['auth_type'] = 'http';
    $cfg['Servers'][$server]['auth_http_realm'] = 'phpMyAdmin';
    $cfg['Servers'][$server]['AllowNoPassword'] = false;
    // The account of Debian's own scripts is for them.
    $cfg['Servers'][$server]['AllowDeny'] = ['order' => 'deny,allow', 'rules' => ['deny debian-sys-maint from all']];
}
unset($server);
