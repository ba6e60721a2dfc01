// Where the official files are. Sizes and checksums are of the files that this program was tested with; a
// file without them is compared with what its first download had.
#include "eval/fetch_list.h"

namespace retort {
namespace {

constexpr OfficialFile kFiles[] = {
    {"bbh", "bbh/boolean_expressions.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/boolean_expressions.json", 17172,
     "ea6c754ec005e2d3f2d085d349a740f593b5764f32ea4638ffed4cfc0061b12a", "MIT"},
    {"bbh", "bbh/causal_judgement.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/causal_judgement.json", 202943,
     "6e8bca44dd402008ed41c07a3d0a1d5e7b03db7001a7e002fcdf4c60985ea081", "MIT"},
    {"bbh", "bbh/date_understanding.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/date_understanding.json", 61760,
     "0148d4ac5fca05b2f82373e5fef7208e15363b9c6079493034d77b3dab496bf5", "MIT"},
    {"bbh", "bbh/disambiguation_qa.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/disambiguation_qa.json", 85255,
     "cf06df9ebf911b883671cb1b35d3fbd1a1c306b19b9e9a012407e596c85fe8c6", "MIT"},
    {"bbh", "bbh/dyck_languages.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/dyck_languages.json", 43814,
     "3f9badedf15c2be1ce53d94fdf016299bb30ba231ef087ab9f51a7ed6d0bdc25", "MIT"},
    {"bbh", "bbh/formal_fallacies.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/formal_fallacies.json", 145562,
     "4c1adb664821157faade1d4153685403afcc02648f3c180a608a18f17f589629", "MIT"},
    {"bbh", "bbh/geometric_shapes.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/geometric_shapes.json", 77242,
     "07be68a124420caa2ebc0b2c858ad79fc55c5c8806170e496e1e17ebfb11f31c", "MIT"},
    {"bbh", "bbh/hyperbaton.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/hyperbaton.json", 44706,
     "b6d7f55c75f5d02f2987a4f3123802dfa093872089a56a334144aae8a7264fdc", "MIT"},
    {"bbh", "bbh/logical_deduction_five_objects.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "logical_deduction_five_objects.json",
     155477, "d2df31394b903b7f0e085d42a69572a092987856eac076799017d70ef266fa8f", "MIT"},
    {"bbh", "bbh/logical_deduction_seven_objects.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "logical_deduction_seven_objects.json",
     198404, "2896c7e3482eea318dd37bcc370d24ec3cc91e8374c1784287b5dbd38a529e33", "MIT"},
    {"bbh", "bbh/logical_deduction_three_objects.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "logical_deduction_three_objects.json",
     112213, "e590fae72e3a6041fbd23bd8ff6b74baf44ca563f6ba40a041c55e7b867c1681", "MIT"},
    {"bbh", "bbh/movie_recommendation.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/movie_recommendation.json", 57684,
     "a8b53a87ee21a865b7248e694f388a9b8f7cf6b839b11d44796a2dd3fc088983", "MIT"},
    {"bbh", "bbh/multistep_arithmetic_two.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/multistep_arithmetic_two.json",
     18325, "c9d5a6433c9b78256422a15c78463949c8bec8d85607aa28b52d7234ad4a8595", "MIT"},
    {"bbh", "bbh/navigate.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/navigate.json", 55163,
     "b7944dfd3c81da5c4815bd75b00d6fa3c64140823498e78ed496f4c3d36f7f0d", "MIT"},
    {"bbh", "bbh/object_counting.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/object_counting.json", 35890,
     "8acef14dbbdd40d2326ef7755750b6b5fe919fef06276af1bab3f1c297f022ff", "MIT"},
    {"bbh", "bbh/penguins_in_a_table.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/penguins_in_a_table.json", 74516,
     "bb87ee449698eee51215e025a453b1bcb2f5e6589c2063b2c79e68b8f0655228", "MIT"},
    {"bbh", "bbh/reasoning_about_colored_objects.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "reasoning_about_colored_objects.json",
     98694, "0a8850cf95166020fce7a78244026ceedd7ea839302471512b4f8744e85a6a49", "MIT"},
    {"bbh", "bbh/ruin_names.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/ruin_names.json", 53178,
     "b6f723aef2bafdd4c7bfc3c7e0329c7e8a8279391a609969c8ed76c9319f5f7f", "MIT"},
    {"bbh", "bbh/salient_translation_error_detection.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "salient_translation_error_detection.json",
     286443, "becf3eb8dd53c821a555ecd5c1334ecd93eb25f980e63be963c518e7138de5da", "MIT"},
    {"bbh", "bbh/snarks.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/snarks.json", 42646,
     "54a0661fe2de06167645a4965e6bcf963c4ba307e76262a7c750998b0e3d0d0e", "MIT"},
    {"bbh", "bbh/sports_understanding.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/sports_understanding.json", 28617,
     "63ca262858f6176864515cd8cf53cdaa40839ebecc155b726d77930855d167bf", "MIT"},
    {"bbh", "bbh/temporal_sequences.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/temporal_sequences.json", 148176,
     "92a1189faaa84aacc4c405aaa13f13f48c2992eb884772eedb622505252baef5", "MIT"},
    {"bbh", "bbh/tracking_shuffled_objects_five_objects.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "tracking_shuffled_objects_five_objects.json",
     169722, "2063a46a4fb484236ed4310523606543a3e1dd4a4dc34eda65d407910ece25a5", "MIT"},
    {"bbh", "bbh/tracking_shuffled_objects_seven_objects.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "tracking_shuffled_objects_seven_objects.json",
     214906, "b59fd05b850c37cf57cb514ae1e6975c00b1638ade2291722056b2af3c54084d", "MIT"},
    {"bbh", "bbh/tracking_shuffled_objects_three_objects.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/"
     "tracking_shuffled_objects_three_objects.json",
     128736, "546cc7bf10c6a01a6a4c17ae28a4966485f21f29fd5d111f37858ec78e354f6b", "MIT"},
    {"bbh", "bbh/web_of_lies.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/web_of_lies.json", 52964,
     "3e60323f8514a107fdb4edf35f8832a9171c5a09c0eaa47823559de905e8ab8b", "MIT"},
    {"bbh", "bbh/word_sorting.json",
     "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/main/bbh/word_sorting.json", 66300,
     "2a6132d2c99f00d0d2eb1113ac6b4a918bd969d863c48749210d969713db8d43", "MIT"},
    {"agieval", "agieval/aqua-rat.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/aqua-rat.jsonl", 141196,
     "cff42e946e6082dacb27285dae19cb4be98408ab760fe43c6c462e543be50572", "MIT; aqua-rat Apache-2.0"},
    {"agieval", "agieval/lsat-ar.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/lsat-ar.jsonl", 230150,
     "3b3e3fe09a07c695326adb82f38da0d67d5bbaadab41551f198c3102f1ea9dc8", "MIT; aqua-rat Apache-2.0"},
    {"agieval", "agieval/lsat-lr.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/lsat-lr.jsonl", 615536,
     "c6acb4d843db7b515da4d853e52bb8e6e5f776910f2e35a1805634db24bf94ea", "MIT; aqua-rat Apache-2.0"},
    {"agieval", "agieval/lsat-rc.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/lsat-rc.jsonl", 997472,
     "0eed491b3099d66b8110d4fabb98ce43285a6ac61ea5643285eec11b8abce202", "MIT; aqua-rat Apache-2.0"},
    {"agieval", "agieval/sat-math.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/sat-math.jsonl", 280509,
     "9cde4c0522b6196852a5562db6e72bf8817b4802822db0fc10013d1becdab3c3", "MIT; aqua-rat Apache-2.0"},
    {"agieval", "agieval/sat-en.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/sat-en.jsonl", 1101726,
     "33fe87b32ff16ae7ba52b27bb398190b082253b3617a3eb9737005262ba12dd4", "MIT; aqua-rat Apache-2.0"},
    {"agieval", "agieval/sat-en-without-passage.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/sat-en-without-passage.jsonl",
     235636, "77eb57bb6f6f39466d5d169de5253e77755ef521ad6692f582307672affbf593", "MIT; aqua-rat Apache-2.0"},
    {"agieval", "agieval/logiqa-en.jsonl",
     "https://raw.githubusercontent.com/ruixiangcui/AGIEval/main/data/v1/logiqa-en.jsonl", 0, "",
     "CC BY-NC-SA 4.0"},
    {"vicuna80", "vicuna80.jsonl",
     "https://raw.githubusercontent.com/lm-sys/FastChat/main/fastchat/llm_judge/data/vicuna_bench/"
     "question.jsonl",
     13125, "c248c5c98ba45bb0c2aadae2f270e643bd32679c6c306a3b2a503ac4254cdaa5", "Apache-2.0"},
    {"mt-bench", "mt_bench.jsonl",
     "https://raw.githubusercontent.com/lm-sys/FastChat/main/fastchat/llm_judge/data/mt_bench/question.jsonl",
     48929, "119565adbab82227089cefdb44c8d7e2cf04dc0a0ec233634c82e7d4e2a944f7", "Apache-2.0"},
    {"mt-bench", "mt_bench_reference_gpt4.jsonl",
     "https://raw.githubusercontent.com/lm-sys/FastChat/main/fastchat/llm_judge/data/mt_bench/"
     "reference_answer/gpt-4.jsonl",
     51109, "f957a5bc977badb66885ec970e6cd08527845780313f0995764260e5777b9b3f", "Apache-2.0"},
    {"user252", "user_oriented_252.jsonl",
     "https://raw.githubusercontent.com/yizhongw/self-instruct/main/human_eval/"
     "user_oriented_instructions.jsonl",
     170193, "81d60a117db495cecedecd9193504fd07c5b5a42f6699ef6b0f9da10fc22f42e", "Apache-2.0"},
    {"truthfulqa-mc", "truthfulqa_mc.parquet",
     "https://huggingface.co/datasets/EleutherAI/truthful_qa_mc/resolve/refs%2Fconvert%2Fparquet/"
     "multiple_choice/validation/0000.parquet",
     0, "", "Apache-2.0"},
    {"ifeval", "ifeval.jsonl",
     "https://raw.githubusercontent.com/google-research/google-research/master/instruction_following_eval/"
     "data/input_data.jsonl",
     0, "", "Apache-2.0"},
    {"alpaca-eval", "alpaca_eval.json",
     "https://huggingface.co/datasets/tatsu-lab/alpaca_eval/resolve/main/alpaca_eval_gpt4_baseline.json", 0,
     "", "CC BY-NC 4.0"},
    {"alpaca-eval", "df_gamed.csv",
     "https://huggingface.co/datasets/tatsu-lab/alpaca_eval/resolve/main/df_gamed.csv", 0, "",
     "CC BY-NC 4.0"},
};

}  // namespace

std::span<const OfficialFile> official_files() { return kFiles; }

std::string_view suite_with_files(std::string_view suite) {
  if (suite == "bbh-free") return "bbh";
  return suite == "mt-bench-pair" ? "mt-bench" : suite;
}

}  // namespace retort
