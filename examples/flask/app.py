"""An application with users of its own, which connects their GitHub accounts. docs/sdk.md explains the parts."""
import json
import os
import urllib.request

from flask import Flask, make_response, redirect, render_template, request

import grantkeep
import grantkeep_connect
from users import current_user, users

GITHUB_API = os.environ.get("GITHUB_API", "https://api.github.com")
hub = grantkeep.Client(os.environ["HUB_URL"], os.environ["GRANTKEEP_KEY"])
connect = grantkeep_connect.Connect(hub, os.environ["APP_URL"] + "/connected", os.environ["SECRET"])

app = Flask(__name__)
app.config.update(SECRET_KEY=os.environ["SECRET"], SESSION_COOKIE_SAMESITE="Lax")
app.register_blueprint(users)


@app.get("/")
def settings():
    user = current_user()
    connection = hub.call("GET", f"/connections/{user['connection']}") if user["connection"] else None
    return render_template("settings.html", user=user, connection=connection)


@app.post("/connect")
def start():
    user = current_user()
    asked = {"connection": user["connection"]} if user["connection"] else {"provider": "github"}
    url, cookie = connect.start(request.headers, {"id": user["id"], "label": user["label"]}, **asked)
    response = redirect(url, 303)
    response.headers.add("Set-Cookie", cookie)
    return response


@app.get("/connected")
def finish():
    user = current_user()
    user["connection"] = connect.finish(request.args, request.headers, user)["id"]
    hub.forget(user["connection"])
    return redirect("/", 303)


@app.get("/me")
def me():
    def login(token):
        asked = urllib.request.Request(GITHUB_API + "/user")
        # Other headers are sent to wherever the provider redirects.
        asked.add_unredirected_header("Authorization", token.authorization)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)["login"]

    return f"At GitHub you are {hub.with_token(current_user()['connection'], login)}.", {"Content-Type": "text/plain"}


@app.post("/disconnect")
def disconnect():
    user = current_user()
    hub.call("DELETE", f"/connections/{user['connection']}")
    hub.forget(user["connection"])
    user["connection"] = None
    return redirect("/", 303)


@app.errorhandler(grantkeep.GrantkeepError)
def refused(error):
    return make_response(render_template("refusal.html", code=error.code), 409)


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]))
