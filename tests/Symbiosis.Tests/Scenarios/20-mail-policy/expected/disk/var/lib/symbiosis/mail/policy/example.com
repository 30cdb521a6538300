ratelimit-bob: 20/1h
ratelimit: 500/1d
quota-bob: no
blacklists: bl.example;zen.spamhaus.org
