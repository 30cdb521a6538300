binary@example.com:{CRYPT}$6$PqQaj6immEPSy2Ea$ytzxDFncVjLqshgoIpsXW7jcpfTQ1XUEQ2m6uscd8AJ5dNmFEb/O/XOOnmL6D13Uj7KgxYAkOi3f8dKFjQ5AC1:1000:1000::/srv/example.com/mailboxes/binary::
bob@example.com:{CRYPT}$6$xjgzYstdHJSKkMX1$LWIEpfnz9VVdBrHlvUSC8Ckg.ljyTE8IEFOEHIVJu6Vvwj4HsiPJ3CocPUL71ZgyHVxcFjWEWL51oQLvtf2UZ1:1000:1000::/srv/example.com/mailboxes/bob::
empty@example.com:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/empty::
none@example.com:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/none::
twolines@example.com:{CRYPT}$6$kneY5486aWod120y$V0op0qiEq9ToEl3yeOzox168bgkim3BEejQIpBHS1/fmlnt4eo2vvC3Ud7jSzDCr1W04iImB2OS4gYQl7jVG91:1000:1000::/srv/example.com/mailboxes/twolines::
yes@example.com:{CRYPT}!:1000:1000::/srv/example.com/mailboxes/yes::
