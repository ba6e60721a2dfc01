#!/usr/bin/env python3
"""Talks to `retort serve` with the `openai` client from PyPI, and where that is too polite with sockets: completions, streams, many at once,
clients that leave, and every error that its users will see. usage: serve_openai.py RETORT (run by openai_client.sh)."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import openai

PROGRAM = sys.argv[1]
BASE = pathlib.Path(__file__).resolve().parent.parent / "practice_base"
ASK = "What is the word after dog in: cat dog bird"
checks = []


def check(function):
    checks.append(function)
    return function


class Server:
    def __init__(self, *flags, env=None, target=BASE):
        command = [PROGRAM, "serve", target, "--threads", "1", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **(env or {})})
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:"), f"no address printed, but {self.url!r}"
        self.port = int(self.url.split(":")[2].split("/")[0])

    def close(self):
        self.process.terminate()
        return self.process.wait(10)

    def client(self, key="unused"):
        return openai.OpenAI(base_url=self.url, api_key=key, max_retries=0, timeout=30)

    def raw(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            reply = connection.getresponse()
            return reply.status, reply.read()

    def metric(self, name):
        _, text = self.raw("GET", "/metrics")
        return float(next(line for line in text.decode().splitlines() if line.startswith(name + " ")).split()[1])

    def wait_for(self, name, value, seconds=10):
        end = time.monotonic() + seconds
        while self.metric(name) != value:
            assert time.monotonic() < end, f"{name} is {self.metric(name)}, not {value}"
            time.sleep(0.02)


SHARED = Server()


def ask(client=None, text=ASK, **more):
    client = client or SHARED.client()
    return client.chat.completions.create(model="practice_base", messages=[{"role": "user", "content": text}], **more)


def long_text(client=None, **more):
    """A continuation of many tokens, whose end token is passed over."""
    return (client or SHARED.client()).completions.create(model="practice_base", prompt="a dog", extra_body={"ignore_eos": True},
                                                          **{"max_tokens": 300, "temperature": 2, **more})


def error_of(call, kind, status, code=None, param=None):
    try:
        call()
    except kind as error:
        body = error.body or {}
        assert error.status_code == status, error
        assert body.get("code") == code, body
        assert body.get("param") == param, body
        assert body.get("message"), body
        assert set(body) == {"message", "type", "param", "code"}, body
        return body
    raise AssertionError(f"no {kind.__name__}")


@check
def a_chat_parses_into_the_clients_types():
    reply = ask(temperature=0)
    assert reply.object == "chat.completion" and reply.model == "practice_base" and reply.id.startswith("chatcmpl-")
    assert reply.choices[0].finish_reason == "stop" and reply.choices[0].message.role == "assistant"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 2
    generated = subprocess.run([PROGRAM, "generate", BASE, "--prompt", ASK, "--threads", "1"], capture_output=True, text=True, check=True)
    assert reply.choices[0].message.content == json.loads(generated.stdout)["output"]


@check
def a_seed_gives_the_draws_of_generate_and_repeats():
    generated = subprocess.run([PROGRAM, "generate", BASE, "--prompt", ASK, "--threads", "1", "--seed", "11", "--temperature", "1.5"],
                               capture_output=True, text=True, check=True)
    texts = {ask(seed=11, temperature=1.5, max_tokens=64).choices[0].message.content for _ in range(3)}
    assert texts == {json.loads(generated.stdout)["output"]}, texts
    assert len({ask(temperature=1.5, max_tokens=64).choices[0].message.content for _ in range(12)}) > 1, "without a seed nothing varies"


@check
def in_int8_too_a_seed_gives_the_draws_of_generate():
    options = ["--precision", "int8"]
    generated = subprocess.run([PROGRAM, "generate", BASE, "--prompt", ASK, "--threads", "1", "--seed", "11", "--temperature", "1.5", *options],
                               capture_output=True, text=True, check=True)
    with contextlib.closing(Server(*options)) as server:
        reply = server.client().chat.completions.create(model="practice_base", messages=[{"role": "user", "content": ASK}], seed=11, temperature=1.5, max_tokens=64)
    assert reply.choices[0].message.content == json.loads(generated.stdout)["output"] and "int8" in reply.system_fingerprint, (reply, generated.stdout)


@check
def a_stream_gives_the_same_text_in_pieces():
    options = {"seed": 5, "temperature": 1.5, "n": 3, "max_tokens": 64}
    whole = [choice.message.content for choice in ask(**options).choices]
    texts, finishes, roles, usage = ["", "", ""], [None] * 3, 0, None
    for chunk in ask(stream=True, stream_options={"include_usage": True}, **options):
        for choice in chunk.choices:
            roles += choice.delta.role == "assistant"
            texts[choice.index] += choice.delta.content or ""
            finishes[choice.index] = choice.finish_reason or finishes[choice.index]
        usage = chunk.usage or usage
    assert texts == whole and roles == 3 and all(finishes), (texts, whole, finishes)
    assert usage.prompt_tokens > 0 and usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@check
def a_stream_comes_as_it_is_made():
    moments = [time.monotonic() for _ in long_text(seed=1, stream=True, n=8)]
    assert len(moments) > 100 and moments[-1] - moments[0] > 5 * (moments[1] - moments[0])


@check
def a_completion_goes_on_with_texts_and_with_tokens():
    reply = SHARED.client().completions.create(model="practice_base", prompt=["a dog", "the"], max_tokens=5, seed=3, n=2)
    assert reply.object == "text_completion" and [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    assert reply.usage.completion_tokens <= 20
    tokens = SHARED.client().completions.create(model="practice_base", prompt=[[260, 261], [262]], max_tokens=5, seed=3)
    assert len(tokens.choices) == 2


@check
def a_stop_ends_a_text_and_is_never_shown():
    text = long_text(seed=2).choices[0].text
    stop = text[20:23]
    at = text.index(stop)
    cut = long_text(seed=2, stop=[stop, "\u0000never"])
    assert cut.choices[0].text == text[:at] and cut.choices[0].finish_reason == "stop"
    pieces = [chunk.choices[0].text for chunk in long_text(seed=2, stop=stop, stream=True)]
    assert "".join(pieces) == text[:at]


@check
def log_probabilities_are_of_the_tokens_that_were_told():
    reply = ask(logprobs=True, top_logprobs=3, seed=4, temperature=1.5, max_tokens=40).choices[0]
    told = reply.logprobs.content
    assert "".join(token.token for token in told).strip() == reply.message.content.strip()
    for token in told:
        assert token.logprob <= 0 and len(token.top_logprobs) == 3 and bytes(token.bytes).decode(errors="replace") == token.token
        assert token.top_logprobs[0].logprob >= token.logprob
        assert [o.logprob for o in token.top_logprobs] == sorted((o.logprob for o in token.top_logprobs), reverse=True)
    streamed = [token for chunk in ask(logprobs=True, top_logprobs=3, seed=4, temperature=1.5, max_tokens=40, stream=True)
                for choice in chunk.choices if choice.logprobs for token in choice.logprobs.content]
    assert [(t.token, t.logprob) for t in streamed] == [(t.token, t.logprob) for t in told]
    texts = SHARED.client().completions.create(model="practice_base", prompt="a dog", n=16, seed=1, max_tokens=80, logprobs=2).choices
    assert sum(len(text.text) > 20 for text in texts) > 1
    for text in texts:
        assert "".join(text.logprobs.tokens) == text.text
        assert all(text.text[at:].startswith(token) for at, token in zip(text.logprobs.text_offset, text.logprobs.tokens))
        assert all(token in top for token, top in zip(text.logprobs.tokens, text.logprobs.top_logprobs))


@check
def the_length_is_told_and_counted():
    reply = long_text(max_tokens=7, seed=1)
    assert reply.choices[0].finish_reason == "length" and reply.usage.completion_tokens == 7
    newer = ask(max_completion_tokens=1, temperature=0)
    assert newer.usage.completion_tokens == 1 and newer.choices[0].finish_reason == "length"


@check
def the_context_cuts_an_answer():
    reply = long_text(max_tokens=100_000, seed=1)
    assert reply.usage.total_tokens == 512 and reply.choices[0].finish_reason == "length"


@check
def the_models_are_listed():
    assert [model.id for model in SHARED.client().models.list()] == ["practice_base"]
    assert SHARED.client().models.retrieve("practice_base").owned_by == "retort"
    error_of(lambda: SHARED.client().models.retrieve("other"), openai.NotFoundError, 404, "model_not_found", "model")


@check
def a_run_is_served_with_its_checkpoints():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([pathlib.Path(PROGRAM).parent / "tests/dashboard_probe", folder, "--write", "20", "--report", f"{folder}/report.html"], stdin=subprocess.DEVNULL, check=True)
        for name in ("imitate_0", "imitate_1", "control/imitate_1"):
            shutil.copytree(BASE, f"{folder}/checkpoints/{name}")
        server = Server("--name", "mine", target=folder)
        try:
            client = server.client()
            assert [model.id for model in client.models.list()] == ["mine", "imitate_0", "imitate_1", "control/imitate_1"]
            replies = [client.chat.completions.create(model=name, messages=[{"role": "user", "content": ASK}], temperature=0) for name in ("mine", "imitate_0", "control/imitate_1")]
            assert [reply.model for reply in replies] == ["mine", "imitate_0", "control/imitate_1"]
            assert len({reply.choices[0].message.content for reply in replies}) == 1, "the same weights answer alike"
            error_of(lambda: client.models.retrieve("control/imitate_2"), openai.NotFoundError, 404, "model_not_found", "model")
        finally:
            server.close()


@check
def a_prompt_too_long_is_the_error_that_clients_look_for():
    body = error_of(lambda: ask(text="dog " * 600), openai.BadRequestError, 400, "context_length_exceeded", "messages")
    assert "512" in body["message"]
    error_of(lambda: SHARED.client().completions.create(model="practice_base", prompt="dog " * 600), openai.BadRequestError, 400,
             "context_length_exceeded", "prompt")


@check
def a_model_that_is_not_there_is_not_found():
    error_of(lambda: SHARED.client().chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "x"}]), openai.NotFoundError, 404,
             "model_not_found", "model")


@check
def what_cannot_be_done_is_refused_by_name():
    for more, code, param in [
        ({"temperature": 3}, "decimal_above_max_value", "temperature"), ({"temperature": -1}, "decimal_below_min_value", "temperature"),
        ({"top_p": 2}, "decimal_above_max_value", "top_p"), ({"n": 0}, "integer_below_min_value", "n"), ({"n": 1000}, "integer_above_max_value", "n"),
        ({"max_tokens": 0}, "integer_below_min_value", "max_tokens"), ({"max_tokens": "many"}, "invalid_type", "max_tokens"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "array_above_max_length", "stop"), ({"stop": 5}, "invalid_type", "stop"),
        ({"logit_bias": {"5": 10}}, "unsupported_parameter", "logit_bias"), ({"presence_penalty": 1}, "unsupported_parameter", "presence_penalty"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "unsupported_parameter", "tools"),
        ({"response_format": {"type": "json_object"}}, "unsupported_value", "response_format"),
        ({"top_logprobs": 3}, "invalid_value", "top_logprobs"), ({"stream_options": {"include_usage": True}}, "invalid_value", "stream_options"),
        ({"extra_body": {"frobnicate": 1}}, "unknown_parameter", "frobnicate"), ({"seed": "x"}, "invalid_type", "seed"),
    ]:
        error_of(lambda more=more: ask(**more), openai.BadRequestError, 400, code, param)
    for more in [{"logit_bias": {}}, {"presence_penalty": 0}, {"tools": []}, {"user": "me"}, {"response_format": {"type": "text"}}]:
        assert ask(temperature=0, **more).choices


@check
def messages_are_read_strictly():
    def send(messages):
        return SHARED.client().chat.completions.create(model="practice_base", messages=messages)

    picture = [{"type": "image_url", "image_url": {"url": "data:"}}]
    for messages, code, param in [([], "empty_array", "messages"), ([{"role": "wizard", "content": "x"}], "invalid_value", "messages[0].role"),
                                  ([{"role": "user", "content": 5}], "invalid_type", "messages[0].content"), ("x", "invalid_type", "messages"),
                                  ([{"role": "user", "content": picture}], "unsupported_value", "messages[0].content[0].type")]:
        error_of(lambda messages=messages: send(messages), openai.BadRequestError, 400, code, param)
    parts = [{"type": "text", "text": "What is the word after dog"}, {"type": "text", "text": " in: cat dog bird"}]
    reply = SHARED.client().chat.completions.create(model="practice_base", messages=[{"role": "user", "content": parts}], temperature=0)
    assert reply.choices[0].message.content == ask(temperature=0).choices[0].message.content


@check
def what_is_no_request_is_answered_in_the_same_form():
    path = "/v1/chat/completions"
    for method, where, body, status in [("POST", path, b"{", 400), ("POST", path, b"[1]", 400), ("POST", path, b"\xff\xfe", 400), ("POST", path, b"", 400),
                                        ("POST", path, b"{}", 400), ("GET", path, None, 405), ("POST", "/v1/models", b"{}", 405), ("GET", "/v1/nothing", None, 404),
                                        ("GET", "/nothing", None, 404), ("POST", path, b"[" * 100_000, 400), ("POST", path, b"x" * (17 << 20), 413)]:
        got, reply = SHARED.raw(method, where, body)
        assert got == status, (method, where, body and body[:20], got, reply)
        assert set(json.loads(reply)["error"]) == {"message", "type", "param", "code"}, reply


@check
def another_sites_page_and_another_name_are_refused():
    good = {"model": "practice_base", "messages": [{"role": "user", "content": ASK}], "max_tokens": 1}
    for headers in [{"Host": "evil.example"}, {"Host": f"127.0.0.1.evil.example:{SHARED.port}"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Sec_Fetch_Site": "cross-site"}]:
        status, reply = SHARED.raw("POST", "/v1/chat/completions", json.dumps(good), **headers)
        assert status == 403 and json.loads(reply)["error"]["code"] == "forbidden", (headers, status)
        assert SHARED.raw("GET", "/metrics", **headers)[0] == 403
    for headers in [{}, {"Host": f"localhost:{SHARED.port}"}, {"Origin": f"http://127.0.0.1:{SHARED.port}"}]:
        assert SHARED.raw("POST", "/v1/chat/completions", json.dumps(good), **headers)[0] == 200, headers


@check
def a_key_is_asked_for_where_one_was_set():
    server = Server("--api-key-env", "SERVE_TEST_KEY", env={"SERVE_TEST_KEY": "right-key"})
    try:
        error_of(lambda: ask(server.client("wrong-key")), openai.AuthenticationError, 401, "invalid_api_key")
        assert ask(server.client("right-key"), temperature=0).choices
        assert server.raw("GET", "/health")[0] == 200 and server.raw("GET", "/metrics")[0] == 401
    finally:
        server.close()


@check
def sixty_four_streams_at_once_each_get_their_own_text():
    alone = [long_text(seed=i, max_tokens=60).choices[0].text for i in range(4)]
    together, errors = [None] * 64, []

    def listen(i):
        try:
            together[i] = "".join(chunk.choices[0].text for chunk in long_text(seed=i % 4, max_tokens=60, stream=True))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=listen, args=(i,)) for i in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[:3]
    assert together == [alone[i % 4] for i in range(64)]
    SHARED.wait_for("retort_slots_busy", 0)


def open_stream(server, body):
    """A request whose reply nobody has read yet."""
    text = json.dumps({"model": "practice_base", **body}).encode()
    line = socket.create_connection(("127.0.0.1", server.port))
    line.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
    return line


@check
def who_leaves_frees_the_slot_streaming_waiting_or_whole():
    server = Server("--slots", "1")
    try:
        body = {"prompt": "a dog", "max_tokens": 490, "temperature": 2, "n": 60, "ignore_eos": True}
        for streams in [True, False]:
            before = server.metric("retort_client_disconnects_total")
            lines = [open_stream(server, {**body, "stream": streams}) for _ in range(4)]
            server.wait_for("retort_slots_busy", 1)
            for line in lines:
                line.close()
            server.wait_for("retort_slots_busy", 0)
            server.wait_for("retort_requests_waiting", 0)
            server.wait_for("retort_client_disconnects_total", before + 4)
        assert server.metric("retort_generated_tokens_total") < 490 * 60
        assert ask(server.client(), temperature=0).choices, "the next client is served"
    finally:
        server.close()


@check
def too_many_waiting_are_refused_for_a_moment():
    server = Server("--slots", "1", "--waiting-max", "2")
    try:
        body = {"prompt": "a dog", "max_tokens": 490, "temperature": 2, "n": 60, "ignore_eos": True}
        lines = [open_stream(server, body)]
        server.wait_for("retort_slots_busy", 1, seconds=60)  # until then it is one of those who wait
        lines += [open_stream(server, body) for _ in range(2)]
        server.wait_for("retort_requests_waiting", 2, seconds=60)
        body = error_of(lambda: ask(server.client()), openai.InternalServerError, 503, "overloaded")
        assert body["type"] == "server_error"
        for line in lines:
            line.close()
    finally:
        server.close()


@check
def a_stop_signal_ends_the_server_whatever_is_under_way():
    server = Server("--slots", "1")
    line = open_stream(server, {"prompt": "a dog", "max_tokens": 490, "temperature": 2, "n": 60, "ignore_eos": True, "stream": True})
    server.wait_for("retort_slots_busy", 1)
    begin = time.monotonic()
    assert server.close() == 0 and time.monotonic() - begin < 3
    line.close()


@check
def prometheus_can_read_the_counts():
    status, text = SHARED.raw("GET", "/metrics")
    assert status == 200
    names = set()
    for line in text.decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            float(value)
            names.add(name.split("{")[0])
    assert {"retort_requests_total", "retort_generated_tokens_total", "retort_slots", "retort_first_token_seconds_bucket", "retort_completion_seconds_sum"} <= names
    assert SHARED.raw("GET", "/health") == (200, b'{"status":"ok"}')


@check
def a_wrong_start_says_what_to_do():
    for flags, code, words in [(["--host", "0.0.0.0", "--port", "8080"], 2, "--api-key-env"), (["--host", "0.0.0.0"], 2, "--port"), (["--api-key-env", "NOT_SET_ANYWHERE"], 2, "NOT_SET_ANYWHERE"),
                               (["--port", str(SHARED.port)], 8, "another port"), (["--port", "70000"], 2, "65535"), (["--context", "9999"], 2, "512"),
                               (["--precision", "int4"], 2, "bf16"), (["--template", "none"], 2, "template")]:
        done = subprocess.run([PROGRAM, "serve", BASE, *flags], capture_output=True, text=True, timeout=30)
        assert done.returncode == code and words in done.stderr and done.stderr.count("\n") == 1, (flags, done.returncode, done.stderr)
    done = subprocess.run([PROGRAM, "serve", "no-such-model"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 3 and "no-such-model" in done.stderr, done


def main():
    failed = 0
    for function in checks:
        name, begin = function.__name__.replace("_", " "), time.monotonic()
        try:
            function()
        except Exception as error:
            failed += 1
            print(f"FAILED {name}: {type(error).__name__}: {error}")
        else:
            print(f"ok     {name} ({time.monotonic() - begin:.1f} s)")
    SHARED.close()
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
