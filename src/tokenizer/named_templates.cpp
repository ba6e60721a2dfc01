#include "tokenizer/named_templates.h"

namespace retort {
namespace {

#define RETORT_ANY_END \
  { "</s>", "<|end|>", "<|end_of_text|>", "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<eos>", "<|return|>" }

constexpr NamedTemplate kTemplates[] = {
    // A space before both texts, so that a word is the same token wherever it stands.
    {"practice",
     {"<|ask|>", "<|answer|>", "<|end|>"},
     {"<|end|>"},
     "",
     "{% for message in messages %}{% if message['role'] == 'assistant' %}{{ '<|answer|> ' + "
     "message['content'] }}<|end|>{% else %}{{ '<|ask|> ' + message['content'] }}{% endif %}{% endfor %}"
     "{% if add_generation_prompt %}<|answer|>{% endif %}"},
    // Lion trains on the sections alone (specs/lion.md §2.1); a family's BOS token is no part of them.
    {"lion",
     {},
     RETORT_ANY_END,
     "",
     "{% for message in messages %}{% if message['role'] == 'assistant' %}{{ message['content'] + eos_token "
     "}}{% elif message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}{% else %}"
     "{{ '### Instruction:\\n' + message['content'] + '\\n\\n### Response:\\n' }}{% endif %}{% endfor %}"},
    // Alpaca's sections; its preamble would be the system message.
    {"alpaca",
     {},
     RETORT_ANY_END,
     "",
     "{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}"
     "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token + '\\n\\n' }}{% else %}"
     "{{ '### Instruction:\\n' + message['content'] + '\\n\\n' }}{% if not loop.last or "
     "add_generation_prompt %}"
     "{{ '### Response:\\n' }}{% endif %}{% endif %}{% endfor %}"},
    {"vicuna",
     {},
     RETORT_ANY_END,
     "",
     "{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + ' ' }}"
     "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}{% else %}"
     "{{ 'USER: ' + message['content'] }}{% if not loop.last or add_generation_prompt %}{{ ' ASSISTANT:' }}"
     "{% endif %}{% endif %}{% endfor %}"},
    {"chatml",
     {"<|im_start|>", "<|im_end|>"},
     {"<|im_end|>"},
     "",
     "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
     "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
     "{% endif %}"},
    {"llama2",
     {"<s>", "</s>"},
     {"</s>"},
     "<s>",
     "{% set state = namespace(system='') %}{% for message in messages %}{% if message['role'] == 'system' %}"
     "{% set state.system = '<<SYS>>\\n' + message['content'] + '\\n<</SYS>>\\n\\n' %}"
     "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'].strip() + ' ' + eos_token }}{% "
     "else %}"
     "{{ bos_token + '[INST] ' + state.system + message['content'].strip() + ' [/INST]' }}"
     "{% set state.system = '' %}{% endif %}{% endfor %}"},
    {"llama3",
     {"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
     {"<|eot_id|>"},
     "<|begin_of_text|>",
     "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + "
     "'<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
     "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"},
    {"mistral",
     {"<s>", "</s>"},
     {"</s>"},
     "<s>",
     "{{ bos_token }}{% set state = namespace(system='') %}{% for message in messages %}"
     "{% if message['role'] == 'system' %}{% set state.system = message['content'] + '\\n\\n' %}"
     "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}{% else %}"
     "{{ '[INST] ' + state.system + message['content'] + ' [/INST]' }}{% set state.system = '' %}"
     "{% endif %}{% endfor %}"},
    {"gemma",
     {"<bos>", "<start_of_turn>", "<end_of_turn>"},
     {"<end_of_turn>"},
     "<bos>",
     "{{ bos_token }}{% set state = namespace(system='') %}{% for message in messages %}"
     "{% if message['role'] == 'system' %}{% set state.system = message['content'] + '\\n\\n' %}{% else %}"
     "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\\n' + "
     "state.system + message['content'] | trim + '<end_of_turn>\\n' }}{% set state.system = '' %}{% endif %}"
     "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"},
    {"phi",
     {"<|user|>", "<|assistant|>", "<|end|>"},
     {"<|end|>"},
     "",
     "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}"
     "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"},
    {"zephyr",
     {"</s>"},
     {"</s>"},
     "",
     "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + "
     "'\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"},
};

#undef RETORT_ANY_END

}  // namespace

std::span<const NamedTemplate> named_templates() { return kTemplates; }

}  // namespace retort
