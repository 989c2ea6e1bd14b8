#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A worker as people write it with boto3: each slot polls, runs the command,
reports.  For the benchmarks of tend worker.

	boto_worker.py threads|processes URL SLOTS TASKS COMMAND [ARG]...
"""

import multiprocessing
import subprocess
import sys
import threading

import boto3
import botocore.config


def work(url, tasks, command):
    client = boto3.session.Session().client(
        "swf", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="x", aws_secret_access_key="y",
        config=botocore.config.Config(read_timeout=70,
                                      retries={"max_attempts": 0}))
    while tasks > 0:
        task = client.poll_for_activity_task(
            domain="test", taskList={"name": "list"})
        if not task.get("taskToken"):
            continue
        tasks -= 1
        status = subprocess.run(command, check=False).returncode
        if status == 0:
            client.respond_activity_task_completed(
                taskToken=task["taskToken"], result="")
        else:
            client.respond_activity_task_failed(
                taskToken=task["taskToken"], reason=f"exit status {status}")


def main():
    mode, url, slots, tasks = sys.argv[1:5]
    each = int(tasks) // int(slots)
    kind = {"threads": threading.Thread,
            "processes": multiprocessing.Process}[mode]
    workers = [kind(target=work, args=(url, each, sys.argv[5:]))
               for _ in range(int(slots))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


main()
