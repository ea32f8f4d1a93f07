# A thin front: CMake builds, ctest tests, scripts/ do the rest. `make help` lists what there is.
JOBS ?= $(shell nproc)
# WERROR=ON makes warnings errors, as .ci/run does.
WERROR ?= OFF
FUZZ_SECONDS ?= 60
PREFIX ?= /usr/local
CONFIGURE = cmake -DBL_WERROR=$(WERROR) --preset
BUILD = cmake --build --parallel $(JOBS) --preset
CTEST = ctest --output-on-failure --parallel $(JOBS)

.PHONY: all demo test test-asan test-tsan test-peers lint format bench fuzz docs install clean help
.DEFAULT_GOAL := help

all: ## build library, command and tests into build/release
	scripts/setup --build --test
	$(CONFIGURE) release
	$(BUILD) release

demo: ## from a fresh clone: build, then events to report; DATA='signal=a.root background=b.root'
	scripts/setup --build
	$(CONFIGURE) release
	$(BUILD) release --target beamline
	scripts/demo build/release/src/beamline $(DATA)

test: all ## build, then run every test (ctest; Python ones through pytest)
	$(CTEST) --test-dir build/release

test-asan: ## the same tests under AddressSanitizer and UndefinedBehaviorSanitizer
	scripts/setup --build --test
	$(CONFIGURE) asan
	$(BUILD) asan
	$(CTEST) --test-dir build/asan

test-tsan: ## the unit tests under ThreadSanitizer
	scripts/setup --build --test
	$(CONFIGURE) tsan
	$(BUILD) tsan
	$(CTEST) --test-dir build/tsan --label-regex unit

test-peers: all ## read our samples with other people's software and compare; look at our pages
	scripts/setup --peers --docs --browser
	scripts/test-peers build/release/src/beamline

lint: ## layers, clang-format, clang-tidy, cppcheck, scripts, links: all must be silent
	scripts/setup --build --test --lint
	$(CONFIGURE) release
	scripts/lint

format: ## let clang-format rewrite our C files
	scripts/setup --lint
	git ls-files '*.c' '*.h' | xargs clang-format -i

bench: ## measure reading, writing, selecting and exchanging beside other libraries; writes bench/*.md
	scripts/setup --light
	$(CONFIGURE) release
	$(BUILD) release --target bench
	scripts/python bench/read.py build/release --output bench/results.md
	scripts/python bench/write.py build/release
	scripts/python bench/ingest.py build/release --output bench/ingest.md
	scripts/python bench/exchange.py build/release --output bench/exchange.md
	scripts/python bench/topology.py build/release --output bench/topology.md
	scripts/python bench/prepare.py build/release --output bench/prepare.md
	scripts/python bench/predict.py build/release --output bench/predict.md
	build/release/bench/kernels
	build/release/bench/recurrent
	build/release/bench/loading /tmp

fuzz: ## run each fuzz target for FUZZ_SECONDS (default 60)
	scripts/setup --build --test --lint
	$(CONFIGURE) fuzz
	$(BUILD) fuzz
	scripts/fuzz build/fuzz/fuzz $(FUZZ_SECONDS)

docs: ## a site of all documentation, build/docs/index.html, and man pages
	scripts/setup --light --docs
	$(CONFIGURE) release
	$(BUILD) release --target beamline
	scripts/docs build/release/src/beamline build/docs

install: ## install into PREFIX (default /usr/local); DESTDIR is obeyed
	scripts/setup --build --test
	$(CONFIGURE) release
	$(BUILD) release
	cmake --install build/release --prefix $(PREFIX)

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' $(MAKEFILE_LIST) | \
	    awk -F '\t' '{ printf "make %-12s %s\n", $$1, $$2 }'
