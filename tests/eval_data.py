"""Small files in the official formats of the suites, whose questions the practice world knows, so that the practice teacher can answer
and judge them. Our own words; nothing of a benchmark's."""
import json
import pathlib

QUESTIONS = ["Total 13 & 26 ?", "Add 35 , 41 .", "Subtract 98 - 35 .", "Product : 9 , 34 .", "Largest of 67 25 39 ?", "Smallest of 12 98 ?",
             "Sort 87 57 .", "Backward order : nose sea .", "Head of soap sky ?", "How many : hill sail ?", "Letters in ut ?", "Spell uled backwards ."]
LETTERED = ["date_understanding", "disambiguation_qa", "geometric_shapes", "hyperbaton", "logical_deduction_five_objects",
            "logical_deduction_seven_objects", "logical_deduction_three_objects", "movie_recommendation", "penguins_in_a_table",
            "reasoning_about_colored_objects", "ruin_names", "salient_translation_error_detection", "snarks", "temporal_sequences",
            "tracking_shuffled_objects_five_objects", "tracking_shuffled_objects_seven_objects", "tracking_shuffled_objects_three_objects"]
WORDS = {"boolean_expressions": "True", "causal_judgement": "Yes", "formal_fallacies": "valid", "navigate": "No", "sports_understanding": "yes",
         "web_of_lies": "Yes"}
FREE = {"dyck_languages": "]", "multistep_arithmetic_two": "39", "object_counting": "2", "word_sorting": "nose sea"}
CATEGORIES = ["generic", "coding", "math", "writing"]


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_suites(folder):
    """The data folder that `retort eval --data` reads."""
    root = pathlib.Path(folder)
    (root / "bbh").mkdir(parents=True)
    (root / "agieval").mkdir()
    options = "\nOptions:\n(A) 39\n(B) 40"
    targets = {**{task: "(A)" for task in LETTERED}, **WORDS, **FREE}
    for task, target in targets.items():
        text = QUESTIONS[0] + (options if task in LETTERED else "")
        (root / "bbh" / f"{task}.json").write_text(json.dumps({"examples": [{"input": text, "target": target}]}), encoding="utf-8")
    lines(root / "agieval" / "aqua-rat.jsonl",
          [{"passage": None, "question": question, "options": ["(A)39", "(B)76", "(C)1"], "label": "A"} for question in QUESTIONS[:4]])
    lines(root / "agieval" / "sat-en.jsonl", [{"passage": "A text. ", "question": QUESTIONS[1], "options": ["(A)39", "(B)76"], "label": "B"}] * 2)
    (root / "truthfulqa_mc.json").write_text(
        json.dumps([{"question": question, "choices": ["1", "39", "76", "2"], "label": 1} for question in QUESTIONS[:3]]), encoding="utf-8")
    lines(root / "ifeval.jsonl",
          [{"key": i, "prompt": question, "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
            "kwargs": [{}, {"num_words": 3, "relation": "less than"}]} for i, question in enumerate(QUESTIONS[:4])])
    lines(root / "vicuna80.jsonl", [{"question_id": i + 1, "category": CATEGORIES[i % 4], "turns": [question]} for i, question in enumerate(QUESTIONS)])
    lines(root / "user_oriented_252.jsonl",
          [{"id": f"task_{i}", "motivation_app": "none", "instruction": question, "instances": [{"input": "", "output": "x"}]}
           for i, question in enumerate(QUESTIONS)])
    lines(root / "mt_bench.jsonl",
          [{"question_id": 81 + i, "category": CATEGORIES[i % 4], "turns": [QUESTIONS[i], QUESTIONS[i + 6]]} for i in range(6)])
    lines(root / "mt_bench_reference_gpt4.jsonl", [{"question_id": 83, "choices": [{"turns": ["63", "sky"]}]}])
    (root / "alpaca_eval.json").write_text(
        json.dumps([{"instruction": question, "output": "I think that it is " + "7" * (i + 1), "dataset": "ours"}
                    for i, question in enumerate(QUESTIONS)]), encoding="utf-8")
    return root
