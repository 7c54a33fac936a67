"""A small app that asks the platform on each request, to be served by a real gunicorn."""

from __future__ import annotations

import os

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue

from dingbridge import DingBridge
from dingbridge.errors import DingBridgeError, RateLimited


def create_app() -> Flask:
    """`/user/<userid>`, `/department/<id>` and `/healthz`."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "for tests only"
    bridge = DingBridge(app)
    openapi = bridge.openapi_of(app).patient(float(os.environ.get("PATIENCE", "5")))

    @app.get("/user/<userid>")
    def user(userid: str) -> ResponseReturnValue:
        return jsonify(name=openapi.users.get(userid).name, worker=os.getpid())

    @app.get("/department/<int:number>")
    def department(number: int) -> ResponseReturnValue:
        return jsonify(name=openapi.departments.get(number).name, worker=os.getpid())

    @app.get("/current/<userid>")
    def current(userid: str) -> ResponseReturnValue:
        return jsonify(name=bridge.openapi.users.get(userid).name)

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return Response("ok")

    @app.errorhandler(DingBridgeError)
    def failed(error: DingBridgeError) -> ResponseReturnValue:
        seconds = error.retry_after if isinstance(error, RateLimited) else 0.0
        return jsonify(error=error.code, seconds=seconds, worker=os.getpid()), 503

    return app


app = create_app() if "DING_CLIENT_ID" in os.environ else None
