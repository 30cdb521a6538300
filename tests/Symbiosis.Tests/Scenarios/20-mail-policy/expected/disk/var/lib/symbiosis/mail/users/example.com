bob@example.com:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/bob::userdb_quota_rule=*:bytes=1073741824
