#!/bin/bash
# The demo behind `make demo`: `retort compare` on the micro family that ships with Retort. Needs build/release/retort.
# Its journal is kept in build/demo, so that a second time only what is new is asked.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/demo

cat <<'TEXT'

demo: the models below ship with Retort, which trained them itself: a teacher and six students of 0.16 to 4.2 million
      parameters, about a five-thousandth of the models that people use. They think before they answer, solve small
      generated problems, and know nothing else. Formats, kernels and templates are those of the large ones.

demo: one of them, asked:

    $ retort run micro-13 -p 'x = T, y = F. What is the value of (y ^ y) | (y | y | y)?' --temperature 0 --show-thoughts

TEXT
build/release/retort run micro-13 -p 'x = T, y = F. What is the value of (y ^ y) | (y | y | y)?' --temperature 0 --show-thoughts
cat <<'TEXT'

demo: all of them, asked the same held-out problems; their programs run in a sandbox. About three minutes:

    $ retort compare

TEXT
build/release/retort compare --budget 100s --journal build/demo/journal.sqlite --report build/demo/compare.html
cat <<'TEXT'

demo: done. The report above is one file: open it in a browser. Next:
        build/release/retort compare MODEL MODEL    the same with checkpoints of your own: GGUF files, or folders with
                                                    config.json and safetensors; --baseline for a hosted model
        build/release/retort run micro-13           talk to one
        build/release/retort problems               what they were asked, with the right answers
      Run `make demo` again at any time: what is in its journal is not asked twice.
TEXT
