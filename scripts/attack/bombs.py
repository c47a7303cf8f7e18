"""Small requests beside large pictures."""

import collections
import threading
import time

from .client import Client, Surprise
from .requests import WORDS, bombing


def small_times(address, count, name, patience):
    """How long small requests take, one after the other."""
    times = []
    for index in range(count):
        started = time.monotonic()
        text = {"type": "text", "text": WORDS[index % len(WORDS)]}
        status, document, _ = Client(address, f"{name}-{index}", patience).plain(
            "/v1/interleave", {"input": [text], "mode": "text", "text": {"max_tokens": 2}, "seed": index})
        if status != 200:
            raise Surprise(f"a small request: {status} {document}")
        times.append(time.monotonic() - started)
    return sorted(times)


def judge_bombs(run):
    """Compares small requests' times without and with clients that send nothing but large pictures."""
    arguments = run.arguments
    percentile = lambda times: times[min(len(times) - 1, len(times) * 99 // 100)]
    documents = [bombing(1_000_000 + index, 3) for index in range(arguments.bombers)]
    small_times(run.address, 20, "warm", arguments.patience)
    alone = percentile(small_times(run.address, arguments.small, "alone", arguments.patience))
    is_over, sent = threading.Event(), collections.Counter()

    def throw(number):
        while not is_over.is_set():
            try:
                status, document, _ = Client(run.address, f"bomber-{number}", arguments.patience).plain(
                    "/v1/interleave", documents[number])
                sent[status] += 1
                if status not in (200, 429, 503):
                    run.problem(f"a bomb: {status} {document}")
                if status != 200:
                    time.sleep(0.05)
            except Exception as error:
                run.problem(f"a bomb: {type(error).__name__}: {error}")
                return

    threads = [threading.Thread(target=throw, args=(number,)) for number in range(arguments.bombers)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        beside = percentile(small_times(run.address, arguments.small, "beside", arguments.patience))
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    limit = 2 * alone + 0.1
    if beside > limit:
        run.problem(f"small requests take {beside * 1000:.0f} ms beside bombs, at most {limit * 1000:.0f} ms may be")
    return alone, beside, sum(sent.values())
