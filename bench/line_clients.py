"""Requests a second of aiohttp, the openai client and ours: 64 in flight, 2 KB out, 1.3 KB back, one core, in turns against one server. Rates by the wall and
by the processor: on a machine that others use too, the second is what compares. usage: line_clients.py bench_line_and_store"""
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import aiohttp
import openai

IN_FLIGHT = 64
BODY = b"y" * 2048
TURNS = 3
REQUESTS = {"client": 40_000, "aiohttp": 8_000, "openai": 1_500}


async def many(count, one):
    left = iter(range(count))

    async def lane():
        for _ in left:
            await one()

    await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))


async def with_aiohttp(url, count):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
        async def one():
            async with session.post(url + "/chat/completions", data=BODY, headers={"content-type": "application/json"}) as reply:
                assert json.loads(await reply.read())["choices"]
        await many(count, one)


async def with_openai(url, count):
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:
        async def one():
            reply = await client.chat.completions.create(model="bench", messages=[{"role": "user", "content": BODY.decode()}])
            assert reply.choices
        await many(count, one)


def cpu(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def measure(name, program, port):
    """Requests a second: by the wall, by the processor."""
    count = REQUESTS[name]
    who = resource.RUSAGE_CHILDREN if name == "client" else resource.RUSAGE_SELF
    before, began = cpu(who), time.perf_counter()
    if name == "client":
        subprocess.run([program, "--client", str(port), str(count), str(IN_FLIGHT)], check=True, stdout=subprocess.DEVNULL)
    else:
        asyncio.run((with_aiohttp if name == "aiohttp" else with_openai)(f"http://127.0.0.1:{port}/v1", count))
    return count / (time.perf_counter() - began), count / (cpu(who) - before)


def figure(name, value, unit):
    print(json.dumps({"name": name, "figure": float(f"{value:.4g}"), "unit": unit}), flush=True)


def main(program):
    if hasattr(os, "sched_setaffinity") and os.cpu_count() > 1:
        os.sched_setaffinity(0, {0})
    server = subprocess.Popen(["taskset", "-c", "1", program, "--serve"] if os.cpu_count() > 1 else [program, "--serve"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    rates = {name: [] for name in REQUESTS}
    for _ in range(TURNS):
        for name, found in rates.items():
            found.append(measure(name, program, port))
    server.stdin.close()
    server.wait()
    wall = {name: statistics.median(r[0] for r in found) for name, found in rates.items()}
    core = {name: statistics.median(r[1] for r in found) for name, found in rates.items()}
    for name in REQUESTS:
        figure(f"{name}_requests_by_turns", wall[name], "1/s")
        figure(f"{name}_requests_per_cpu_second", core[name], "1/s")
    for other in ("aiohttp", "openai"):
        figure(f"client_vs_{other}", core["client"] / core[other], "ratio of requests per processor second")
        figure(f"client_vs_{other}_by_wall", wall["client"] / wall[other], "ratio")


if __name__ == "__main__":
    main(sys.argv[1])
