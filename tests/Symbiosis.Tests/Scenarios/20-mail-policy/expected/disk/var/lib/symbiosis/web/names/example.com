example.com 1000
