# The first that answers: a shim of pyenv stays on PATH when its Python is gone.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell $(name) -c "print('$(name)')" 2>/dev/null)) python3)

.PHONY: help demo lab site test checkov prove bench sbom licences audit setup lock down clean

help:
	@echo "make demo   deploy to the local cloud and run the five scenarios"
	@echo "make lab    open JupyterLab on the notebooks"
	@echo "make site   write the notebooks as web pages into build/site"
	@echo "make test   every check and test, the notebooks included"
	@echo "make checkov  checkov on every kind of deployment"
	@echo "make prove  every case of the claim protocol with two faults, and the long proofs"
	@echo "make bench  measure against one model call per booking, and a whole day; half an hour"
	@echo "make sbom   bills of materials of the Lambda package and of the environment, in build/sbom"
	@echo "make licences  every package by licence; fails for one that is not accepted"
	@echo "make audit  look every locked package up in PyPI's database of vulnerabilities"
	@echo "make setup  only the virtual environment"
	@echo "make lock   resolve the lock files again"
	@echo "make down   stop the local cloud"
	@echo "make clean  stop the local cloud and remove what runs left behind"

demo:
	@$(PYTHON) tools/run.py demo

lab:
	@$(PYTHON) tools/run.py lab

site:
	@$(PYTHON) tools/run.py site

test:
	@$(PYTHON) tools/run.py test

checkov:
	@$(PYTHON) tools/run.py checkov

prove:
	@$(PYTHON) tools/run.py prove

bench:
	@$(PYTHON) tools/run.py bench

sbom:
	@$(PYTHON) tools/run.py sbom

licences:
	@$(PYTHON) tools/run.py licences

audit:
	@$(PYTHON) tools/run.py audit

setup:
	@$(PYTHON) tools/run.py setup

lock:
	@$(PYTHON) tools/run.py lock

down:
	@if [ -x .venv/bin/flightpulse ]; then .venv/bin/flightpulse down; else echo "Nothing is set up here."; fi

clean:
	@if [ -x .venv/bin/flightpulse ]; then .venv/bin/flightpulse down || true; fi
	@rm -rf .flightpulse infra/cdk.out
