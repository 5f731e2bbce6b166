# The front door. Each target is a script or a CMake build that can be run alone.
BUILD ?= build
TESTS ?=
SECONDS ?= 60
MINUTES ?= 20

.DEFAULT_GOAL := help
.PHONY: help setup run certs build test bench soak profile docs fmt lint asan tsan fuzz coverage clean

help: ## Show this list
	@echo "sical: a smart learning planner. First:  make run"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "    make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "    make test TESTS=plan    only the tests whose names match"

setup: ## Install the Debian packages for everything below
	@tools/install-packages

run: ## Build and run the whole suite here: PostgreSQL, Redis, five programs
	@tools/local/run

certs: ## Make a CA and certificates for mutual TLS between the programs, in .run/tls
	@tools/install-packages run
	@tools/certs .run/tls sical-auth sical-plan sical-progress sical-metrics sical-gateway sical

build: ## Build programs and tests into build/
	@tools/build $(BUILD) -DSICAL_TESTS=ON

test: ## Build and run all tests (TESTS=pattern selects)
	@tools/install-packages build run test
	@tools/build $(BUILD) -DSICAL_TESTS=ON
	@tests/run --build $(BUILD) --tests '$(TESTS)'

bench: ## Measure speed and memory
	@tools/install-packages build run test
	@tools/build $(BUILD) -DSICAL_TESTS=ON
	@tests/bench/run --build $(BUILD)

profile: ## Show where the time goes: flame graphs as SVG (PHASE=get64, post64, login16)
	@tools/install-packages build run test profile
	@tools/build $(BUILD) -DSICAL_TESTS=ON
	@tests/bench/profile --build $(BUILD)

soak: ## Half of what the suite can do, all routes mixed: memory must stay flat (MINUTES=20)
	@tools/install-packages build run test
	@tools/build $(BUILD) -DSICAL_TESTS=ON -- all
	@tests/soak/run --build $(BUILD) --minutes $(MINUTES)

docs: ## Make the documents that come from the programs themselves
	@tools/install-packages build run test
	@tools/build $(BUILD) -DSICAL_TESTS=ON
	@SICAL_WRITE_DOCS=1 tests/run --build $(BUILD) --tests e2e_docs_test

fmt: ## Format all C files
	@tools/need git clang-format-14
	@git ls-files -z '*.c' '*.h' | xargs -0 clang-format-14 -i

lint: ## Check format, size, wording, shell scripts, cppcheck, clang-tidy
	@tools/install-packages build lint
	@tools/lint

asan: ## Run the tests under AddressSanitizer and UBSan
	@tools/install-packages build run test
	@tools/build build-asan -DSICAL_TESTS=ON -DSICAL_SANITIZE=address
	@tests/run --build build-asan --tests '$(TESTS)'

# Criterion does not start under ThreadSanitizer; so only the programs have it, and the tests that talk to them are not.
tsan: ## Run the end-to-end tests against programs under ThreadSanitizer
	@tools/install-packages build run test
	@tools/build $(BUILD) -DSICAL_TESTS=ON
	@tools/build build-tsan -DSICAL_TESTS=OFF -DSICAL_SANITIZE=thread
	@tests/run --build $(BUILD) --programs build-tsan --label e2e --tests '$(TESTS)'

fuzz: ## Feed every decoder with invented input (SECONDS=60 for each)
	@tools/install-packages build test
	@tools/build build-fuzz -DSICAL_TESTS=ON -DSICAL_FUZZ=ON -DCMAKE_C_COMPILER=clang-14 -- fuzzers
	@tests/fuzz/run --seconds $(SECONDS)

coverage: ## Run the tests and show which lines they reach
	@tools/install-packages build run test
	@tools/build build-coverage -DSICAL_TESTS=ON -DSICAL_SANITIZE=coverage
	@tests/run --build build-coverage --tests '$(TESTS)'
	@gcovr --root . --object-directory build-coverage --filter common/ --filter services/ --filter gateway/ \
	    --filter migrations/ --filter tools/ --html-details build-coverage/coverage.html --print-summary

clean: ## Remove what was built; data in .run/ stays
	rm -rf build build-asan build-tsan build-fuzz build-coverage build-lint
