# Plain entry points. `make demo` and `make test` do all set-up themselves.

BUILD ?= release
PORT ?= 8080
DEMO ?= .build/demo

.PHONY: demo test release setup build settings smoke parity clean

## Install what is needed, build, serve a model and answer one request.
demo: setup
	INTERLEAVED_COMMIT="$$(git describe --always --dirty 2>/dev/null)" swift build -c release --product interleaved
	scripts/demo "$(DEMO)" "$(PORT)"

## Install what is needed, then everything that must hold: format, layers, builds, tests, sanitizers.
test:
	scripts/setup checks
	scripts/check

## Tarball, Debian package, image, symbols, bill of materials and checksums of this checkout, in out/release.
release:
	scripts/setup deploy
	scripts/release

## The tests alone, debug build.
smoke:
	swift test

## Compare with recordings of the reference implementation: make parity ORACLE=<directory>
parity:
	INTERLEAVED_ORACLE="$(ORACLE)" scripts/parity

## The documents that are made of the table of settings.
settings:
	swift build --product interleaved
	.build/debug/interleaved config example > Config/interleaved.yaml
	.build/debug/interleaved config docs > docs/CONFIGURATION.md

build:
	swift build -c $(BUILD)

## Debian packages; nothing is done where they are already installed.
setup:
	scripts/setup

clean:
	rm -rf .build .build-*
