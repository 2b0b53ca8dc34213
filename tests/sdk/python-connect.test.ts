import { expect, test } from 'vitest';
import { capture } from '#scripts/processes';
import { python } from '#scripts/python-package';

/** The hub's answers stand still here: `examples.db.test.ts` has a real one. */
const program = `
import sys, time
sys.path.insert(0, "sdk/python")
import grantkeep, grantkeep_connect

SECRET, NEWER = "a" * 32, "b" * 32
URL = "https://app.example.com/connected"
ADA = {"id": "42", "tenant": "acme"}

class Hub:
    def __init__(self):
        self.calls = []
    def call(self, method, path, body):
        self.calls.append((path, body))
        if path == "/connect-sessions":
            return {"id": f"cns_{len(self.calls)}", "url": "https://hub.example.com/x"}
        return {"id": "con_1"}

def outcome(work):
    try:
        work()
        return "finished"
    except grantkeep.GrantkeepError as error:
        return error.code
    except ValueError:
        return "ValueError"

def check(name, found, expected):
    if found != expected:
        sys.exit(f"{name}: {found}")

hub = Hub()
connect = grantkeep_connect.Connect(hub, URL, SECRET)
_, cookie = connect.start({"Sec-Fetch-Site": "same-origin"}, ADA, provider="github")
value = cookie.split(";")[0]
check("attributes", cookie[len(value):], "; Path=/; Max-Age=1200; HttpOnly; SameSite=Lax; Secure")
check("name", value.startswith("__Host-grantkeep-connect="), True)
challenge = hub.calls[0][1]["code_challenge"]

def finish(header, user=ADA, secret=SECRET, query=None):
    other = Hub()
    made = outcome(lambda: grantkeep_connect.Connect(other, URL, secret).finish(
        query or {"session": "cns_1", "code": "c"}, {"Cookie": header}, user))
    verifier = other.calls[0][1]["code_verifier"] if other.calls else ""
    fits = grantkeep_connect._base64url(__import__("hashlib").sha256(verifier.encode()).digest()) == challenge
    return made, fits

check("own", finish(value), ("finished", True))
check("beside others", finish(f"a=b; {value}; c=d"), ("finished", True))
check("newer secret first", finish(value, secret=[NEWER, SECRET]), ("finished", True))
check("newer secret alone", finish(value, secret=NEWER), ("connect_not_begun", False))
check("no cookie", finish(""), ("connect_not_begun", False))
check("twice", finish(f"{value}; {value}"), ("connect_not_begun", False))
check("cut short", finish(value[:-4]), ("connect_not_begun", False))
check("without its tag", finish(value.split(".")[0]), ("connect_not_begun", False))
check("changed", finish(value.replace("=", "=x", 1)), ("connect_not_begun", False))
check("not of this host alone", finish(value.replace("__Host-", "")), ("connect_not_begun", False))
for user in ({"id": "7", "tenant": "acme"}, {"id": "42"}, {"id": "42", "tenant": "other"}):
    check("another user", finish(value, user), ("connect_not_begun", False))
check("declined", finish(value, query={"session": "cns_1", "error": "access_denied"}), ("access_denied", False))
check("declined elsewhere", finish("", query={"session": "cns_1", "error": "access_denied"}), ("connect_not_begun", False))
check("odd error", finish(value, query={"session": "cns_1", "error": "<script>"}), ("connect_not_begun", False))
check("no session", finish(value, query={"code": "c"}), ("connect_not_begun", False))
check("another path", finish(value, query={"session": "cns_1/../x", "code": "c"}), ("connect_not_begun", False))

for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
    before = len(hub.calls)
    check("foreign", outcome(lambda: connect.start(headers, ADA)), "wrong_origin")
    check("foreign", len(hub.calls), before)

jar = ""
for _ in range(7):
    jar = connect.start({"Cookie": jar}, ADA)[1].split(";")[0]
long = ""
for _ in range(5):
    long = connect.start({"Cookie": long}, {"id": "\u6f22" * 200, "tenant": "\u5b57" * 200})[1].split(";")[0]
check("long ids", len(long) < 2000, True)
check("tabs", [one["s"] for _, one in connect._read({"Cookie": jar})], [f"cns_{n}" for n in range(4, 9)])

now = time.time
time.time = lambda: now() + 1201
check("late", finish(value), ("connect_not_begun", False))
time.time = now

for secret in ("short", [], [SECRET, "short"]):
    check("secret", outcome(lambda: grantkeep_connect.Connect(hub, URL, secret)), "ValueError")
check("in the open", outcome(lambda: grantkeep_connect.Connect(hub, "http://app.example.com/", SECRET)), "ValueError")
loopback = grantkeep_connect.Connect(hub, "http://127.0.0.1:1/c", SECRET).start({}, ADA)[1]
check("loopback", loopback.startswith("grantkeep-connect=") and "Secure" not in loopback, True)
print("held")
`;

test('Python keeps what a browser began in a cookie that nobody else can make or use', async () => {
  expect(await capture(python, ['-B', '-c', program])).toEqual({ status: 0, output: 'held\n' });
});
