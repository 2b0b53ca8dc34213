"""The application's own users. Yours have passwords, a database and sessions that end; these live in memory."""
import uuid

from flask import Blueprint, abort, redirect, render_template, request, session

users = Blueprint("users", __name__)
known = {}


@users.get("/sign-in")
def form():
    return render_template("sign-in.html")


@users.post("/sign-in")
def sign_in():
    name = request.form["name"]
    known.setdefault(name, {"id": str(uuid.uuid4()), "label": name, "connection": None})
    session["name"] = name
    return redirect("/", 303)


def current_user():
    """The user who is signed in; everybody else goes to the form."""
    user = known.get(session.get("name"))
    return user or abort(redirect("/sign-in", 303))
