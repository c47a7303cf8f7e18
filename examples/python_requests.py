"""Asks three questions about a picture, with requests.

usage: python_requests.py [ADDRESS]
"""

import base64
import pathlib
import sys

import requests

base = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
scene = pathlib.Path(__file__).resolve().parent.parent / "docs/examples/scene.png"
picture = {"type": "image", "image": base64.b64encode(scene.read_bytes()).decode()}


def ask(question):
    document = {"template": "question", "input": [picture, {"type": "text", "text": question}], "explain": True}
    answer = requests.post(f"{base}/v1/interleave", json=document, timeout=60)
    if answer.status_code != 200:
        # The error says what is wrong with which field.
        error = answer.json()["error"]
        sys.exit(f"{error['code']}: {error['message']}")
    return answer.json()


for question in ("What color is the star?", "Where is the square?", "How many objects are there?"):
    answer = ask(question)
    # A picture goes through the vision model once; afterwards its features are there.
    print(f"{question} {answer['segments'][0]['text']}")
print("the picture the last time:", answer["explain"]["images"][0])

refused = requests.post(f"{base}/v1/interleave", json={"input": [picture], "text": {"top_p": 2}}, timeout=60)
print(refused.status_code, refused.json()["error"]["param"])
