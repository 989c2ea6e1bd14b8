#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The page of swf-local in Chromium: what a person sees, and does with the
keyboard alone.  Chromium is the judge of the page's markup, style, script,
security policy and stream of events.

With TEND_SCREENSHOTS=DIRECTORY it leaves pictures there to be looked at."""

import json
import os
import subprocess
import sys
import threading

sys.dont_write_bytecode = True  # the source may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from swf_peer import BUILD, Life, Service, tap, wait_for
import webdriver

if webdriver.missing():
    print("1..0 # SKIP " + webdriver.missing())
    sys.exit(0)

PATIENCE = 20
NASTY = ("<script>window.pwned = 1</script> & "
         "<img src=x onerror=window.pwned=1> &amp; \"quoted\"")
COMMAND = ('for i in 5 20 35 50 65 80 95; do echo "$i% $0"; sleep 0.2; done; '
           "exec sleep 1000")

service = Service()
client = service.client()
life = Life(client, execution="3600")
browser = webdriver.Browser()


def text(selector):
    return browser.run("const found = document.querySelector(arguments[0]);"
                       "return found && found.textContent", selector)


def shown(selector):
    return browser.run("const found = document.querySelector(arguments[0]);"
                       "return found !== null && found.checkVisibility()",
                       selector)


def sees(what, condition):
    try:
        wait_for(condition, what, PATIENCE)
        return tap.ok(True, what)
    except TimeoutError as error:
        return tap.ok(False, what, f"{error}\n"
                      + browser.run("return document.body.innerText"))


def picture(name):
    directory = os.environ.get("TEND_SCREENSHOTS")
    if directory:
        browser.screenshot(os.path.join(directory, name + ".png"))


def focused():
    """What has the focus, and whether a person can see that."""
    return browser.run("""
        const at = document.activeElement, style = getComputedStyle(at);
        return { id: at.id, tag: at.tagName, text: at.textContent,
            visible: style.outlineStyle !== 'none' &&
                parseFloat(style.outlineWidth) >= 2 };""")


def tab_to(wanted, limit=30):
    """Goes on with the Tab key until "wanted" of what has the focus."""
    hidden = []
    for _ in range(limit):
        browser.press("Tab")
        at = focused()
        if not at["visible"]:
            hidden.append(at)
        if wanted(at):
            return hidden
    raise TimeoutError(f"the Tab key does not come there, but to {at}")


def decider(task_list):
    """Passes on a cancel that was asked for, until the execution is over."""
    peer = service.client()
    while True:
        task = peer.poll_for_decision_task(domain=life.domain,
                                           taskList=task_list)
        if "taskToken" not in task:
            return
        events = [e["eventType"] for e in task["events"]]
        decisions = []
        if "ActivityTaskCanceled" in events:
            decisions = [{"decisionType": "CancelWorkflowExecution"}]
        elif "WorkflowExecutionCancelRequested" in events:
            decisions = [{
                "decisionType": "RequestCancelActivityTask",
                "requestCancelActivityTaskDecisionAttributes":
                    {"activityId": "transcode"}}]
        peer.respond_decision_task_completed(taskToken=task["taskToken"],
                                             decisions=decisions)
        if "ActivityTaskCanceled" in events:
            return


def test_with_nothing_running():
    browser.open(service.url + "/")
    sees("the page is live", lambda: text("#state") == "live")
    tap.ok(shown("#start") and service.url in text("#start-aws")
           and "tend submit" in text("#start-submit"),
           "with nothing open it says how to start something")
    if os.path.exists("/usr/bin/aws"):
        do_as_shown(text("#start-aws").replace("demo", "shown"))
        sees("what was started is seen",
             lambda: text(".pick") == "first" and not shown("#start"))
        client.terminate_workflow_execution(domain="shown",
                                            workflowId="first")
        sees("and that it was closed", lambda: shown("#closed .pick"))


def do_as_shown(commands):
    """Bash reads them; the AWS CLI does them, in one process: it starts
    slowly."""
    read = subprocess.run(
        ["bash", "-ec", "aws() { printf '%s\\0' \"$@\"; echo; }\n" + commands],
        capture_output=True, text=True, timeout=60)
    lines = [line.split("\0")[:-1] for line in read.stdout.splitlines()]
    done = subprocess.run(
        ["/usr/bin/python3", "-c", "import json, sys\n"
         "from awscli.clidriver import create_clidriver\n"
         "driver = create_clidriver()\n"
         "sys.exit(any([driver.main(line) for line in "
         "json.load(sys.stdin)]))"],
        input=json.dumps(lines), capture_output=True, text=True, timeout=60,
        env={name: value for name, value in os.environ.items()
             if not name.startswith("AWS_")})
    tap.ok(len(lines) == 3 and done.returncode == 0,
           "and the AWS CLI takes what it says", read.stderr + done.stderr)


def test_progress_and_cancel():
    life.start("movie")
    life.decide(life.schedule("transcode"))
    threading.Thread(target=decider, args=(life.task_list,),
                     daemon=True).start()
    task = life.poll()
    del task["ResponseMetadata"]
    tend = subprocess.Popen(
        [os.path.join(BUILD, "tend"), "run", "--endpoint-url", service.url,
         "--no-sign-request", "--task", "-", "-t", "60s", "-i", "100ms",
         "--input", "none", "--", "sh", "-c", COMMAND, NASTY],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True)
    tend.stdin.write(json.dumps(task))
    tend.stdin.close()
    try:
        watch_progress()
        cancel_by_keyboard()
        tap.is_(tend.wait(PATIENCE), 128 + 15, "tend has stopped the command")
    finally:
        tend.kill()
        tend.wait()


def bar():
    return browser.run("const bar = document.querySelector('#open progress');"
                       "return bar && bar.checkVisibility() ? bar.value : -1")


def watch_progress():
    sees("a progress bar", lambda: bar() > 0)
    first = bar()
    sees("the bar moves", lambda: bar() > first)
    sees("to where the command is", lambda: bar() == 95)
    tap.is_(browser.run("return document.querySelector('#open progress')"
                        ".getAttribute('aria-label')"),
            "Progress of transcode", "it has a name for who cannot see it")
    tap.is_(text("#open .details"), "95% " + NASTY,
            "what the task says is shown as text")
    tap.is_(browser.run("return [window.pwned || null, document.querySelectorAll"
                        "('script').length, document.images.length]"),
            [None, 1, 0], "and nothing of it is run or loaded")
    tap.ok(text("#open .lease").startswith("lease "), "with its lease",
           text("#open .lease"))


def cancel_by_keyboard():
    browser.run("document.activeElement.blur()")
    hidden = tab_to(lambda at: at["tag"] == "A" and at["text"] == "movie")
    browser.press("Enter")
    sees("Enter shows the execution",
         lambda: shown("#run") and text("#run-title") == "movie")
    sees("with its history", lambda: "Activity task started"
         in (text("#history") or ""))
    sees("and takes the focus there",
         lambda: focused()["id"] == "run-title")
    picture("running")
    hidden += tab_to(lambda at: at["id"] == "cancel")
    tap.is_(hidden, [], "the focus could always be seen")
    browser.press("Space")
    sees("the cancel is asked for", lambda: "Workflow execution cancel "
         "requested" in text("#history"))
    sees("the task is canceled", lambda: "Activity task canceled"
         in text("#history"))
    sees("and then the execution",
         lambda: text("#run-chip") == "Canceled" and not shown("#cancel"))
    tap.ok(focused()["id"] == "run-title", "the focus is not lost", focused())
    events = client.get_workflow_execution_history(
        domain=life.domain, execution=life.execution)["events"]
    tap.is_([e["eventType"] for e in events][-1],
            "WorkflowExecutionCanceled", "so says the history")
    tap.is_(browser.run("return document.querySelectorAll('#history li')"
                        ".length"), len(events), "all of which is shown")


def test_terminate():
    life.start("doomed")
    sees("another execution", lambda: text("#open .pick") == "doomed")
    browser.click("#open .pick")
    sees("is chosen", lambda: text("#run-title") == "doomed")
    browser.click("#terminate")
    tap.ok(shown("#ask"), "to terminate is asked twice")
    browser.press("Escape")
    sees("Escape is no", lambda: not shown("#ask"))
    tap.ok(text("#run-chip") == "Open", "nothing was done")
    browser.click("#terminate")
    browser.type("enough")
    browser.press("Tab")
    browser.press("Tab")
    browser.press("Enter")
    sees("it is terminated", lambda: text("#run-chip") == "Terminated")
    sees("for the reason given", lambda: "reason: enough" in text("#history"))
    browser.click("h1 a")
    sees("and back to all of them", lambda: not shown("#run"))


def test_faults():
    browser.click("#faults summary")
    browser.run("document.querySelector('#fault-operation').value ="
                "'RecordActivityTaskHeartbeat';"
                "document.querySelector('#fault-kind').focus()")
    browser.run("document.querySelector('#fault-count').value = 3")
    browser.click("#inject button")
    sees("a fault is injected", lambda: "throttle · 3 times left"
         in (text("#rules li") or ""))
    tap.is_(json.loads(service.http("GET", "/_local/faults")[2])[0]["count"],
            3, "at the service too")
    browser.click("#clear")
    sees("and cleared", lambda: text("#faults-sum") == "none")
    browser.press("Escape")
    sees("Escape closes it", lambda: not shown("#inject"))


def history_length():
    return browser.run("return document.querySelectorAll('#history > li')"
                       ".length")


def test_long_history():
    life.start("long")
    sees("one with much to do", lambda: text("#open .pick") == "long")
    browser.click("#open .pick")
    sees("begins", lambda: text("#run-title") == "long"
         and history_length() == 2)
    life.decide(*[life.schedule(f"part-{i}") for i in range(450)])
    sees("all that happens at once is shown, in its order",
         lambda: browser.run(
             "return [...document.querySelectorAll('#history > li')]"
             ".map(node => node.value)") == list(range(454, 0, -1)))
    sees("of many tasks some", lambda: browser.run(
        "return document.querySelectorAll('#run-activities > li').length")
        == 50 and text("#run-more") == "and 400 more"
        and text("#open .row > .note") == "and 445 more activity tasks")
    browser.open("about:blank")
    browser.open(f"{service.url}/#{life.run}")
    sees("later its newest events", lambda: history_length() == 200
         and shown("#earlier"))
    browser.click("#earlier")
    sees("and then those before", lambda: history_length() == 400)
    browser.click("#earlier")
    sees("to the first", lambda: history_length() == 454
         and not shown("#earlier"))
    client.terminate_workflow_execution(domain=life.domain,
                                        workflowId="long")
    sees("and the last", lambda: "Workflow execution terminated"
         in text("#history li"))
    browser.open(service.url + "/#%")
    sees("an address that is wrong is none", lambda: text("#state") == "live"
         and not shown("#run"))


def test_many():
    for i in range(130):
        life.start(f"many-{i:03}-" + "long-name-" * 8)
    sees("of many the newest are shown, and how many there are", lambda:
         "(130)" in text("#open-title") and "newest 100" in text("#open-note")
         and browser.run("return document.querySelectorAll('#open > li')"
                         ".length") == 100)
    browser.click("#filter")
    browser.type("many-01")
    sees("the filter finds others", lambda: browser.run(
        "return document.querySelectorAll('#open > li').length") == 10)
    for width in (1280, 390, 320):
        browser.emulate(width, 800, "light")
        tap.ok(browser.run("return document.scrollingElement.scrollWidth"
                           " <= innerWidth"),
               f"nothing sticks out of {width} pixels")
    picture("narrow")


def test_light_and_dark():
    colours = []
    for scheme in ("light", "dark"):
        browser.emulate(1280, 900, scheme)
        colours.append(browser.run(
            "const style = getComputedStyle(document.body);"
            "return [style.color, style.backgroundColor]"))
        picture(scheme)
    tap.ok(colours[0][0] != colours[1][0] and colours[0][1] != colours[1][1],
           "light and dark differ", colours)


def test_the_browser_is_content():
    tap.is_(browser.complaints(), [], "no error and no broken policy")
    tap.is_(browser.run(
        "return performance.getEntriesByType('resource').map(e => e.name)"
        ".filter(name => !name.startsWith(location.origin))"), [],
        "nothing was loaded from elsewhere")
    service.stop()
    sees("a service that is gone is told",
         lambda: text("#state") == "reconnecting")


if __name__ == "__main__":
    tap.run([value for name, value in list(globals().items())
             if name.startswith("test_")])
