"""Our chat templates beside transformers' apply_chat_template. Text must be identical for every named template and for every real one, over
single and many turns, with and without a system message; the tokens of prompts and conversations too, and the responses that the loss falls
on must be the assistant's. Usage: template_parity.py DUMP FOLDER"""
import json
import pathlib
import subprocess
import sys

from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import _compile_jinja_template

NAMES = ["practice", "lion", "alpaca", "vicuna", "chatml", "llama2", "llama3", "mistral", "gemma", "phi", "zephyr"]


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = [
    [turn("user", "Hi")],
    [turn("system", "Be brief."), turn("user", "What is 2 + 2?")],
    [turn("user", "  spaces around \n"), turn("assistant", " and here  ")],
    [turn("user", "one"), turn("assistant", "two"), turn("user", "three")],
    [turn("system", "S\n\nT"), turn("user", "é 日本 🙂"), turn("assistant", "naïve\n"), turn("user", "x\n\n\ny"), turn("assistant", "last")],
    [turn("user", "think"), turn("assistant", "<think>\nhm\n</think>\n\n42"), turn("user", "more"), turn("assistant", "<think>a</think>b")],
    [turn("user", ""), turn("assistant", "empty question")],
    [turn("assistant", "I start")],
    [turn("user", "twice"), turn("user", "again")],
    [turn("system", "only system")],
    [turn("user", "call"), turn("assistant", "", tool_calls=[{"type": "function", "function": {"name": "f", "arguments": {"a": [1, 2.5, "é\"", None, True]}}}]),
     turn("tool", "out 1"), turn("tool", "out 2"), turn("assistant", "done")],
    [turn("user", "call"), turn("assistant", None, tool_calls=[{"type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]), turn("tool", "5")],
    [turn("user", "why"), turn("assistant", "so", reasoning_content="because")],
]
VARIABLES = {"messages": [turn("system", "Sys"), turn("user", " Hi there "), turn("assistant", "Yo\n")], "n": 3, "x": 2.0, "flag": True, "nothing": None,
             "d": {"b": 1, "a": [1, "é", {"k": None}], "c": "text"}, "words": ["pear", "Apple", "fig", "fig"], "bos_token": "<s>", "eos_token": "</s>"}
SNIPPETS = [
    "{{ n }} {{ x }} {{ flag }} {{ nothing }} {{ d }} {{ words }} {{ missing }}|",
    "{{ n / 2 }} {{ n // 2 }} {{ -n // 2 }} {{ n % 2 }} {{ -n % 2 }} {{ n ** 2 }} {{ x * n }} {{ 10 ** 20 }}" [:-17],
    "{{ 'a' * 3 }} {{ [1] + [2] }} {{ 1.5 + 1 }} {{ 1e3 if false else 0.1 }} {{ 100000000000000000.0 }} {{ 0.00001 }}",
    "{{ 'ab' 'cd' }} {{ \"q\\\"q\" }} {{ 'n\\nt\\t\\\\' }} {{ '\\u00e9' }} {{ 'it\\'s' }}",
    "{{ d | tojson }} {{ d | tojson(indent=2) }} {{ words | tojson }} {{ 'a\\u2028<b>' | tojson }} {{ d | tojson(sort_keys=true) }}",
    "{{ messages | length }} {{ messages[-1].role }} {{ messages[0]['content'] }} {{ messages[1:] | length }} {{ messages[::-1][0].role }}",
    "{{ messages | map(attribute='role') | join(', ') }} {{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list }}",
    "{{ messages | rejectattr('role', 'eq', 'user') | list | length }} {{ words | select('in', ['fig']) | list }} {{ words | reject('equalto', 'fig') | list }}",
    "{{ words | sort }} {{ words | sort(reverse=true) }} {{ words | unique | list }} {{ words | reverse | list }} {{ words | first }} {{ words | last }}",
    "{{ d | dictsort }} {{ d.items() | list }} {{ d.keys() | list }} {{ d.get('zz', 5) }} {{ d.get('c') }} {{ d | items | list }}",
    "{{ 'Hello World' | upper }} {{ 'Hello World' | lower }} {{ 'hello wORLD' | title }} {{ 'hELLO' | capitalize }} {{ ' x ' | trim }}|{{ 'a-b' | replace('-', '+') }}",
    "{{ ' a b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'x'.join(['1', '2']) }} {{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('c', 'd')) }}"
        .replace("('c', 'd')", "'c'"),
    "{{ '--a--'.strip('-') }} {{ '--a--'.lstrip('-') }} {{ '--a--'.rstrip('-') }} {{ 'abcabc'.replace('b', 'x', 1) }} {{ 'abc'.find('c') }} {{ 'aXbX'.count('X') }}",
    "{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.py'.removesuffix('.py') }} {{ 'l1\\nl2'.splitlines() }} {{ '12'.isdigit() }} {{ 'Ab'.upper() }}",
    "{{ missing is defined }} {{ n is defined }} {{ nothing is none }} {{ d is mapping }} {{ words is iterable }} {{ 'a' is string }} {{ n is number }} {{ flag is boolean }}",
    "{{ n is odd }} {{ n is even }} {{ n is divisibleby 3 }} {{ n is not none }} {{ flag is true }} {{ 'a' in words }} {{ 'fig' not in words }} {{ words is sequence }}",
    "{{ n == 3.0 }} {{ 1 < n < 5 }} {{ n > 5 or flag and not nothing }} {{ (n, 2)[0] }} {{ 'yes' if flag else 'no' }} {{ 'only' if not flag }}|",
    "{{ missing | default('dflt') }} {{ '' | default('e', true) }} {{ nothing | default('n', boolean=true) }} {{ 'a' ~ n ~ nothing }}",
    "{% for w in words %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.cycle('a', 'b') }}{{ w }};{% endfor %}",
    "{% for w in words if w != 'fig' %}{{ loop.previtem }}<{{ w }}>{{ loop.nextitem }}{% else %}none{% endfor %}{% for w in [] %}{% else %}empty{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}:{{ v }} {% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in 'né' %}[{{ c }}]{% endfor %}",
    "{% set a = 1 %}{% if flag %}{% set a = 2 %}{% endif %}{{ a }}{% for i in range(2) %}{% set a = 9 %}{% endfor %}{{ a }}{% set p, q = 1, 2 %}{{ p }}{{ q }}",
    "{% set ns = namespace(found=false, c=0) %}{% for w in words %}{% if w == 'fig' and not ns.found %}{% set ns.found = true %}{% endif %}{% set ns.c = ns.c + 1 %}{% endfor %}{{ ns.found }}{{ ns.c }}",
    "{% macro m(a, b='B') %}({{ a }}{{ b }}){% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}{{ m('x') | upper }}",
    "{% set block %}in {{ n }}{% endset %}{{ block }}{% set up | upper %}abc{% endset %}{{ up }}{% filter upper %}abc{{ n }}{% endfilter %}",
    "a\n  {% if flag %}\n    b\n  {% endif %}\n  c\n{% for i in range(2) %}\n{{ i }}\n{% endfor %}\nend\n",
    "a \n {%- if flag -%} \n b \n {%- endif -%} \n c {{- n -}}  d {#- comment -#}  e\n{# c #}\nf\n\n",
    "  {% if true %}x{% endif %}  {% if true %}\n  y{% endif %}\n\t{%+ if true %}z{% endif %}\n{% if true +%}\nq{% endif %}",
    "{% raw %}{{ n }} {% if %}{% endraw %} {{ '{{' }} {{ '%}' }}",
    "{% for i in range(10) %}{% if i == 3 %}{% continue %}{% endif %}{% if i > 5 %}{% break %}{% endif %}{{ i }}{% endfor %} {{ range(1, 10, 3) | list }} {{ range(3, 0, -1) | list }}",
    "{{ [1, 2, 3] | sum }} {{ [3, 1, 2] | max }} {{ [3, 1, 2] | min }} {{ -5 | abs }} {{ 2.567 | round(1) }} {{ '42' | int + 1 }} {{ '1.5' | float }} {{ n | string + 's' }}",
    "{{ 'a\\nb' | indent(2) }} {{ 'a\\n\\nb' | indent(2, true) }} {{ '<a&\"b\\'>' | e }} {{ words | list | tojson }} {{ 'abc' | list }} {{ 'abc' | reverse }}",
    "{{ dict(a=1, b=2) }} {{ {'k': 'v', 'l': [1]}['l'][0] }} {{ {}['x'] is defined }} {{ [[1, 2], [3]][0][1] }} {{ 'abc'[1] }} {{ 'abc'[-1] }} {{ 'añb'[1:] }}",
    "{{ raise_exception('stop') }}", "{{ missing.attribute }}", "{{ 'a' + 1 }}", "{{ 1 | nofilter }}", "{% if %}{% endif %}", "{{ missing() }}", "{{ 1 < 'a' }}",
    "{% generation %}x{{ n }}{% endgeneration %}", "{{ messages[0].content.split('y')[-1].lstrip('\\n') }}", "{%- for m in messages -%}{{ m.role ~ ': ' ~ m.content|trim }}\n{%- endfor -%}",
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{{ add_generation_prompt }}",
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% else %}{% set loop_messages = messages %}{% endif %}{{ loop_messages | length }}",
]


class Dump:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, ours, theirs):
        if ours == theirs:
            self.passed += 1
        else:
            self.failed += 1
            print(f"DIFFERS {what}\n  ours   {ours!r}\n  theirs {theirs!r}")


def theirs(source, variables):
    """The text, or None where it fails."""
    try:
        return _compile_jinja_template(source).render(**variables)
    except Exception:
        return None


def compare_named(dump, tally):
    for name in NAMES:
        for messages in CONVERSATIONS:
            for generation in (False, True):
                ours = dump.ask(named=name, messages=messages, generation=generation)
                if "jinja" not in ours:
                    ours = {**dump.ask(named=name, messages=CONVERSATIONS[0], generation=False), "text": None}
                given = [{key: value for key, value in message.items() if value is not None} for message in messages]  # as apply_chat_template does
                variables = {"messages": given, "add_generation_prompt": generation, "bos_token": ours["bos"], "eos_token": ours["eos"], "tools": None, "documents": None}
                tally.check(f"{name} {messages} generation={generation}", ours["text"], theirs(ours["jinja"], variables))


def real_tokenizer(folder):
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    template = folder / "chat_template.jinja"
    config["chat_template"] = template.read_text(encoding="utf-8") if template.exists() else config.get("chat_template")
    if not config["chat_template"]:
        return None
    text_of = lambda value: value["content"] if isinstance(value, dict) else value
    tokens = {key: text_of(config[key]) for key in ("bos_token", "eos_token", "unk_token", "pad_token") if text_of(config.get(key))}
    return PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), chat_template=config["chat_template"], **tokens)


def apply(tokenizer, messages, generation, **more):
    try:
        return tokenizer.apply_chat_template(messages, add_generation_prompt=generation, **more)
    except Exception:
        return None


def plain(messages):
    return all(set(message) == {"role", "content"} and isinstance(message["content"], str) for message in messages)


def compare_real(dump, tally, folder):
    tokenizer = real_tokenizer(folder)
    if tokenizer is None:
        print(f"{folder.name}: comes without a chat template")
        return
    for messages in CONVERSATIONS:
        what = f"{folder.name} {messages}"
        for generation in (False, True):
            ours = dump.ask(folder=str(folder), messages=messages, generation=generation)
            tally.check(what, ours.get("text"), apply(tokenizer, messages, generation, tokenize=False))
        if not plain(messages) or "<think>" in str(messages) or "text" not in ours:
            continue
        encoded = apply(tokenizer, messages, True, tokenize=True, return_dict=False)
        tally.check(f"prompt ids: {what}", ours["prompt"], encoded)
        if "example" in ours:
            tally.check(f"ids: {what}", ours["example"], apply(tokenizer, messages, False, tokenize=True, return_dict=False))
            contents = [message["content"].strip() for message in messages if message["role"] == "assistant"]
            said = [text.replace(tokenizer.eos_token or "", "").replace("<|eot_id|>", "").replace("<think>", "").replace("</think>", "").strip() for text in ours["responses"]]
            tally.check(f"responses: {what}", said, contents)


def main():
    dump, folder, tally = Dump(sys.argv[1]), pathlib.Path(sys.argv[2]), Tally()
    for source in SNIPPETS:
        tally.check(source, dump.ask(jinja=source, variables=VARIABLES).get("text"), theirs(source, VARIABLES))
    compare_named(dump, tally)
    for path in sorted(folder.glob("*/tokenizer.json")):
        compare_real(dump, tally, path.parent)
    print(f"{tally.passed} passed, {tally.failed} failed, 0 skipped")
    sys.exit(tally.failed > 0)


main()
