"""Uses Roundcube as a browser would, by its pages and their tokens: logs in, sends, reads, makes a filter, changes the password.

    webmail-client.py ADDRESS NAME LOGIN PASSWORD STEP [ARGUMENT...]

Prints what a test looks at. The certificate is not checked: the host has made it itself.
"""
import http.cookiejar
import json
import re
import ssl
import sys
import time
import urllib.parse
import urllib.request

address, name, login, password, step = sys.argv[1:6]
base = f"https://{address}/webmail/"
context = ssl._create_unverified_context()
opener = urllib.request.build_opener(
    urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=None)))
)
token = ""


def ask(query, form=None, ajax=False):
    request = urllib.request.Request(base + query, urllib.parse.urlencode(form).encode() if form else None)
    request.add_header("Host", name)
    if ajax:
        request.add_header("X-Requested-With", "XMLHttpRequest")
        request.add_header("X-Roundcube-Request", token)
    return opener.open(request, timeout=30).read().decode()


def find(pattern, text):
    found = re.search(pattern, text)
    if not found:
        sys.exit(f"no {pattern} in: {text[:2000]}")
    return found.group(1)


def field(field_name, text):
    return find(rf'name="{field_name}"[^>]*value="([^"]*)"', text)


def environment(text):
    return json.loads(find(r"rcmail\.set_env\((\{.*?\})\);", text))


page = ask("")
token = field("_token", page)
page = ask("?_task=login", {"_token": token, "_task": "login", "_action": "login", "_timezone": "UTC", "_url": "", "_user": login, "_pass": password})
if 'id="login-form"' in page:
    sys.exit("login refused")
token = environment(page)["request_token"]

if step == "login":
    print("logged in")
elif step == "send":
    target, subject = sys.argv[6:8]
    page = ask("?_task=mail&_action=compose")
    compose = environment(page)["compose_id"]
    sender = find(r'<select[^>]*name="_from"[^>]*>\s*<option value="(\d+)"', page)
    form = {"_token": token, "_task": "mail", "_action": "send", "_id": compose, "_from": sender, "_to": target, "_subject": subject, "_message": "written in the webmail\n", "_is_html": "0", "_framed": "1", "_store_target": "Sent", "_priority": "0"}
    print("sent" if "sent_successfully" in (answer := ask(f"?_task=mail&_unlock=1&_framed=1&_lang=en", form)) else answer)
elif step == "read":
    folder, subject = sys.argv[6:8]
    for _ in range(60):
        listing = ask(f"?_task=mail&_action=list&_mbox={urllib.parse.quote(folder)}&_remote=1&_unlock=0", ajax=True)
        rows = re.findall(r'add_message_row\((\d+),(\{.*?\}),\{', json.loads(listing)["exec"])
        uid = next((uid for uid, row in rows if subject in row), None)
        if uid:
            break
        time.sleep(0.5)
    else:
        sys.exit(f"no message '{subject}' in {folder}: {listing[:1000]}")
    print(re.sub(r"<[^>]+>", "", ask(f"?_task=mail&_action=show&_uid={uid}&_mbox={urllib.parse.quote(folder)}")))
elif step == "filter":
    subject, folder = sys.argv[6:8]
    page = ask("?_task=settings&_action=plugin.managesieve-action&_framed=1&_nav=hide")
    form = {
        "_token": token, "_framed": "1", "_fid": "", "_name": "by test", "_join": "allof", "_enabled": "1", "_header[0]": "subject", "_rule_op[0]": "contains", "_rule_target[0]": subject,
        "_custom_header[0]": "", "_rule_mod[0]": "", "_rule_comp[0]": "", "_action_type[0]": "fileinto", "_action_mailbox[0]": folder,
    }
    answer = ask("?_task=settings&_action=plugin.managesieve-save&_framed=1", form)
    print("saved" if "successfully" in answer else answer)
elif step == "password":
    new = sys.argv[6]
    answer = ask("?_task=settings&_action=plugin.password-save", {"_token": token, "_curpasswd": password, "_newpasswd": new, "_confpasswd": new})
    print("changed" if "uccessfully saved" in answer else answer)
else:
    sys.exit(f"unknown step {step}")
