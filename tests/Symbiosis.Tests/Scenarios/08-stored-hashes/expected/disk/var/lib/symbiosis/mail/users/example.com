bcrypt@example.com:{CRYPT}$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a:1000:1000::/srv/example.com/mailboxes/bcrypt::
des@example.com:{CRYPT}$6$oLMsKL.EdSc6G28e$pTydwjjoLt2U638BsnCZFW7C.NObS77PY6Nc1bIGlRcigwbOdJuIomIjgSSLsjbctkPOjuykZyj8kEgM/UWUZ1:1000:1000::/srv/example.com/mailboxes/des::
md5@example.com:{CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//:1000:1000::/srv/example.com/mailboxes/md5::
sha@example.com:{CRYPT}$6$saltsaltsaltsalt$ph0yGsyjzqdeFaon7.gJZo8eAG5/rj9/JdzOu1Rl7dKzBYg3xgvl7T2VQ2Rt81bc5AXkdA54r0p8QvC1omD6R1:1000:1000::/srv/example.com/mailboxes/sha::
yescrypt@example.com:{CRYPT}$y$j9T$F5Jx5fExrKuPp53xLKQ..1$GmcwIgvdUC9qLWcKCi6gklUa1dM3ziD43YxYNURLKy0:1000:1000::/srv/example.com/mailboxes/yescrypt::
