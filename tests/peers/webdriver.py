# SPDX-License-Identifier: MIT
"""A browser as a judge: headless Chromium, driven by chromedriver with the
WebDriver protocol, with nothing but Python's own library.  It has a profile
of its own that goes away with it, and reaches no host but 127.0.0.1."""

import atexit
import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c",
        "Space": " ", "Shift": "\ue008"}
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
    "--disable-gpu", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-extensions", "--disable-sync",
    "--disable-breakpad", "--metrics-recording-only", "--mute-audio",
    "--no-proxy-server", "--window-size=1280,900",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


def missing():
    """What is not installed, or None."""
    for name in ("chromium", "chromedriver"):
        if shutil.which(name) is None:
            return name + " is not installed"
    return None


class Browser:
    def __init__(self):
        self.session = None
        self.directory = tempfile.mkdtemp(prefix="tend-browser.")
        # Whatever it writes, it writes there.
        environment = {"PATH": os.environ["PATH"], "HOME": self.directory,
                       "TMPDIR": self.directory, "LANG": "C.UTF-8"}
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        atexit.register(self.quit)
        for line in self.driver.stdout:
            started = re.search(r"successfully on port (\d+)", line)
            if started:
                break
        self.http = http.client.HTTPConnection("127.0.0.1",
                                               int(started.group(1)), 60)
        self.session = self.ask("POST", "/session", {"capabilities": {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {
                    "binary": shutil.which("chromium"),
                    "args": ARGUMENTS + ["--user-data-dir=" + os.path.join(
                        self.directory, "profile")]}}}})["sessionId"]

    def ask(self, method, path, body=None):
        if self.session is not None:
            path = f"/session/{self.session}{path}"
        self.http.request(method, path,
                          None if body is None else json.dumps(body),
                          {"Content-Type": "application/json"})
        answer = self.http.getresponse()
        value = json.loads(answer.read())["value"]
        if answer.status != 200:
            raise RuntimeError(f"{path}: {value['message']}")
        return value

    def quit(self):
        try:
            if self.session is not None:
                self.ask("DELETE", "")
        except (OSError, RuntimeError, http.client.HTTPException):
            pass
        self.session = None
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What the script returns; arguments[0] is its first argument."""
        return self.ask("POST", "/execute/sync",
                        {"script": script, "args": list(arguments)})

    def press(self, key, shift=False):
        """A key of the keyboard, to whatever has the focus."""
        value = KEYS.get(key, key)
        actions = [{"type": "keyDown", "value": value},
                   {"type": "keyUp", "value": value}]
        if shift:
            actions = [{"type": "keyDown", "value": KEYS["Shift"]}, *actions,
                       {"type": "keyUp", "value": KEYS["Shift"]}]
        self.ask("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def type(self, text):
        for character in text:
            self.press(character)

    def click(self, selector):
        found = self.ask("POST", "/element", {
            "using": "css selector", "value": selector})
        self.ask("POST", f"/element/{found[ELEMENT]}/click", {})

    def emulate(self, width, height, scheme):
        """A screen of that size that prefers "light" or "dark"."""
        self.command("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}]})
        self.command("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1,
            "mobile": width < 600})

    def command(self, name, parameters):
        return self.ask("POST", "/goog/cdp/execute",
                        {"cmd": name, "params": parameters})

    def complaints(self):
        """What stands in the browser's console."""
        return [entry["message"] for entry in
                self.ask("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))
