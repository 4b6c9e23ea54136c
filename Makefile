# The collection's one task runner: `make help` lists what it can do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

comma := ,
# Any Python from 3.10 on; ansible-core 2.16 runs on 3.10 to 3.12 only.
pick = $(firstword $(foreach p,$(1),$(shell $(p) -c 'import sys; sys.exit(not $(2))' 2>/dev/null && echo $(p))))
ifndef PYTHON
PYTHON := $(call pick,python3 python3.13 python3.12 python3.11 python3.10,(sys.version_info >= (3$(comma) 10)))
endif
ifndef PYTHON_2_16
PYTHON_2_16 := $(call pick,$(PYTHON) python3.12 python3.11 python3.10,((3$(comma) 10) <= sys.version_info < (3$(comma) 13)))
endif

# The oldest Python that managed hosts may have, and a new one; without them the tests that want one are skipped.
export RESELLO_TEST_PYTHON38 ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.8.*/bin/python) $(shell command -v python3.8))

export RESELLO_TEST_PYTHON_NEWEST ?= $(lastword $(sort $(wildcard $(HOME)/.pyenv/versions/3.1[2-9].*/bin/python)))

RUN := .venv/.ready-to-run
TEST := .venv/.ready-to-test
OLDEST := .venv-2.16/.ready-to-test
REQUIREMENTS := meta/ee-requirements.txt tests/requirements-run.txt

.PHONY: help
help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1 - /p' Makefile

.PHONY: venv
venv: $(TEST) ## make .venv with everything a contributor needs

.venv/bin/python:
	@tests/tools/make_venv.sh "$(PYTHON)" .venv

$(RUN): $(REQUIREMENTS) | .venv/bin/python
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements-run.txt
	@touch $@

$(TEST): tests/requirements.txt $(RUN)
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# Without a suitable Python the parts that need this one are skipped, and say so.
$(OLDEST): tests/requirements-2.16.txt
ifneq ($(PYTHON_2_16),)
	@tests/tools/make_venv.sh "$(PYTHON_2_16)" .venv-2.16
	.venv-2.16/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements-2.16.txt
	@touch $@
endif

.PHONY: packages
packages:
	@tests/tools/debian_packages.sh nginx:nginx openssl:openssl curl:curl unzip:unzip strace:strace git:git faketime:faketime \
		apache2:apache2 haproxy:haproxy postfix:postfix named:bind9 nsupdate:bind9-dnsutils pdns_server:pdns-backend-sqlite3 \
		sshd:openssh-server ssh:openssh-client sudo:sudo pkill:procps lighttpd:lighttpd lighttpd:lighttpd-mod-openssl dovecot:dovecot-imapd postgres:postgresql

.PHONY: test
test: packages $(TEST) $(OLDEST) ## what a contributor and CI run; PARTS="unit ruff" runs only these
	@.venv/bin/python tests/tools/run_parts.py $(PARTS)

.PHONY: test-full
test-full: packages $(TEST) $(OLDEST) ## the same and everything that takes longer
	@.venv/bin/python tests/tools/run_parts.py --slow $(PARTS)

.PHONY: molecule
SCENARIO ?= default
molecule: packages $(TEST) ## one molecule scenario: make molecule SCENARIO=default
	@.venv/bin/python tests/tools/run_parts.py molecule-$(SCENARIO)

# The playbook runs from a collection tree of links, and everything it makes stays in .demo.
QUICKSTART = LC_ALL=C.UTF-8 ANSIBLE_HOME=$(CURDIR)/.demo/ansible ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.demo/collections \
	ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false \
	.venv/bin/ansible-playbook certops.resello.quickstart -e quickstart_folder=$(CURDIR)/.demo

.PHONY: demo
demo: $(RUN) ## order, validate, install and serve a certificate on this machine, without root
	@mkdir -p .demo/collections/ansible_collections/certops
	@ln -sfn "$(CURDIR)" .demo/collections/ansible_collections/certops/resello
	@$(QUICKSTART)

.PHONY: demo-clean
demo-clean: ## stop what the demo started and remove all of it
	@if [[ -e .demo/collections && -e $(RUN) ]]; then $(QUICKSTART) -e quickstart_state=absent; fi
	rm -rf .demo

.PHONY: faults
faults: packages $(TEST) ## lost replies, killed and racing runs, then the books: SECONDS=600, or SEED=7 ROUNDS=1
	@mkdir -p .work/faults/ansible_collections/certops
	@ln -sfn "$(CURDIR)" .work/faults/ansible_collections/certops/resello
	@PYTHONPATH=.work/faults .venv/bin/python -m ansible_collections.certops.resello.tests.faults.campaign \
		--seconds $(or $(SECONDS),120) $(FAULTS_OPTIONS)

BENCH := .venv-bench/.ready-to-bench

$(BENCH): tests/bench/requirements.txt $(REQUIREMENTS)
	@tests/tools/make_venv.sh "$(PYTHON)" .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@touch $@

.PHONY: bench
bench: packages $(BENCH) ## measure what a run costs against other ways to do it, and keep it in docs/bench.md
	@mkdir -p .work/bench/ansible_collections/certops
	@ln -sfn "$(CURDIR)" .work/bench/ansible_collections/certops/resello
	@PYTHONPATH=.work/bench .venv-bench/bin/python -m ansible_collections.certops.resello.tests.bench.bench \
		--page docs/bench.md $(BENCH_OPTIONS)

.PHONY: bench-handshakes
bench-handshakes: packages $(TEST) ## replace certificates under nginx with 200 handshakes each second, and take them back
	@mkdir -p .work/bench/ansible_collections/certops
	@ln -sfn "$(CURDIR)" .work/bench/ansible_collections/certops/resello
	@PYTHONPATH=.work/bench .venv/bin/python -m ansible_collections.certops.resello.tests.bench.handshakes $(BENCH_OPTIONS)

.PHONY: bench-fleet
bench-fleet: packages $(TEST) ## measure the role on 3 to 100 hosts that share one list of orders
	@mkdir -p .work/bench/ansible_collections/certops
	@ln -sfn "$(CURDIR)" .work/bench/ansible_collections/certops/resello
	@PYTHONPATH=.work/bench .venv/bin/python -m ansible_collections.certops.resello.tests.bench.fleet $(BENCH_OPTIONS)

.PHONY: clean
clean: demo-clean ## remove everything the other targets made
	rm -rf .venv .venv-2.16 .venv-bench .work
