bob@example.com:{CRYPT}$6$B/KDOYetTrerRJbg$hp0GfsFGI8qq.eeXcrYS/CICmeP4fOBhullrH0CMLou4f9xK89J/hcO9VmnodfyrPEwQDQcE/2ljNR83ckai8.:1000:1000::/srv/example.com/mailboxes/bob::
