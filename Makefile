# make demo | test | test-long | real | experiment | bench [ONLY=name] | bench-gpu | wheel | deb | format | lint. Each sets up and builds by itself; the second time it starts at once.
BUILD := build/release
JOBS ?= $(shell nproc)
NINJA = ninja -C $(BUILD) -j $(JOBS)
RUN_DIR ?= runs/demo

.PHONY: all demo test test-long real experiment bench bench-gpu wheel deb format format-check lint setup configure clean
all: configure
	@$(NINJA) retort

setup:
	@scripts/setup

configure: setup
	@[ -f $(BUILD)/build.ninja ] || cmake --preset release >/dev/null

demo: all
	@$(BUILD)/retort demo --dir $(RUN_DIR)

# The benches are built too, so that none stops compiling unseen.
test: configure
	@$(NINJA) all bench_all | scripts/quiet_ninja
	@scripts/run_tests $(BUILD)

test-long: configure
	@$(NINJA) | scripts/quiet_ninja
	@scripts/run_tests $(BUILD) --long

real: all
	@$(NINJA) line_probe | scripts/quiet_ninja
	@scripts/real $(BUILD) runs/real

experiment: all
	@python3 scripts/experiment $(EXPERIMENT)

bench: configure
	@$(NINJA) bench_all | scripts/quiet_ninja
	@scripts/run_benches $(BUILD) $(ONLY)

# On a bare machine the packages of `setup` cannot come: there it is scripts/bench_gpu alone, with what scripts/gpu_kit gathered.
bench-gpu: setup
	@scripts/bench_gpu

wheel: all
	@scripts/wheel $(BUILD)

deb: all
	@scripts/deb $(BUILD)

SOURCES = $(shell git ls-files '*.h' '*.cpp')
format:
	@scripts/setup --tools
	@clang-format -i $(SOURCES)

format-check:
	@scripts/setup --tools
	@clang-format --dry-run --Werror $(SOURCES) && echo "format: $(words $(SOURCES)) files are formatted"

lint:
	@scripts/setup --tools
	@cmake --preset lint >/dev/null && scripts/lint build/lint

clean:
	@rm -rf build
