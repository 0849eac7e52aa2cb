#!/bin/bash
# The demo behind `make demo`: the micro family that ships with Retort, asked problems that it can solve, and one that
# its smallest member cannot. Needs build/release/retort.
set -euo pipefail
cd "$(dirname "$0")/.."

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

demo: the models below ship with Retort, which trained them itself: a teacher and six students of 0.16 to 4.2 million
      parameters, about a five-thousandth of the models that people use. They solve small generated problems, think
      before they answer, and know nothing else. Formats, kernels and templates are those of the large ones.
TEXT
question='x = 16; x = x + 4; x = x + 19. What is x?'
formula='x = T, y = F. What is the value of (y ^ y) | (y | y | y)?'
step "what is in a model" inspect micro-13
step "a problem of arithmetic, with the thought" run micro-13 -p "$question" --temperature 0 --show-thoughts
step "a problem of logic that none of them has seen, with the right answer" problems -f logic -l 2 --split test
step "it asked of micro-13" run micro-13 -p "$formula" --temperature 0 --show-thoughts
step "and of the smallest student" run micro-lite -p "$formula" --temperature 0 --show-thoughts
step "how fast it is, beside the machine's measured peaks" bench micro-13 --decode 64 --context 128

cat <<TEXT

demo: done. Next:
        build/release/retort problems               more problems, with the right answers
        build/release/retort run micro-13           talk to it
        build/release/retort run PATH               the same with a checkpoint of your own: a GGUF file, or a folder
                                                    with config.json and safetensors
      What the members know, and what they cannot do: models/micro/*/README.md.
      Run \`make demo\` again at any time; it takes seconds now.
TEXT
