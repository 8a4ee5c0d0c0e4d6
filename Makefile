# The course's commands; `make help` lists them. Without make, README.md has the plain ones.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that the packages support; on the command line, PYTHON=… chooses another.
supported := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c '$(supported)' 2>/dev/null && echo "$$p" && break; done)
PORT ?= 8000
LABFLAGS ?=
BENCHFLAGS ?=
PYTESTFLAGS ?=
PDFFLAGS ?=
venv := .venv/bin
installed := .venv/installed

# What is imported is compiled once and kept, also where somebody's shell says otherwise: TensorFlow is imported
# some fifty times here, and would be compiled as often, which takes longer than all the rest.
export PYTHONDONTWRITEBYTECODE :=

# Jupyter Book without three delays. It reads _config.yml with jsonschema, which, where it finds
# rfc3987_syntax, begins by compiling 38 grammars of addresses. And a build makes millions of objects that
# live to its end, among which Python would look for garbage again and again, and once more at the end.
jupyter_book := $(venv)/python -c "import atexit, gc, sys; gc.disable(); atexit.register(gc.freeze); \
	sys.modules['rfc3987_syntax'] = None; \
	from jupyter_book.cli.main import main; main(prog_name='jupyter-book')"

# As many tests at a time as there are processors, though four at most, as each process holds TensorFlow.
# The cells of a notebook stay together, and so do the tests of a file.
pytest := $(venv)/pytest -n logical --maxprocesses 4 --dist loadscope

# What Jupyter writes into a notebook about the machine that ran it.
machine_keys := metadata.language_info.version cell.metadata.execution

.PHONY: help site serve pdf test quick bench lighthouse lab release grade-quality refresh clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(installed): pyproject.toml requirements.lock
	@"$(PYTHON)" -c '$(supported)' 2>/dev/null || { \
	  echo "Needs Python 3.11, 3.12 or 3.13. Received: $$("$(or $(PYTHON),python3)" --version 2>&1 | tail -n 1)" >&2; \
	  exit 1; }
	@echo "Setting up .venv: a download of about 1 GB, some three minutes without output ..."
	@$(venv)/python -c '$(supported)' 2>/dev/null || "$(PYTHON)" -m venv --clear .venv || { \
	  echo "Could not make .venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(venv)/pip install --quiet --disable-pip-version-check --no-compile \
	  -c requirements.lock -e ".[dev,cluster]"
	@touch $@

site: $(installed) ## run the chapters that changed and build the website
	@echo "Building the site; a chapter that has to run takes about a minute ..."
	@$(jupyter_book) build . -W -n --keep-going || { \
	  echo "The site was not built. Look above for WARNING, or for the cell that failed." >&2; \
	  exit 1; }
	@echo
	@echo "The site is in _build/html. Open it with: make serve"

serve: ## show the website on http://127.0.0.1:8000 (PORT=… for another port)
	@test -f _build/html/index.html || { echo "Nothing to show yet. First: make site" >&2; exit 1; }
	@echo "http://127.0.0.1:$(PORT) (stop with Ctrl-C)"
	@"$(PYTHON)" -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

pdf: site ## print the website as one PDF (needs Chromium; PDFFLAGS="--format Letter" for that paper)
	@$(venv)/python -m book.site.pdf $(PDFFLAGS)

test: site ## run every test: style, package, notebooks, exercises, site
	@$(pytest) $(PYTESTFLAGS)

quick: $(installed) ## run the unit tests alone
	@$(pytest) tests coursepkg -m "not site"

# The other graders, in an environment of their own: their versions don't agree with the lock of ours. Its
# .pth file lets them import from .venv what does agree, so that TensorFlow is not installed twice.
peers := .venv/peers
site_packages := import sysconfig; print(sysconfig.get_path('purelib'))

$(peers)/installed: $(installed) tests/bench/grading/requirements.lock
	@echo "Setting up $(peers): nbgrader and otter, a download of about 20 MB ..."
	@$(venv)/python -m venv --clear --without-pip $(peers)
	@{ $(venv)/python -c "$(site_packages)"; echo "$(CURDIR)"; } \
	  >"$$($(peers)/bin/python -c "$(site_packages)")/course.pth"
	@$(venv)/pip --python $(peers)/bin/python install --quiet --disable-pip-version-check \
	  -r tests/bench/grading/requirements.lock
	@touch $@

bench: $(installed) $(peers)/installed ## measure the sweep and the grader beside others (installs JAX, nbgrader, otter)
	@$(venv)/python -c 'import jax' 2>/dev/null || \
	  $(venv)/pip install --quiet --disable-pip-version-check -c requirements.lock -e ".[bench]"
	@$(venv)/python -m tests.bench $(BENCHFLAGS)

lighthouse := tests/browsing/lighthouse

lighthouse: site ## print Lighthouse's scores of the site (needs npm and Chromium; some minutes)
	@command -v npm >/dev/null || { echo "Needs npm. On Debian and Ubuntu: apt install npm" >&2; exit 1; }
	@npm ci --prefix $(lighthouse) --no-audit --no-fund --loglevel=error
	@$(venv)/python -m tests.browsing.lighthouse

# Its terminals find the command coursepkg, also where a login shell would set PATH anew.
lab_options = --LabApp.default_url=/lab/tree/work \
  --ServerApp.terminado_settings="{'shell_command': ['$${SHELL:-sh}']}"

lab: $(installed) ## copy the exercises into work/ and open JupyterLab (LABFLAGS=… for its own options)
	@$(venv)/coursepkg start
	@PATH="$(CURDIR)/$(venv):$$PATH" $(venv)/jupyter lab $(lab_options) $(LABFLAGS)

release: $(installed) ## make the exercises from their masters in exercises/solutions
	@$(venv)/coursepkg release

grade-quality: $(installed) ## measure how many wrong answers the checks of the exercises catch
	@$(venv)/coursepkg quality

refresh: $(installed) ## run the chapters and store what their check cells print
	$(venv)/jupyter nbconvert --to notebook --execute --inplace --log-level WARN book/*.ipynb
	$(venv)/nbstripout --keep-count --keep-id --extra-keys "$(machine_keys)" book/*.ipynb

clean: ## remove what was built, but not .venv
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
