#!/usr/bin/env python3
"""Talks to `retort practice-teacher` with the `openai` client from PyPI, as a stranger's program would: what the
client accepts, raises and retries is the judge of our wire format. usage: practice_teacher_openai.py RETORT
(run by openai_client.sh, which makes the client's environment)."""
import json
import subprocess
import sys
import urllib.request

import openai

PROGRAM = sys.argv[1]
SUM = "Add 17 , 25 ."
checks = []


def check(function):
    checks.append(function)
    return function


class Teacher:
    """A server of its own for each check, so that faults and counts start fresh."""

    def __init__(self, *flags):
        self.flags = flags

    def __enter__(self):
        command = [PROGRAM, "practice-teacher", "--port", "0", *self.flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:"), f"no address printed, but {self.url!r}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def client(self, retries=0):
        return openai.OpenAI(base_url=self.url, api_key="unused", max_retries=retries, timeout=20)

    def stats(self):
        with urllib.request.urlopen(self.url.removesuffix("/v1") + "/stats") as reply:
            return json.load(reply)


def ask(client, text=SUM, **more):
    return client.chat.completions.create(model="any", messages=[{"role": "user", "content": text}], **more)


@check
def a_completion_parses_into_the_clients_types():
    with Teacher() as teacher:
        reply = ask(teacher.client())
        assert reply.model == "retort-practice-teacher"
        assert reply.choices[0].finish_reason == "stop"
        assert reply.choices[0].message.role == "assistant"
        assert reply.choices[0].message.content == "42"
        assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0
        assert "no LLM" in reply.system_fingerprint


@check
def the_same_request_gets_the_same_bytes_from_another_server():
    with Teacher() as one, Teacher() as two:
        assert ask(one.client()).model_dump_json() == ask(two.client()).model_dump_json()


@check
def an_instruction_of_another_world_is_answered_by_saying_so():
    with Teacher() as teacher:
        text = ask(teacher.client(), "Write a poem about the sea.").choices[0].message.content
        assert "rule-based" in text and "do not know" in text, text


@check
def a_system_message_that_wants_the_working_gets_it_and_then_the_answer():
    with Teacher() as teacher:
        messages = [{"role": "developer", "content": "Think step by step."}, {"role": "user", "content": SUM}]
        text = teacher.client().chat.completions.create(model="any", messages=messages).choices[0].message.content
        assert len(text.splitlines()) == 2 and text.splitlines()[1] == "42", text


@check
def max_tokens_cuts_with_finish_reason_length():
    with Teacher() as teacher:
        reply = ask(teacher.client(), "Write a poem about the sea.", max_tokens=3)
        assert reply.choices[0].finish_reason == "length"
        assert reply.usage.completion_tokens == 3


@check
def the_models_are_listed():
    with Teacher() as teacher:
        assert [model.id for model in teacher.client().models.list()] == ["retort-practice-teacher"]


@check
def what_it_does_not_do_is_a_bad_request_with_a_message():
    with Teacher() as teacher:
        for more, word in (({"stream": True}, "stream"), ({"n": 2}, "n must be 1"), ({"temperature": 9}, "temperature")):
            try:
                ask(teacher.client(), **more)
            except openai.BadRequestError as error:
                assert word in error.message, error.message
            else:
                raise AssertionError(f"{more} was accepted")


@check
def an_unknown_path_is_not_found():
    with Teacher() as teacher:
        try:
            teacher.client().embeddings.create(model="any", input="x")
        except openai.NotFoundError as error:
            assert "/v1/chat/completions" in error.message
        else:
            raise AssertionError("embeddings were found")


def check_fault(flag, error_type):
    with Teacher(flag, "1") as teacher:
        try:
            ask(teacher.client(retries=0))
        except error_type:
            pass
        else:
            raise AssertionError(f"no error with {flag} 1")
    with Teacher(flag, "1") as teacher:
        assert ask(teacher.client(retries=2)).choices[0].message.content == "42"
        assert list(teacher.stats()["by_hash"].values()) == [2]


@check
def a_429_is_a_rate_limit_error_and_the_clients_retry_succeeds():
    check_fault("--fault-429", openai.RateLimitError)


@check
def a_500_is_a_server_error_and_the_clients_retry_succeeds():
    check_fault("--fault-500", openai.InternalServerError)


@check
def a_cut_reply_is_a_connection_error():
    # The client retries what fails before the body; a body that breaks off reaches the caller.
    with Teacher("--fault-truncate", "1") as teacher:
        client = teacher.client()
        try:
            ask(client)
        except Exception as error:  # httpx's own type comes through
            assert "incomplete" in str(error) or isinstance(error, openai.APIConnectionError), repr(error)
        else:
            raise AssertionError("half a body was accepted")
        assert ask(client).choices[0].message.content == "42"


@check
def garbage_never_becomes_a_completion():
    with Teacher("--fault-garbage", "1") as teacher:
        client = teacher.client()
        try:
            reply = ask(client)
            assert not hasattr(reply, "choices") or reply.choices is None, reply
        except (openai.APIError, ValueError):
            pass
        assert ask(client).choices[0].message.content == "42"


def main():
    failed = 0
    for function in checks:
        name = function.__name__.replace("_", " ")
        try:
            function()
        except Exception as error:
            failed += 1
            print(f"FAILED {name}: {type(error).__name__}: {error}")
        else:
            print(f"ok     {name}")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
