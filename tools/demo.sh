#!/bin/bash
# The demo behind `make demo`: writes a small checkpoint with random weights in the layout of DeepSeek-R1-Distill-Qwen,
# looks at it, runs it and benchmarks it. Needs build/release/retort and retort-make-checkpoint.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/demo
model=$folder/demo-random-q8_0.gguf
mkdir -p "$folder"

# Says what comes, shows the command, and runs it.
step() {
  printf '\ndemo: %s\n\n    $ retort' "$1"
  shift
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9_./=-]+$ ]] && printf ' %s' "$word" || printf " '%s'" "$word"
  done
  printf '\n\n'
  build/release/retort "$@"
}

cat <<'TEXT'

demo: the model below is not a trained one. It has the layout of DeepSeek-R1-Distill-Qwen, made small, and random
      weights: what it says is gibberish, by design. Everything else is the real thing: file formats, tokenizer,
      chat template, kernels, scheduler. With a real checkpoint, the same commands give real answers.
TEXT
build/release/retort-make-checkpoint --shape tiny-qwen2 --layers 16 --dtype q8_0 --format gguf \
  --tokenizer tools/small_tokenizer.json "$model" 2>/dev/null

step "what is in the file" inspect "$model"
step "one prompt, 60 tokens at most" run "$model" -p 'What is 6 x 7?' --max-new-tokens 60 --seed 1 --show-thoughts
step "its speed beside the machine's measured peaks" bench "$model" --decode 64 --context 128

cat <<TEXT

demo: done. Next: get a real checkpoint (a GGUF file, or a folder with config.json and safetensors), then
        build/release/retort run PATH
      Run \`make demo\` again at any time; it takes seconds now.
TEXT
